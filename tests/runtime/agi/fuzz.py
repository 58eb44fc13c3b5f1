"""Random lines to AGI, by hand: `python -m tests.runtime.agi.fuzz 1000000`.

Each conversation takes some hundred lines, made of real commands, their arguments, and noise. Whatever they say, the
process lives, every line is answered by one reply, and nothing is left: no channel, task, or growing memory.
"""

import asyncio
import gc
import random
import resource
import sys
import time

from asterism.apps.agi import converse
from asterism.runtime.agi.command import commands
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text
from asterism.runtime.testing import TestRuntime

from tests.runtime.agi.script import Script

LINES_EACH = 200
PIECES = (
    "", '""', '"', "\\", '\\"', "a", "1", "-1", "0", "9999999", "1.5", "#", "*", "${EXTEN}", "${", "$[1+",
    "$[1/0]", "LEN(abc)", "CALLERID(all)", "SHELL(true)", "x" * 3000, "\t", "\x00", "\x1b[31m", "\udcff", "é€", "s",
    "default", "nosuch", "/dev/null/x", "wav", "sln", "10", "BEEP", "s=1", "NoOp", "Set", "Goto", "Gosub", "Hangup",
    "A=1", "1,2", "Return", "Wait", "Playback", "While", "MSet", "ExecIf", "1?NoOp", "Read", "A,,1,,1,1", "on", "'",
)  # fmt: skip
NEVER = ("System", "TrySystem")


def line(chance: random.Random) -> str:
    """Return a line."""
    kind = chance.random()
    words = list(chance.choice(list(commands())))
    if kind < 0.1:
        words = [chance.choice(PIECES) for _ in range(chance.randrange(5))]
    elif kind < 0.15:
        words[chance.randrange(len(words))] = chance.choice(PIECES)
    words += [chance.choice(PIECES) for _ in range(min(chance.randrange(7), chance.randrange(7)))]
    if words[:1] == ["hangup"] and chance.random() < 0.95:
        words = ["noop"]
    text = " ".join(words)
    if chance.random() < 0.1:
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chr(chance.randrange(256)) + text[at:]
    return text.replace("\n", " ")


async def talk(lines: int, seed: int) -> int:
    """Let so many lines be answered; how many were."""
    # The loop looks once a day else: a jump over thirty years would take a second.
    asyncio.base_events.MAXIMUM_SELECT_TIMEOUT = 1e10  # type: ignore[attr-defined]
    chance = random.Random(seed)
    answered = 0
    async with TestRuntime() as rt:
        scripts: list[Script] = []

        @rt.application("Talk")
        async def application(chan: Channel, text: Text = "") -> None:
            """Talk."""
            await converse(chan, scripts[-1], "agi_request: fuzz\n\n")

        rt.extensions("[default]\nexten => s,1,Answer()\n same => n,Talk()\n same => n,Return()\n")
        while answered < lines:
            # Records and events of the testing kit are for one test, not for a million lines.
            rt.records.clear()
            rt.published.clear()
            said = [line(chance) for _ in range(LINES_EACH)]
            scripts = [Script(said)]
            call = await rt.phone("alice").call("s@default")
            keys = asyncio.get_running_loop().create_task(press(call, chance.choice(["", "", "1#", "123"])))
            await call.over()
            keys.cancel()
            rt.phone("alice").calls.clear()
            rt.variables.clear()
            await rt.database.delete_tree("")
            assert len(scripts[0].answers) == LINES_EACH, (len(scripts[0].answers), said[len(scripts[0].answers)])
            answered += LINES_EACH
        assert not rt.channels
    return answered


async def press(call: object, keys: str) -> None:
    """Press keys now and then."""
    for _ in range(30 if keys else 0):
        await asyncio.sleep(1)
        call.press(keys)  # type: ignore[attr-defined]


def main() -> None:
    """Run it by hand."""
    lines, batch = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, 5_000
    began, done = time.monotonic(), 0
    while done < lines:
        done += asyncio.run(talk(batch, seed=done))
        gc.collect()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        sys.stdout.write(f"{done} lines, {time.monotonic() - began:.0f} s, {memory} MB\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
