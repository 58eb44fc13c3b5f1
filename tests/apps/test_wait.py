"""Wait, WaitExten, WaitDigit, Echo, tones, music, DTMF, and other channels."""

import asyncio
from pathlib import Path

import pytest
from asterism.runtime import events
from asterism.runtime.log import Level
from asterism.runtime.testing import Call, TestRuntime


async def call_of(rt: TestRuntime, *steps: str, more: str = "", phone: str = "alice") -> Call:
    rt.extensions("[default]\nexten => 1,1," + "\n same => n,".join(steps) + "\n" + more)
    return await rt.phone(phone).call("1@default")


@pytest.mark.parametrize(("argument", "seconds"), [("1.5", 1.5), ("", 0), ("-1", 0), ("abc", 0), ("0", 0)])
async def test_wait_waits(rt: TestRuntime, argument: str, seconds: float) -> None:
    call = await call_of(rt, f"Wait({argument})", "NoOp(on)")
    began = rt.now()
    await call.over()
    assert rt.now() - began == pytest.approx(seconds, abs=0.5)
    assert rt.executed()[-1].endswith("NoOp(on)")


async def test_digits_pressed_during_wait_are_read_afterwards(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "Wait(5)", "Read(X,,2,,1,1)")
    await call.until("up")
    call.press("42")
    await call.over()
    assert call.variables["X"] == "42"


async def test_waitexten_goes_where_the_caller_dials(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "WaitExten(5)", more="exten => 7,1,NoOp(seven)\n")
    await call.until("up")
    call.press("7")
    await call.over()
    assert rt.executed()[-1] == "7@default:1 NoOp(seven)"


@pytest.mark.parametrize(
    ("steps", "last"),
    [
        (("Answer()", "WaitExten(3)", "NoOp(next)"), "1@default:3 NoOp(next)"),
        (("Answer()", "WaitExten(3)"), "t@default:1 NoOp(t)"),
    ],
)
async def test_waitexten_goes_on_when_nobody_dials(rt: TestRuntime, steps: tuple[str, ...], last: str) -> None:
    call = await call_of(rt, *steps, more="exten => t,1,NoOp(t)\n")
    began = rt.now()
    await call.over()
    assert rt.executed()[-1] == last and rt.now() - began == pytest.approx(3, abs=0.5)


async def test_waitexten_waits_as_long_as_timeout_says(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "Set(TIMEOUT(response)=4)", "WaitExten()", "NoOp(next)")
    began = rt.now()
    await call.over()
    assert rt.now() - began == pytest.approx(4, abs=0.5)


async def test_waitexten_plays_a_dial_tone(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "WaitExten(3,d)", "NoOp(next)")
    await call.over()
    assert [(heard.what, heard.length_ms) for heard in call.heard] == [("tone 350+440", pytest.approx(3000, abs=100))]


@pytest.mark.parametrize(
    ("arguments", "pressed", "status", "result"),
    [("5,12", "92", "DTMF", "2"), ("1,1", "3", "TIMEOUT", None), ("abc", "", "ERROR", None), ("-1", "", "ERROR", None)],
)
async def test_waitdigit(rt: TestRuntime, arguments: str, pressed: str, status: str, result: str | None) -> None:
    call = await call_of(rt, "Answer()", f"WaitDigit({arguments})")
    await call.until("up")
    call.press(pressed)
    await call.over()
    assert call.variables["WAITDIGITSTATUS"] == status
    assert call.variables.get("WAITDIGITRESULT") == result


async def test_echo_until_the_hash_key(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "Echo()", "NoOp(after)")
    await call.until("up")
    await asyncio.sleep(1)
    call.say("hello myself")
    call.press("1#")
    await call.over()
    assert call.sounds() == ["hello myself"]
    assert rt.executed()[-1].endswith("NoOp(after)")


async def test_a_tone_plays_while_the_dialplan_goes_on(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "PlayTones(busy)", "Wait(3)", "StopPlayTones()", "Wait(2)")
    await call.over()
    assert [(heard.what, heard.length_ms) for heard in call.heard] == [("tone 480+620", pytest.approx(3000, abs=100))]


async def test_a_tone_list_plays_what_it_says(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "PlayTones(!950/330,!1400/330,nonsense,425/1000)", "Wait(3)")
    await call.over()
    assert call.sounds() == ["tone 950", "tone 425"] and call.heard[0].length_ms == pytest.approx(660, abs=100)
    assert any("Failed to parse tone part 'nonsense'" in text for text in rt.logged(Level.ERROR))


async def test_a_tone_of_another_country(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "Set(CHANNEL(tonezone)=de)", "PlayTones(busy)", "Wait(1)")
    await call.over()
    assert call.sounds() == ["tone 425"]


@pytest.mark.parametrize("argument", ["nonsense", ""])
async def test_a_tone_that_is_none_ends_the_call(rt: TestRuntime, argument: str) -> None:
    call = await call_of(rt, "Answer()", f"PlayTones({argument})", "NoOp(never)")
    await call.over()
    assert not any("never" in step for step in rt.executed())


@pytest.mark.parametrize(("option", "tone"), [("", "tone 1004"), ("m", "tone 1004"), ("o", "tone 1000")])
async def test_milliwatt_lasts_until_the_caller_goes(rt: TestRuntime, option: str, tone: str) -> None:
    call = await call_of(rt, "Answer()", f"Milliwatt({option})", "NoOp(never)")
    await call.until("up")
    await asyncio.sleep(100)
    call.hangup()
    await call.over()
    assert call.sounds() == [tone]


@pytest.mark.parametrize(
    ("arguments", "sent"), [("12*#a", "12*#A"), ("1w2,100,50", "12"), ("1z2", "12"), ("3,abc,abc", "3")]
)
async def test_senddtmf_presses_keys(rt: TestRuntime, arguments: str, sent: str) -> None:
    call = await call_of(rt, "Answer()", f"SendDTMF({arguments})")
    await call.over()
    assert call.digits == sent
    assert ("z" in arguments) == any("Illegal DTMF character 'z'" in text for text in rt.logged(Level.WARNING))


async def test_senddtmf_takes_its_time(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "SendDTMF(1W2,400,100)")
    began = rt.now()
    await call.over()
    assert rt.now() - began == pytest.approx(1.99, abs=0.5)


async def test_senddtmf_to_another_channel(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "Wait(20)", more="exten => 2,1,SendDTMF(77,,,Loopback/alice-00000000)\n")
    await call.until("up")
    await (await rt.phone("bob").call("2@default")).over()
    assert call.digits == "77"
    call.hangup()
    await call.over()


async def test_userevent_tells_whoever_listens(rt: TestRuntime) -> None:
    await (await call_of(rt, "UserEvent(Foo,a:b,c: d e,nocolon)")).over()
    event = rt.heard(events.UserEvent)
    assert (event.user_event, dict(event.headers)) == ("Foo", {"a": "b", "c": "d e", "nocolon": ""})


async def test_dumpchan_shows_the_variables(rt: TestRuntime) -> None:
    await (await call_of(rt, "Set(FOO=bar)", "DumpChan()")).over()
    shown = next(text for text in rt.logged(Level.VERBOSE) if "Dumping Info" in text)
    assert "FOO=bar" in shown and "State=              Ring (4)" in shown and "Extension=          1\n" in shown


OTHERS = """\
exten => 2,1,{}
 same => n,NoOp(${{CHANNELREDIRECT_STATUS}})
exten => 3,1,NoOp(three)
 same => n,Wait(1)
"""


@pytest.mark.parametrize("place", ["default,3,1", "default,3,1,more"])
async def test_channelredirect_sends_another_channel_elsewhere(rt: TestRuntime, place: str) -> None:
    more = OTHERS.format(f"ChannelRedirect(Loopback/alice-00000000,{place})")
    call = await call_of(rt, "Answer()", "Wait(100)", more=more)
    await call.until("up")
    await (await rt.phone("bob").call("2@default")).over()
    await call.over()
    assert "3@default:1 NoOp(three)" in rt.executed()
    assert "2@default:2 NoOp(SUCCESS)" in rt.executed()


async def test_channelredirect_of_nobody(rt: TestRuntime) -> None:
    await (await call_of(rt, "ChannelRedirect(nobody,3,1)", "NoOp(${CHANNELREDIRECT_STATUS})")).over()
    assert rt.executed()[-1].endswith("NoOp(NOCHANNEL)")


@pytest.mark.parametrize("name", ["Loopback/alice-00000000", "loopback/ALICE-00000000", "Loopback/alice,a"])
async def test_softhangup_ends_another_channel(rt: TestRuntime, name: str) -> None:
    call = await call_of(rt, "Answer()", "Wait(100)", more=f"exten => 2,1,SoftHangup({name})\n")
    await call.until("up")
    began = rt.now()
    await (await rt.phone("bob").call("2@default")).over()
    await call.over()
    assert rt.now() - began < 1


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "moh"
    folder.mkdir()
    for name in ("first", "second"):
        (folder / f"{name}.ulaw").write_bytes(b"\xff" * 80000)
    return folder


@pytest.mark.usefixtures("music")
async def test_music_plays_its_files_again_and_again(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "MusicOnHold(default,25)", "NoOp(on)")
    await call.over()
    assert call.sounds() == ["first", "second", "first"]
    assert call.heard[-1].length_ms == pytest.approx(5000, abs=100)
    assert rt.heard(events.MusicOnHoldStart).music_class == "default" and rt.heard(events.MusicOnHoldStop)
    assert rt.executed()[-1].endswith("NoOp(on)")


@pytest.mark.usefixtures("music")
async def test_music_goes_on_in_the_background_until_it_is_stopped(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "StartMusicOnHold()", "Wait(3)", "StopMusicOnHold()", "Wait(3)")
    await call.over()
    assert [(heard.what, heard.length_ms) for heard in call.heard] == [("first", pytest.approx(3000, abs=100))]


@pytest.mark.usefixtures("music")
async def test_music_ends_with_the_call(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "MusicOnHold()")
    await call.until("up")
    await asyncio.sleep(2)
    call.hangup()
    await call.over()
    await asyncio.sleep(100)
    assert call.sounds() == ["first"] and not rt.channels


async def test_music_without_any_file_is_a_warning_and_silence(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "MusicOnHold(default,2)", "NoOp(on)")
    began = rt.now()
    await call.over()
    assert rt.now() - began >= 2
    assert any("nothing to play" in text for text in rt.logged(Level.WARNING))


@pytest.mark.usefixtures("music")
async def test_the_caller_of_dial_hears_music_until_the_answer(rt: TestRuntime) -> None:
    rt.phone("bob").answers(after_s=4, talks_s=1)
    call = await call_of(rt, "Dial(Loopback/bob,20,m)")
    await call.over()
    assert [(heard.what, heard.length_ms) for heard in call.heard] == [("first", pytest.approx(4000, abs=100))]


@pytest.mark.usefixtures("music")
async def test_waitexten_plays_music(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "WaitExten(3,m)", "Wait(2)")
    await call.over()
    assert [(heard.what, heard.length_ms) for heard in call.heard] == [("first", pytest.approx(3000, abs=100))]
