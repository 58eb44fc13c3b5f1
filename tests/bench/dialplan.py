"""Speed and size of the dialplan: `python -m tests.bench.dialplan [TURNS]`.

Loops of a single channel with nobody watching, and dialplans of 100,000 extensions. Beside Asterisk 22 in the same
run when ASTERISK22_ROOT names a chroot with one. Its last line is one JSON object.
"""

import asyncio
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from asterism.dialplan import resolve
from asterism.dialplan.plan import Plan
from asterism.runtime.runtime import Runtime

HEAD = " same => n,Set(i=0)\n"
LOOPS: dict[str, tuple[int, str]] = {
    "while": (3, HEAD + " same => n,While($[${i}<${N}])\n same => n,Set(i=$[${i}+1])\n same => n,EndWhile()\n"),
    "gotoif": (2, HEAD + " same => n(top),Set(i=$[${i}+1])\n same => n,GotoIf($[${i}<${N}]?top)\n"),
    "gosub": (
        5,
        HEAD + " same => n(top),Set(i=$[${i}+1])\n same => n,Gosub(sub,1(${i},x))\n"
        " same => n,GotoIf($[${i}<${N}]?top)\n same => n,Goto(done,1)\n"
        "exten => sub,1,NoOp(${ARG1})\n same => n,Return(${ARG2})\nexten => done,1,NoOp()\n",
    ),
    "funcs": (
        5,
        " same => n,Set(L=alpha-beta-gamma-delta)\n" + HEAD + " same => n(top),Set(i=$[${i}+1])\n"
        ' same => n,Set(a=${CUT(L,-,3)})\n same => n,Set(b=${REGEX("^[0-9]+$" ${i})})\n'
        ' same => n,Set(c=${IF($["${b}"="1"]?yes:no)})\n same => n,GotoIf($[${i}<${N}]?top)\n',
    ),
    "noop": (
        10,
        HEAD + " same => n(top),NoOp(a)\n" + "".join(f" same => n,NoOp({letter})\n" for letter in "bcdefgh")
        + " same => n,Set(i=$[${i}+1])\n same => n,GotoIf($[${i}<${N}]?top)\n",
    ),
}  # fmt: skip
"""Name: priorities a turn, and the lines of extension `s` behind the one that sets N."""

RUNS = 3
COUNT = 100_000
MODULES = """
[modules]
autoload = no
load = pbx_config.so
load = app_stack.so
load = app_while.so
load = app_exec.so
load = app_verbose.so
load = func_cut.so
load = func_strings.so
load = func_logic.so
load = func_math.so
load = res_clioriginate.so
"""


def extensions(turns: int) -> str:
    """Return the dialplan of the loops."""
    text = "[general]\nautofallthrough=yes\n"
    for name, (_, lines) in LOOPS.items():
        text += f"[{name}]\nexten => s,1,Set(N={turns})\n{lines}"
    return text


def numbers() -> list[str]:
    """Return 100,000 extensions, one in ten a pattern, shuffled always the same way."""
    rows = []
    for number in range(COUNT):
        if number % 100 < 10:
            rows.append(f"_{5_000_000 + number}[1-{2 + number % 7}]X.")
        else:
            rows.append(str(2_000_000_000 + number * 7919 % 1_000_000_000))
    random.Random(1).shuffle(rows)
    return rows


# --- asterism ----------------------------------------------------------------------------------


async def _loops(turns: int) -> dict[str, float]:
    found = {}
    async with Runtime() as runtime:
        runtime.extensions(extensions(turns))
        for name, (per_turn, _) in LOOPS.items():
            found[name] = statistics.median([turns * per_turn / await _run(runtime, name) for _ in range(RUNS)])
    return found


async def _run(runtime: Runtime, name: str) -> float:
    before = time.process_time()
    await runtime.originate(f"Local/s@{name}/n", application="Wait", app_data="600", timeout=600.0)
    while runtime.channels:
        await asyncio.sleep(0.02)
    return time.process_time() - before


async def _big(contexts: int) -> dict[str, object]:
    """Load and look up in a process of its own, so that the memory is its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = numbers()
        with (folder / "extensions.conf").open("w") as file:
            for context in range(contexts):
                file.write(f"[big{context}]\n")
                file.writelines(f"exten => {row},1,NoOp({context})\n" for row in rows[context::contexts])
        async with Runtime() as runtime:
            memory = _rss_mib()
            before = time.process_time()
            plan = resolve.load(folder, runtime.modules, runtime.unbound)
            load_s = time.process_time() - before
            memory = _rss_mib() - memory
            lookup_us = _lookups(runtime, plan)
    return {"load_cpu_s": round(load_s, 3), "memory_mib": round(memory, 1), "lookup_us": lookup_us}


def _lookups(runtime: Runtime, plan: Plan) -> dict[str, float]:
    literals = [extension.name for extension in plan.contexts["big0"] if not extension.name.startswith("_")]
    patterns = [extension.name for extension in plan.contexts["big0"] if extension.name.startswith("_")]
    asked = {
        "first": literals[0],
        "middle": literals[len(literals) // 2],
        "last": literals[-1],
        "none": "777",
        "pattern": patterns[len(patterns) // 2][1:8] + "145",
    }
    scope = runtime.unbound({})
    found = {}
    for name, number in asked.items():
        before = time.process_time()
        for _ in range(5000):
            plan.find(scope, "big0", number, 1)
        found[name] = round((time.process_time() - before) / 5000 * 1e6, 2)
    return found


def _rss_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child(*arguments: str) -> dict[str, object]:
    """Measure in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.dialplan", "--child", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


# --- Asterisk ----------------------------------------------------------------------------------


class Asterisk:
    """A real Asterisk in a chroot, without SIP."""

    def __init__(self, root: Path, text: str) -> None:
        self.root = root
        self.folder = Path(tempfile.mkdtemp(prefix="bench-", dir=root / "tmp"))
        seen = Path("/") / self.folder.relative_to(root)
        for name in ("run", "log", "spool", "lib"):
            (self.folder / name).mkdir()
        (self.folder / "asterisk.conf").write_text(
            f"[directories]\nastetcdir => {seen}\nastrundir => {seen}/run\nastlogdir => {seen}/log\n"
            f"astspooldir => {seen}/spool\nastdbdir => {seen}/lib\nastvarlibdir => {seen}/lib\n"
            "astdatadir => /usr/share/asterisk\nastmoddir => /usr/lib/x86_64-linux-gnu/asterisk/modules\n"
        )
        (self.folder / "modules.conf").write_text(MODULES)
        (self.folder / "logger.conf").write_text("[general]\n[logfiles]\n")
        (self.folder / "extensions.conf").write_text(text)
        self.command = ["chroot", str(root), "asterisk", "-C", f"{seen}/asterisk.conf"]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen([*self.command, "-f"], stdin=quiet, stdout=quiet, stderr=quiet)
        self.until(lambda: "fully booted" in self.cli("core waitfullybooted"))

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something for at most two minutes."""
        end = time.monotonic() + 120
        while not holds():
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError("Asterisk does not answer")
            time.sleep(0.1)

    def cli(self, command: str) -> str:
        """Run a console command."""
        done = subprocess.run([*self.command, "-rx", command], capture_output=True, text=True, check=False)
        return done.stdout

    def cpu_s(self) -> float:
        """Return the processor time of all its threads so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def loop(self, name: str) -> float:
        """Return the processor seconds that a loop takes."""
        before = self.cpu_s()
        self.cli(f"channel originate Local/s@{name}/n application Wait 600")
        time.sleep(0.3)
        self.until(lambda: "0 active channels" in self.cli("core show channels count"))
        return self.cpu_s() - before

    def stop(self) -> None:
        """End it and remove its folder."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def asterisk_loops(turns: int) -> dict[str, float]:
    """Measure the loops in a real Asterisk, where there is one."""
    root = os.environ.get("ASTERISK22_ROOT")
    if not root:
        return {}
    server = Asterisk(Path(root), extensions(turns))
    try:
        return {
            name: turns * per_turn / statistics.median([server.loop(name) for _ in range(RUNS)])
            for name, (per_turn, _) in LOOPS.items()
        }
    finally:
        server.stop()


def main() -> None:
    """Measure everything."""
    children: dict[str, Callable[[int], Awaitable[object]]] = {"loops": _loops, "big": _big}
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(asyncio.run(children[sys.argv[2]](int(sys.argv[3])))))  # type: ignore[arg-type]
        return
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    ours, theirs = child("loops", str(turns)), asterisk_loops(turns)
    loops: dict[str, dict[str, int | None]] = {}
    for name in LOOPS:
        asterisk = round(theirs[name]) if theirs else None
        loops[name] = {
            "priorities_per_cpu_s": round(float(str(ours[name]))),
            "asterisk_priorities_per_cpu_s": asterisk,
        }
        times = f" = {float(str(ours[name])) / asterisk:.1f} times Asterisk's {asterisk:,}" if asterisk else ""
        print(f"{name:8} {float(str(ours[name])):>12,.0f} priorities per CPU second{times}")
    big = {}
    for contexts in (1, 1000):
        name = f"{COUNT}x{contexts}"
        big[name] = child("big", str(contexts))
        print(name, big[name])
    print(json.dumps({"loops": loops, "big": big}))


if __name__ == "__main__":
    main()
