"""MixMonitor, StopMixMonitor, and the manager's actions."""

import array
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from asterism.runtime import pcm
from asterism.runtime.driver import SoundFile
from asterism.runtime.events import VarSet
from asterism.runtime.mixmonitor import MixMonitorMute, MixMonitorStart, MixMonitorStop
from asterism.runtime.request import Request
from asterism.runtime.sounds import Sounds
from asterism.runtime.testing import TestRuntime

A, B = 4096, 1000


@pytest_asyncio.fixture(name="rt")
async def runtime(tmp_path: Path) -> AsyncIterator[TestRuntime]:
    """A runtime with a sound for each side."""
    for name, level in (("a", A), ("b", B)):
        path = tmp_path / "sounds" / "en" / f"{name}.sln"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(level.to_bytes(2, "little") * 16000)
    async with TestRuntime() as found:
        found.sounds = Sounds(tmp_path / "sounds")
        yield found


PLAN = """
[default]
exten => near,1,Answer()
 same => n,MixMonitor({file},{options}i(ID){command})
 same => n,Set(GLOBAL(PATH)=${{MIXMONITOR(${{ID}},filename)}})
 same => n,Playback(a)
 same => n,Wait(1)
 same => n,StopMixMonitor(${{ID}})
 same => n,Playback(a)
 same => n,Hangup()
exten => far,1,Answer()
 same => n,Wait(1)
 same => n,Playback(b)
 same => n,Wait(9)
"""


async def recorded(rt: TestRuntime, file: Path, options: str = "", command: str = "") -> None:
    """Let two ends of a Local channel play to each other, `near` recorded."""
    rt.extensions(PLAN.format(file=file, options=options, command=command and f",{command}"))
    await rt.originate("Local/near@default/n", context="default", exten="far")
    while rt.channels:
        await asyncio.sleep(1)


def samples(path: Path) -> "array.array[int]":
    """Return what was recorded."""
    return pcm.read(SoundFile(path, path.suffix.removeprefix(".")), 8000)


async def test_both_sides_are_mixed(rt: TestRuntime, tmp_path: Path) -> None:
    await recorded(
        rt, tmp_path / "m.wav", f"r({tmp_path}/r.sln)t({tmp_path}/t.sln)", f"touch {tmp_path}/^{{EXTEN}}.done"
    )
    assert rt.variables["PATH"] == f"{tmp_path}/m.wav"
    assert set(samples(tmp_path / "m.wav")) == {A, A + B, B}
    assert set(samples(tmp_path / "r.sln")) == {B} and set(samples(tmp_path / "t.sln")) == {A}
    assert len(samples(tmp_path / "t.sln")) == 16000
    assert [event.name for event in rt.heard_all(MixMonitorStart) + rt.heard_all(MixMonitorStop)] == [
        "MixMonitorStart", "MixMonitorStop"
    ]  # fmt: skip


async def test_what_cannot_be_recorded(rt: TestRuntime, tmp_path: Path) -> None:
    await recorded(rt, tmp_path / "m.mp3")
    assert "PATH" in rt.variables and not rt.variables["PATH"]


async def test_the_manager_records_and_mutes(rt: TestRuntime, tmp_path: Path) -> None:
    rt.extensions("[default]\nexten => 1,1,Answer()\n same => n,Wait(9)\n same => n,Hangup()\n")
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    call.speak(30)
    name = next(iter(rt.channels))
    start, stop, mute = (rt.actions[each].body for each in ("MixMonitor", "StopMixMonitor", "MixMonitorMute"))
    began = await start(rt, Request([("Channel", name), ("File", f"{tmp_path}/m.wav")]))
    ((header, identity),) = began.headers
    assert (began.status, header) == ("Success", "MixMonitorID")
    await asyncio.sleep(1)
    assert mute(rt, name, "both", "1", identity).status == "Success"
    await asyncio.sleep(1)
    assert rt.heard(MixMonitorMute).direction == "both" and rt.heard(MixMonitorMute).state == 1
    mute(rt, name, "both", "0")
    await asyncio.sleep(1)
    assert (await stop(rt, name, identity)).status == "Success"
    assert (await stop(rt, name, identity)).status == "Error"
    found = samples(tmp_path / "m.wav")
    assert len(found) == 24000
    assert 0 not in found[:8000] and set(found[8000:16000]) == {0} and 0 not in found[16000:]
    await call.over()


@pytest.mark.parametrize("options", ["", "d", "b"])
async def test_the_end_of_the_call(rt: TestRuntime, tmp_path: Path, options: str) -> None:
    path = tmp_path / "m.wav"
    rt.extensions(
        f"[default]\nexten => 1,1,Answer()\n same => n,MixMonitor({path},{options})\n same => n,Wait(1)\n"
        " same => n,Dial(Loopback/bob)\n"
    )
    rt.phone("bob").answers(after_s=2, talks_s=3)
    call = await rt.phone("alice").call("1@default")
    call.speak(30)
    await call.over()
    await asyncio.sleep(0.1)
    assert path.exists() is (options != "d")
    if options == "":
        assert len(samples(path)) == pytest.approx(48000, abs=200)
    elif options == "b":
        assert set(samples(path)[:24000]) == {0} and 0 not in samples(path)[24200:]


EVIL = ["1.wav,b,touch {mark} #", "../../../{mark}", '1",b,"touch {mark} #', "(1,b,touch {mark} #)"]


@pytest.mark.parametrize("number", EVIL)
async def test_a_callers_number_is_no_argument(rt: TestRuntime, tmp_path: Path, number: str) -> None:
    """Keys that record name the file after who calls, and he says himself who that is."""
    rt.extensions("""[default]
exten => 100,1,Set(FEATUREMAP(automixmon)=*3)
 same => n,Dial(Loopback/bob,,X)
""")
    mark = tmp_path / "touched"
    rt.phone("bob").answers()
    evil = rt.phone("evil")
    evil.number = number.format(mark=mark)
    alice = await evil.call("100@default")
    await alice.talking()
    alice.press("*3")
    await asyncio.sleep(2)
    told = [each for each in rt.heard_all(VarSet) if each.variable == "MIXMONITOR_FILENAME"]
    alice.hangup()
    await asyncio.sleep(2)
    assert len(told) == 1
    assert Path(told[0].value).parent == rt.directories.spool / "monitor"
    assert not mark.exists() and not mark.with_suffix(".wav").exists()


async def test_both_hear_that_a_recording_begins_and_ends(rt: TestRuntime, tmp_path: Path) -> None:
    """What features.conf and the variables of whoever presses the keys say; he alone hears that it has failed."""
    rt.extensions(f"""[default]
exten => 100,1,Set(FEATUREMAP(automixmon)=*3)
 same => n,Set(FEATURE(courtesytone)={tmp_path}/tone)
 same => n,Set(FEATURE(recordingfailsound)={tmp_path}/failed)
 same => n,Set(TOUCH_MIXMONITOR_MESSAGE_START={tmp_path}/begins)
 same => n,Set(TOUCH_MIXMONITOR_MESSAGE_STOP={tmp_path}/ends)
 same => n,Dial(Loopback/bob,,X)
""")
    for name in ("tone", "failed", "begins", "ends"):
        (tmp_path / f"{name}.ulaw").write_bytes(bytes(800))
    bob = rt.phone("bob").answers()
    alice = await rt.phone("alice").call("100@default")
    await alice.talking()
    for _ in range(2):
        alice.press("*3")
        await asyncio.sleep(2)
    for one in (alice, bob.calls[0]):
        assert [Path(each).stem for each in one.sounds()] == ["tone", "begins", "tone", "ends"]
    (channel,) = (each for each in rt.channels.values() if each.leg.audio is alice.leg.audio)
    channel.set("TOUCH_MIXMONITOR_FORMAT", "nosuch")
    alice.press("*3")
    await asyncio.sleep(2)
    assert [Path(each).stem for each in alice.sounds()][4:] == ["failed"]
    assert len(bob.calls[0].sounds()) == 4
