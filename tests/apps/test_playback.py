"""Playback, BackGround, Read: what the caller hears, and what his keys do."""

import asyncio

import pytest
from asterism.runtime.log import Level
from asterism.runtime.testing import Call, TestRuntime


async def call_of(rt: TestRuntime, *steps: str, more: str = "") -> Call:
    rt.extensions("[default]\nexten => 1,1," + "\n same => n,".join(steps) + "\n" + more)
    return await rt.phone("alice").call("1@default")


async def test_playback_answers_and_plays_one_after_the_other(rt: TestRuntime) -> None:
    call = await call_of(rt, "Playback(hello-world&beep)", "Hangup()")
    began = rt.now()
    await call.over()
    assert call.sounds() == ["hello-world", "beep"]
    assert rt.now() - began == pytest.approx(2.0, abs=0.5)
    assert call.variables["PLAYBACKSTATUS"] == "SUCCESS"
    played = "<Loopback/alice-00000000> Playing 'hello-world.ulaw' (language 'en')"
    assert played in rt.logged(Level.VERBOSE, 3)


async def test_a_missing_file_is_a_warning_and_the_call_goes_on(rt: TestRuntime) -> None:
    call = await call_of(rt, "Playback(beep&nope&hello-world)", "NoOp(on)")
    await call.over()
    assert call.sounds() == ["beep", "hello-world"]
    assert call.variables["PLAYBACKSTATUS"] == "FAILED"
    assert any("File nope does not exist in any format" in text for text in rt.logged(Level.WARNING))
    assert any("Playback failed on Loopback/alice-00000000 for nope" in text for text in rt.logged(Level.WARNING))
    assert rt.executed()[-1].endswith("NoOp(on)")


async def test_playback_without_a_file_ends_the_call(rt: TestRuntime) -> None:
    call = await call_of(rt, "Playback()", "NoOp(never)")
    await call.over()
    assert not any("never" in step for step in rt.executed())


@pytest.mark.parametrize(("option", "state", "sounds"), [("skip", "new", []), ("noanswer", "progress", ["beep"])])
async def test_playback_before_the_answer(rt: TestRuntime, option: str, state: str, sounds: list[str]) -> None:
    call = await call_of(rt, f"Playback(beep,{option})", "Wait(1)")
    await asyncio.sleep(1.5 if sounds else 0.5)
    assert (call.state, call.sounds()) == (state, sounds)
    await call.over()
    assert call.variables["PLAYBACKSTATUS"] == "SUCCESS"


@pytest.mark.parametrize("option", ["say", "mix"])
async def test_an_option_that_is_not_served_is_named(rt: TestRuntime, option: str) -> None:
    await (await call_of(rt, f"Playback(beep,{option})")).over()
    assert any(f"option '{option}' is not supported" in text for text in rt.logged(Level.WARNING))


async def test_playback_speaks_the_language_of_the_channel(rt: TestRuntime) -> None:
    call = await call_of(rt, "Set(CHANNEL(language)=de_CH)", "Playback(hello-world&beep)")
    await call.over()
    assert call.sounds() == ["hello-world", "beep"]
    assert any("(language 'de_CH')" in text for text in rt.logged(Level.VERBOSE))


MENU = "exten => 5,1,NoOp(five)\nexten => 55,1,NoOp(fiftyfive)\nexten => 7,1,NoOp(seven)\n"


async def test_background_goes_where_the_caller_dials(rt: TestRuntime) -> None:
    call = await call_of(rt, "BackGround(menu&menu)", "WaitExten(5)", more=MENU)
    await call.until("up")
    await asyncio.sleep(0.5)
    call.press("7")
    await call.over()
    assert rt.executed()[-1] == "7@default:1 NoOp(seven)"
    assert call.heard[0].length_ms is not None and call.heard[0].length_ms < 900
    assert call.variables["BACKGROUNDSTATUS"] == "SUCCESS"


async def test_background_collects_more_digits_while_they_could_match(rt: TestRuntime) -> None:
    call = await call_of(rt, "BackGround(menu)", "WaitExten(5)", more=MENU)
    await call.until("up")
    call.press("55")
    await call.over()
    assert rt.executed()[-1] == "55@default:1 NoOp(fiftyfive)"


async def test_background_option_m_ignores_digits_that_lead_nowhere(rt: TestRuntime) -> None:
    call = await call_of(rt, "BackGround(menu,m)", "NoOp(over)", "Hangup()", more=MENU)
    await call.until("up")
    call.press("9")
    await call.over()
    assert call.heard[0].length_ms == pytest.approx(1000, abs=100)
    assert any(step.endswith("NoOp(over)") for step in rt.executed())


async def test_background_option_p_plays_to_the_end(rt: TestRuntime) -> None:
    call = await call_of(rt, "BackGround(menu,p)", "WaitExten(5)", more=MENU)
    await call.until("up")
    call.press("7")
    await call.over()
    assert call.heard[0].length_ms == pytest.approx(1000, abs=100)
    assert rt.executed()[-1] == "7@default:1 NoOp(seven)"


async def test_background_in_another_context(rt: TestRuntime) -> None:
    call = await call_of(rt, "BackGround(menu,,,other)", "WaitExten(5)", more="[other]\nexten => 3,1,NoOp(three)\n")
    await call.until("up")
    call.press("3")
    await call.over()
    assert rt.executed()[-1] == "3@other:1 NoOp(three)"


async def test_background_in_another_language(rt: TestRuntime) -> None:
    await (await call_of(rt, "BackGround(hello-world,,de)")).over()
    assert any("(language 'de')" in text for text in rt.logged(Level.VERBOSE))


async def test_background_skips_an_unanswered_call(rt: TestRuntime) -> None:
    call = await call_of(rt, "BackGround(menu,s)", "NoOp(on)")
    await call.over()
    assert call.sounds() == [] and call.variables["BACKGROUNDSTATUS"] == "SUCCESS"


async def test_read_takes_digits_up_to_the_terminator(rt: TestRuntime) -> None:
    call = await call_of(rt, "Read(X,menu)", "NoOp(${X})")
    await call.until("up")
    call.press("123#4")
    await call.over()
    assert (call.variables["X"], call.variables["READSTATUS"]) == ("123", "OK")
    assert call.heard[0].length_ms is not None and call.heard[0].length_ms < 500


async def test_read_stops_at_the_most_digits(rt: TestRuntime) -> None:
    call = await call_of(rt, "Read(X,,2)")
    await call.until("up")
    call.press("1234")
    await call.over()
    assert (call.variables["X"], call.variables["READSTATUS"]) == ("12", "OK")


async def test_read_asks_again_and_then_gives_up(rt: TestRuntime) -> None:
    call = await call_of(rt, "Read(X,beep,1,,3,2)")
    began = rt.now()
    await call.over()
    assert call.sounds() == ["beep"] * 3
    assert rt.now() - began == pytest.approx(9, abs=0.5)
    assert (call.variables["X"], call.variables["READSTATUS"]) == ("", "TIMEOUT")


async def test_read_keeps_the_digits_before_a_silence(rt: TestRuntime) -> None:
    call = await call_of(rt, "Read(X,,,,,2)")
    await call.until("up")
    call.press("12")
    await call.over()
    assert (call.variables["X"], call.variables["READSTATUS"]) == ("12", "TIMEOUT")


@pytest.mark.parametrize(
    ("options", "pressed", "value"),
    [("t(*)", "1#2*", "1#2"), ("t", "1*#", "1*#"), ("e", "#", "#"), ("", "#", "")],
)
async def test_read_options_of_the_terminator(rt: TestRuntime, options: str, pressed: str, value: str) -> None:
    call = await call_of(rt, f"Read(X,,,{options},1,1)")
    await call.until("up")
    call.press(pressed)
    await call.over()
    assert call.variables["X"] == value


@pytest.mark.parametrize(
    ("arguments", "status"),
    [("", "ERROR"), ("X,nope,1", "ERROR"), ("X,beep,1,s", "SKIPPED"), ("X,,1,n,1,1", "TIMEOUT")],
)
async def test_readstatus_tells_why_there_are_no_digits(rt: TestRuntime, arguments: str, status: str) -> None:
    call = await call_of(rt, f"Read({arguments})")
    await call.over()
    assert call.variables["READSTATUS"] == status


async def test_readstatus_of_a_caller_who_hangs_up(rt: TestRuntime) -> None:
    call = await call_of(rt, "Read(X)", more="exten => h,1,NoOp(${READSTATUS})\n")
    await call.until("up")
    call.hangup()
    await call.over()
    assert rt.executed()[-1] == "h@default:1 NoOp(HANGUP)"


async def test_read_plays_a_tone(rt: TestRuntime) -> None:
    call = await call_of(rt, "Read(X,dial,1,i,1,3)")
    await call.until("up")
    await asyncio.sleep(1)
    call.press("4")
    await call.over()
    assert call.heard[0].what == "tone 350+440" and call.variables["X"] == "4"
