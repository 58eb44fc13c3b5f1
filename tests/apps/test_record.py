"""Record, RECORDING_INFO, ControlPlayback, BackgroundDetect."""

import array
import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from asterism.runtime import pcm
from asterism.runtime.channel import Channel
from asterism.runtime.driver import SoundFile
from asterism.runtime.errors import ArgumentError
from asterism.runtime.recording import Recorded
from asterism.runtime.sounds import Sounds
from asterism.runtime.testing import TestRuntime


@pytest_asyncio.fixture(name="rt")
async def runtime(tmp_path: Path) -> AsyncIterator[TestRuntime]:
    """A runtime with a few sounds."""
    for name, seconds in (("beep", 0.4), ("talk", 4.0), ("silence/9", 9.0)):
        path = tmp_path / "sounds" / "en" / f"{name}.sln"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((b"\x00\x00" if "silence" in name else b"\x00\x10") * int(8000 * seconds))
    async with TestRuntime() as found:
        found.sounds = Sounds(tmp_path / "sounds")
        yield found


def seconds(path: Path) -> float:
    """Return how long a wav file is."""
    with wave.open(str(path)) as file:
        return file.getnframes() / file.getframerate()


def plan(*steps: str) -> str:
    """Return an extension 1 with these steps, and an `h` that keeps the status."""
    return "[default]\n" + "\n".join(f"exten => 1,{number},{step}" for number, step in enumerate(steps, 1))


async def test_a_key_ends_it(rt: TestRuntime, tmp_path: Path) -> None:
    rt.extensions(plan(f"Record({tmp_path}/a.wav,,,q)", "Set(MS=${RECORDING_INFO(duration)})", "Hangup()"))
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    call.speak(2)
    await asyncio.sleep(3)
    call.press("5#")
    await call.over()
    assert call.variables["RECORD_STATUS"] == "DTMF"
    assert call.variables["RECORDED_FILE"] == f"{tmp_path}/a"
    assert call.variables["MS"] == "3000"
    assert seconds(tmp_path / "a.wav") == 3.0
    samples = pcm.read(SoundFile(tmp_path / "a.wav", "wav"), 8000)
    assert max(samples[:15000]) > 1000 and set(samples[16001:]) == {0}


@pytest.mark.parametrize(
    ("arguments", "spoken_s", "status", "length_s"),
    [
        ("2,,q", 3.0, "SILENCE", 4.0),
        ("2,,qu", 3.0, "SILENCE", 5.0),
        ("2,4,q", 9.0, "TIMEOUT", 4.0),
        (",3,q", 1.0, "TIMEOUT", 3.0),
        (",3", 9.0, "TIMEOUT", 3.0),
    ],
    ids=["silence", "kept-silence", "time-first", "time", "beep"],
)
async def test_what_ends_it(
    rt: TestRuntime, tmp_path: Path, arguments: str, spoken_s: float, status: str, length_s: float
) -> None:
    rt.extensions(plan(f"Record({tmp_path}/a.wav,{arguments})", "Hangup()"))
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    call.speak(spoken_s)
    await call.over()
    assert call.variables["RECORD_STATUS"] == status
    assert seconds(tmp_path / "a.wav") == pytest.approx(length_s, abs=0.11)
    assert ("beep" in call.sounds()) is ("q" not in arguments)


@pytest.mark.parametrize(("options", "stays"), [("q", False), ("qk", True)])
async def test_a_hangup(rt: TestRuntime, tmp_path: Path, options: str, stays: bool) -> None:
    rt.extensions(plan(f"Record({tmp_path}/a.wav,,,{options})") + "\nexten => h,1,NoOp(${RECORD_STATUS})\n")
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    await asyncio.sleep(2)
    call.hangup()
    await call.over()
    assert "h@default:1 NoOp(HANGUP)" in rt.executed()
    assert (tmp_path / "a.wav").exists() is stays
    if stays:
        assert seconds(tmp_path / "a.wav") == 2.0


async def test_keys_and_options(rt: TestRuntime, tmp_path: Path) -> None:
    for options, keys, status, length_s in (
        ("qt", "#*", "DTMF", 2.0),
        ("qo", "0", "OPERATOR", 1.0),
        ("qy", "7", "DTMF", 1.0),
        ("qx", "#7", "TIMEOUT", 5.0),
    ):
        rt.extensions(plan(f"Record({tmp_path}/{options}.sln,,5,{options})", "Hangup()"))
        call = await rt.phone("alice").call("1@default")
        await call.until("up")
        for key in keys:
            await asyncio.sleep(1)
            call.press(key)
        await call.over()
        assert call.variables["RECORD_STATUS"] == status, options
        assert (tmp_path / f"{options}.sln").stat().st_size == length_s * 16000, options


async def test_append_and_numbers(rt: TestRuntime, tmp_path: Path) -> None:
    rt.extensions(plan(*[f"Record({tmp_path}/a.wav,,2,qa)"] * 2, *[f"Record({tmp_path}/n%d.sln,,1,q)"] * 2, "Hangup()"))
    call = await rt.phone("alice").call("1@default")
    await call.over()
    assert seconds(tmp_path / "a.wav") == 4.0
    assert call.variables["RECORDED_FILE"] == f"{tmp_path}/n1"
    assert (tmp_path / "n0.sln").stat().st_size == 16000


async def test_what_cannot_be_recorded(rt: TestRuntime, tmp_path: Path) -> None:
    rt.extensions(
        plan(f"Record({tmp_path}/a.mp3)", "Set(ONE=${RECORD_STATUS})", f"Record({tmp_path}/no/a.wav,,1,q)", "Hangup()")
    )
    call = await rt.phone("alice").call("1@default")
    await call.over()
    assert (call.variables["ONE"], call.variables["RECORD_STATUS"]) == ("ERROR", "ERROR")
    rt.extensions(plan(f"Record({tmp_path}/a.wav,,,s)", "Hangup()"))
    call = await rt.phone("alice").call("1@default")
    await call.over()
    assert call.variables["RECORD_STATUS"] == "SKIP" and not (tmp_path / "a.wav").exists()


async def test_what_is_played_at_the_other_end_of_a_local_channel(rt: TestRuntime, tmp_path: Path) -> None:
    rt.extensions(
        "[default]\nexten => talk,1,Answer()\n same => n,Wait(1)\n same => n,Playback(talk)\n"
        " same => n,Playback(silence/9)\n"
        f"exten => rec,1,Answer()\n same => n,Record({tmp_path}/a.wav,2,,q)\n"
        " same => n,Set(GLOBAL(S)=${RECORD_STATUS})\n same => n,Hangup()\n"
    )
    await rt.originate("Local/talk@default/n", context="default", exten="rec")
    while rt.channels:
        await asyncio.sleep(1)
    assert rt.variables["S"] == "SILENCE"
    assert seconds(tmp_path / "a.wav") == pytest.approx(5.0, abs=0.15)
    assert set(pcm.read(SoundFile(tmp_path / "a.wav", "wav"), 8000)[:31000]) == {0x1000}


async def test_winding(rt: TestRuntime) -> None:
    rt.extensions(plan("Answer()", "ControlPlayback(talk,1000,6,4,0,5,8)", "Set(ENDED=${EPOCH})", "Hangup()"))
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    for key, after_s in (("4", 2.0), ("5", 1.0), ("5", 10.0), ("8", 0.5), ("6", 1.0), ("9", 0.1), ("0", 0.5)):
        await asyncio.sleep(after_s)
        call.press(key)
    await call.over()
    # 2 s, back to 1 s, paused at 2 s, on to 2.5 s, from the beginning to 1 s, forward to 2 s, stopped 0.6 s later.
    assert call.variables["CPLAYBACKSTATUS"] == "USERSTOPPED"
    assert call.variables["CPLAYBACKOFFSET"] == "2600"
    assert call.variables["CPLAYBACKSTOPKEY"] == "0"


async def test_winding_by_the_manager(rt: TestRuntime) -> None:
    control = rt.actions["ControlPlayback"].body
    rt.extensions(plan("Answer()", "ControlPlayback(talk)", "Hangup()"))
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    name = next(iter(rt.channels))
    await asyncio.sleep(1)
    assert control(rt, name, "pause").status == "Success"
    await asyncio.sleep(20)
    assert control(rt, name, "nonsense").message == "Unknown control operation"
    control(rt, name, "stop")
    await call.over()
    assert (call.variables["CPLAYBACKSTATUS"], call.variables["CPLAYBACKOFFSET"]) == ("REMOTESTOPPED", "1000")
    rt.extensions(plan("Answer()", "ControlPlayback(nosuch)", "Hangup()"))
    call = await rt.phone("alice").call("1@default")
    await call.over()
    assert (call.variables["CPLAYBACKSTATUS"], call.variables["CPLAYBACKOFFSET"]) == ("ERROR", "-1")


async def test_who_talks_is_heard(rt: TestRuntime) -> None:
    rt.extensions(plan("BackgroundDetect(silence/9,500,100,3000)", "Hangup()"))
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    await asyncio.sleep(1)
    call.speak(1.5)
    await call.over()
    assert 1400 <= int(call.variables["TALK_DETECTED"]) <= 1600
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    call.speak(4)
    await call.over()
    assert "TALK_DETECTED" not in call.variables


async def test_a_talk_is_measured_frame_by_frame(rt: TestRuntime) -> None:
    rt.extensions(plan("BackgroundDetect(silence/9,2,100,200)", "Hangup()"))
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    for spoken_s in (0.08, 0.3, 0.16):  # Too short, too long, and between the two.
        call.speak(spoken_s)
        await asyncio.sleep(spoken_s + 0.02)
    await call.over()
    assert call.variables["TALK_DETECTED"] == "158"


async def test_an_application_records(rt: TestRuntime, tmp_path: Path) -> None:
    found: list[object] = []

    @rt.application("Ask")
    async def ask(chan: Channel) -> None:
        """Record a name."""
        await chan.answer()
        found.append(await chan.record(tmp_path / "name.wav", silence_s=1, beep=True))
        with pytest.raises(ArgumentError):
            await chan.record(tmp_path / "name.mp3")

    rt.extensions(plan("Ask()", "Hangup()"))
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    call.speak(2)
    await call.over()
    assert found == [Recorded("silence", "", found[0].ms)]  # type: ignore[attr-defined]
    assert seconds(tmp_path / "name.wav") == pytest.approx(2.6, abs=0.11)


async def test_an_answer_does_not_wait_where_somebody_talks_already(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\n"
        "exten => rec,1,Set(GLOBAL(BEGAN)=${STRFTIME(,,%s.%3q)})\n same => n,Answer()\n"
        " same => n,Set(GLOBAL(ANSWERED)=${STRFTIME(,,%s.%3q)})\n same => n,Hangup()\n"
        "exten => both,1,Dial(Local/rec@default/n,,A(talk))\n same => n,Hangup()\n"
    )
    call = await rt.phone("alice").call("both@default")
    await call.over()
    assert float(rt.variables["ANSWERED"]) - float(rt.variables["BEGAN"]) < 0.1


def test_mixing() -> None:
    into = array.array("h", [1, 2, 32000])
    pcm.mix(into, array.array("h", [10, 1000]), 1)
    assert list(into) == [1, 12, 32767]
    pcm.mix(into, array.array("h", [5]), 5)
    assert list(into) == [1, 12, 32767, 0, 0, 5]


@pytest.mark.parametrize("file_format", ["wav", "sln", "wav16"])
def test_cutting(tmp_path: Path, file_format: str) -> None:
    path, rate = tmp_path / "x", pcm.RATES_HZ[file_format]
    pcm.write(path, file_format, array.array("h", [7]) * rate)
    pcm.truncate(path, file_format, 510)
    plain = SoundFile(path, "wav" if file_format.startswith("wav") else file_format)
    assert len(pcm.read(plain, rate)) == rate // 2
    pcm.truncate(path, file_format, 5000)
    assert len(pcm.read(plain, rate)) == rate // 2
