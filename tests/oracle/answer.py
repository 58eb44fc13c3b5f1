"""answer.py CASES.jsonl --out OUT.jsonl: run recorded cases in asterism, and write what comes of them.

Every line of CASES is one case, see README.md; every line of OUT is `{"id": ..., "truth": ...}` in the shape of the
recorded truth. The calls run in memory, on a clock that jumps over every wait.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "contrib" / "namespace")]

from asterism.runtime import callerid  # noqa: E402
from asterism.runtime.channel_base import ChannelBase  # noqa: E402
from asterism.runtime.database import Database  # noqa: E402
from asterism.runtime.events import Event, Hangup, Newchannel, UserEvent, VarSet  # noqa: E402
from asterism.runtime.request import Request  # noqa: E402
from asterism.runtime.settings import Options  # noqa: E402
from asterism.runtime.testing import TestRuntime  # noqa: E402

from tests.oracle.cases import Case, token  # noqa: E402

GENERAL = "[general]\nstatic=yes\nwriteprotect=yes\nautofallthrough=yes\nclearglobalvars=no\n\n"
MAX_CALL_S = 60.0
"""Seconds, by the clock that jumps, after which a call that does not end is ended."""
MAX_STEPS = 2_000
"""Steps after which a call that turns in a circle is ended."""
_VOLATILE = re.compile(r"(ANSWERED|DIALED|RING|PROGRESS)TIME(_MS)?$")
_UNIQUE = re.compile(r"\b\d{10}\.\d+\b")
_NAME = re.compile(r"(Local/[^\s,\"|&]*?)-([0-9a-f]{8})(;[12])?")


class Names:
    """Numbers channels by their first appearance, as the recorder did."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    def __call__(self, text: str) -> str:
        """Return a text with its channel names and unique ids made the same in every run."""

        def numbered(match: re.Match[str]) -> str:
            number = self.seen.setdefault(match[2], len(self.seen) + 1)
            return f"{match[1]}-#{number}{match[3] or ''}"

        return _UNIQUE.sub("<uniqueid>", _NAME.sub(numbered, text))


class Heard:
    """What one call's channels did."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.traces: dict[str, list[list[Any]]] = {}
        self.causes: dict[str, int] = {}
        self.variables: dict[str, list[list[str]]] = {}
        self.user_events: list[list[Any]] = []
        self.steps = 0

    def event(self, event: Event) -> None:
        """Take an event down."""
        match event:
            case Newchannel():
                self.names.append(event.channel.channel)
            case Hangup():
                self.causes[event.channel.channel] = event.cause
            case VarSet() if event.channel is not None and not _VOLATILE.match(event.variable):
                self.variables.setdefault(event.channel.channel, []).append([event.variable, event.value])
            case UserEvent():
                self.user_events.append([event.user_event, dict(event.headers)])

    def trace(self, channel: ChannelBase, application: str, data: str) -> None:
        """Take a step down."""
        row = [channel.context, channel.exten, channel.priority, application, data]
        self.traces.setdefault(channel.name, []).append(row)
        self.steps += 1
        if self.steps >= MAX_STEPS and self.steps % 500 == 0:
            # Even `h` and the hangup handlers may turn in a circle.
            raise RuntimeError("too many steps")

    def truth(self) -> dict[str, Any]:
        """Return what was taken down, in the recorded shape."""
        names = Names()
        main = next((name for name in self.names if name.endswith(";2")), "")
        order = [main, *(name for name in self.names if name in self.traces and name != main)]
        channels = []
        for name in order:
            one: dict[str, Any] = {"name": names(name)}
            one["trace"] = [[*row[:4], names(row[4])] for row in self.traces.get(name, [])]
            one["cause"] = self.causes.get(name)
            if name in self.variables:
                one["vars"] = [[key, names(value)] for key, value in self.variables[name]]
            channels.append(one)
        truth: dict[str, Any] = {"channels": channels}
        if self.user_events:
            truth["userevents"] = self.user_events
        return truth


class World:
    """The runtime that all cases of a file run in."""

    def __init__(self, runtime: TestRuntime, folder: Path) -> None:
        self.runtime = runtime
        self.folder = folder
        self.heard = Heard()
        self.files: list[Path] = []
        "Those that the last case brought along."
        runtime.bus.subscribe(self._event)
        self.trace = trace = ChannelBase.trace

        def traced(channel: ChannelBase, application: str, data: str) -> None:
            self.heard.trace(channel, application, data)
            trace(channel, application, data)

        ChannelBase.trace = traced  # type: ignore[method-assign]

    def close(self) -> None:
        """Listen no longer."""
        ChannelBase.trace = self.trace  # type: ignore[method-assign]

    def _event(self, event: Event) -> None:
        self.heard.event(event)

    async def load(self, text: str, files: dict[str, str | None]) -> None:
        """Put a dialplan in force, as a reload does."""
        for path in self.files:
            path.unlink(missing_ok=True)
        self.files = [self.folder / name for name, content in files.items() if content is not None]
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(content, "utf-8", "surrogateescape")
        (self.folder / "extensions.conf").write_text(text, "utf-8", "surrogateescape")
        await self.runtime.reload("dialplan")

    async def call(self, context: str, exten: str, start: Case) -> Heard:
        """Run one call to its end."""
        self.heard = Heard()
        self.runtime.published.clear()
        self.runtime.records.clear()
        number = start.get("callerid") or ""
        await self.runtime.originate(
            f"Local/{exten}@{context}{start.get('opts', '/n')}",
            application=start.get("app", "Wait"),
            app_data=start.get("data", "20"),
            timeout=20.0,
            caller=callerid.parse(number) if number else None,
            variables=Request(
                [("Variable", f"{key}={value}") for key, value in start.get("variables") or ()]
            ).variables,
        )
        await self.settle(MAX_CALL_S)
        return self.heard

    async def settle(self, patience_s: float = 0.0) -> None:
        """Wait until no call is left; after a while, end those that are."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience_s
        while self.runtime.channels and loop.time() < end + MAX_CALL_S:
            if loop.time() > end:
                for channel in list(self.runtime.channels.values()):
                    channel.request_hangup(16)
            await asyncio.sleep(0.02)


def _escaped(step: str) -> str:
    return step.replace(";", "\\;")


def _steps(case: Case) -> list[str]:
    if "expr" in case:
        return [*(f"Set({name}={value})" for name, value in case.get("set") or ()), f"NoOp(<$[{case['expr']}]>)"]
    return list(case["steps"])


async def answer(world: World, case: Case) -> dict[str, Any]:
    """Return what comes of a case."""
    if "lookups" in case:
        return await _looked_up(world, case)
    start = case.get("start") or {}
    context, exten = start.get("context", token(case)), start.get("exten", "s")
    if "conf" in case:
        text = case["conf"] if case.get("solo") else GENERAL + case["conf"]
        await world.load(text, case.get("files") or {})
        return (await world.call(context, exten, start)).truth()
    exten = case.get("dial", "s")
    lines = [f"{key} {_escaped(step)}" for key, step in zip(_keys(exten), _steps(case), strict=False)]
    await world.load(GENERAL + f"[{context}]\n" + "\n".join(lines) + "\n", {})
    channels = (await world.call(context, exten, start)).truth()["channels"]
    data = [row[4] for row in channels[0]["trace"]]
    if "expr" not in case:
        return {"data": data, "cause": channels[0]["cause"]}
    last = data[-1] if data else ""
    if last[:1] == "<" and last[-1:] == ">":
        return {"value": last[1:-1]}
    return {"value": None, "data": last}


def _keys(exten: str) -> Iterator[str]:
    yield f"exten => {exten},1,".removesuffix(" ")
    while True:
        yield " same => n,"


async def _looked_up(world: World, case: Case) -> dict[str, Any]:
    text = case["conf"] if case.get("solo") else GENERAL + case["conf"]
    for number, (context, exten, caller) in enumerate(case["lookups"]):
        steps = [] if caller is None else [f"Set(CALLERID(num)={caller})"]
        steps.append(f"Goto({context},{exten},1)")
        text += f"\n[{token(case)}{number}y]\n"
        text += "".join(f"exten => s,{priority},{step}\n" for priority, step in enumerate(steps, 1))
    await world.load(text, case.get("files") or {})
    truth: dict[str, Any] = {"lookups": []}
    for number in range(len(case["lookups"])):
        driver = f"{token(case)}{number}y"
        channels = (await world.call(driver, "s", {})).truth()["channels"]
        truth["lookups"].append({"trace": [row for row in channels[0]["trace"] if row[0] != driver]})
    if case.get("show"):
        truth["show"] = {name: _shown(world, name) for name in case["show"]}
    return truth


def _shown(world: World, name: str) -> list[str]:
    context = world.runtime.plan.contexts.get(name)
    if context is None:
        return []
    return [
        *(extension.shown for extension in context),
        *(f"Include {include.text}" for include in context.includes),
        *(f"Ignore pattern {text}" for text in context.ignore_patterns),
        *(f"Alt. Switch {switch.text}" for switch in context.switches),
    ]


async def answers(cases: list[Case]) -> list[dict[str, Any]]:
    """Run cases, one after the other, in one runtime; those that are a whole file of their own have another."""
    found = {one["id"]: one for solo in (False, True) for one in await _in_one_runtime(cases, solo)}
    return [found[case["id"]] for case in cases]


async def _in_one_runtime(cases: list[Case], solo: bool) -> list[dict[str, Any]]:
    folder = Path(tempfile.mkdtemp(prefix="asterism-cases-"))
    try:
        (folder / "extensions.conf").write_text(GENERAL)
        (folder / "asterisk.conf").write_text(
            f"[directories]\nastdbdir => {folder}\nastdatadir => {folder}\n[options]\nlive_dangerously=yes\n"
        )
        options = Options(live_dangerously=True)
        async with TestRuntime(folder, options=options, began_s=time.time()) as runtime:
            # The clock jumps over the time that a thread needs to write, so nothing is written.
            await runtime.database.close()
            runtime.database = Database(None)
            await runtime.database.open()
            runtime.sounds.folder = folder  # There were no sounds.
            runtime.tones.zones.clear()  # The recorded Asterisk had an empty indications.conf.
            world = World(runtime, folder)
            try:
                found = []
                for case in (one for one in cases if bool(one.get("solo")) == solo):
                    try:
                        truth = await answer(world, case)
                    except (Exception, asyncio.CancelledError) as error:
                        truth = {"error": repr(error)}
                        await world.settle()
                    found.append({"id": case["id"], "truth": truth})
            finally:
                world.close()
            return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("cases", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="ids that begin so")
    arguments = parser.parse_args()
    os.environ.update(TZ="UTC", LC_ALL="C", ORACLE_ENV="oracle-env")
    time.tzset()
    # Not splitlines: a text may have separators of lines in it that JSON lets stand.
    lines = [line for line in arguments.cases.read_text("utf-8", "surrogateescape").split("\n") if line.strip()]
    cases = [case for case in map(json.loads, lines) if case["id"].startswith(arguments.only)]
    with arguments.out.open("w", encoding="utf-8") as out:
        for one in asyncio.run(answers(cases)):
            out.write(json.dumps(one) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
