"""PERIODIC_HOOK: what both sides of a call hear now and then."""

import asyncio
from pathlib import Path

from asterism.functions import indirect
from asterism.runtime.danger import is_dangerous
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime


async def test_both_hear_it_until_it_is_switched_off(rt: TestRuntime, tmp_path: Path) -> None:
    (tmp_path / "beep.ulaw").write_bytes(bytes(4000))
    rt.extensions(f"""[default]
exten => 1,1,Answer()
 same => n,Set(HOOK=${{PERIODIC_HOOK(hooks,beep,3)}})
 same => n,Dial(Loopback/bob)
[hooks]
exten => beep,1,NoOp(${{HOOK_CHANNEL}} ${{HOOK_ID}})
 same => n,Playback({tmp_path}/beep)
""")
    bob = rt.phone("bob").answers()
    alice = await rt.phone("alice").call("1@default")
    await alice.talking()
    await asyncio.sleep(7)
    (channel,) = (each for each in rt.channels.values() if each.leg.audio is alice.leg.audio)
    assert channel.variables["HOOK"] == "0"
    assert f"beep@hooks:1 NoOp({channel.name} 0)" in rt.executed()
    heard = [Path(each).stem for each in bob.calls[0].sounds()].count("beep")
    assert heard in (2, 3) and "beep" in {Path(each).stem for each in alice.sounds()}
    indirect.assign(channel, "PERIODIC_HOOK(0)", "off")
    await asyncio.sleep(7)
    assert [Path(each).stem for each in bob.calls[0].sounds()].count("beep") == heard
    indirect.assign(channel, "PERIODIC_HOOK(7)", "on")
    assert f"Hook with ID '7' not found on '{channel.name}'" in rt.logged(Level.WARNING)[-1]
    indirect.assign(channel, "PERIODIC_HOOK(0)", "maybe")
    assert rt.logged(Level.WARNING)[-1].endswith("Invalid value for PERIODIC_HOOK function: 'maybe'")
    indirect.assign(channel, "PERIODIC_HOOK(0)", "on")
    alice.hangup()
    await alice.over()
    await asyncio.sleep(10)
    assert not rt.channels


async def test_what_is_wrong_is_told(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 1,1,NoOp([${PERIODIC_HOOK(a,b)}${PERIODIC_HOOK(a)}])\n")
    await (await rt.phone("anna").call("1@default")).over()
    assert rt.executed() == ["1@default:1 NoOp([])"]
    assert [line.partition(": ")[2] for line in rt.logged(Level.WARNING)] == [
        "PERIODIC_HOOK: Invalid hook interval: ''",
        "PERIODIC_HOOK: a context, an extension, and an interval are needed",
    ]


async def test_what_is_heard_still_is_not_begun_again(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 1,1,Answer()\n same => n,Set(HOOK=${PERIODIC_HOOK(hooks,long,1)})\n same => n,Wait(9)\n"
        "[hooks]\nexten => long,1,Answer()\n same => n,Wait(3.5)\n"
    )
    await (await rt.phone("alice").call("1@default")).over()
    assert len([step for step in rt.executed() if step.startswith("long@hooks:1")]) == 3


async def test_from_outside_it_may_not_be_had(rt: TestRuntime) -> None:
    """It runs any extension, so it takes more than the right to read a variable."""
    assert is_dangerous(rt, ["PERIODIC_HOOK(hooks,beep,1)"], write=False)
    assert is_dangerous(rt, ["PERIODIC_HOOK(0)"])
