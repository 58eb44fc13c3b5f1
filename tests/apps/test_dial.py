"""Dial's arguments and the letters of its options; who wins and who loses is in tests/calls."""

import asyncio
from pathlib import Path

import pytest
from asterism.runtime.causes import Cause
from asterism.runtime.log import Level
from asterism.runtime.states import ChannelState
from asterism.runtime.testing import Call, TestRuntime


async def call_of(rt: TestRuntime, *steps: str, more: str = "") -> Call:
    rt.extensions("[default]\nexten => 1,1," + "\n same => n,".join(steps) + "\n" + more)
    return await rt.phone("alice").call("1@default")


async def test_dial_without_destination_goes_on(rt: TestRuntime) -> None:
    for arguments in ("", ",10", "&,10"):
        call = await call_of(rt, f"Dial({arguments})", "NoOp(on)")
        await call.over()
        assert call.variables["DIALSTATUS"] == "CHANUNAVAIL"
        assert rt.executed()[-1].endswith("NoOp(on)")


async def test_a_destination_without_a_slash_ends_the_call(rt: TestRuntime) -> None:
    call = await call_of(rt, "Dial(Loopback)", "NoOp(never)")
    await call.over()
    assert not any("never" in step for step in rt.executed())
    assert any("Dial argument takes format (technology/resource)" in text for text in rt.logged(Level.WARNING))


async def test_an_empty_destination_among_others_is_nobody(rt: TestRuntime) -> None:
    rt.phone("bob").refuses(Cause.USER_BUSY)
    call = await call_of(rt, "Dial(&Loopback/bob&,5)")
    await call.over()
    assert call.variables["DIALSTATUS"] == "BUSY"


@pytest.mark.parametrize(("timeout", "seconds"), [("0.5", 0.5), ("7", 7), ("3^9", 3)])
async def test_the_timeout_may_be_a_fraction(rt: TestRuntime, timeout: str, seconds: float) -> None:
    call = await call_of(rt, f"Dial(Loopback/bob,{timeout})")
    began = rt.now()
    await call.over()
    assert call.variables["DIALSTATUS"] == "NOANSWER" and rt.now() - began == pytest.approx(seconds, abs=0.1)


@pytest.mark.parametrize("timeout", ["-5", "soon", "nan"])
async def test_a_timeout_that_is_none_rings_for_ever(rt: TestRuntime, timeout: str) -> None:
    call = await call_of(rt, f"Dial(Loopback/bob,{timeout})")
    await asyncio.sleep(10_000)
    assert call.state == "ringing"
    assert any(f"Invalid answer timeout specified: '{timeout}'" in text for text in rt.logged(Level.WARNING))
    call.hangup()
    await call.over()
    assert call.variables["DIALSTATUS"] == "CANCEL"


@pytest.mark.parametrize("letter", "EkKOwW")
async def test_an_option_that_is_not_served_yet_is_named(rt: TestRuntime, letter: str) -> None:
    rt.phone("bob").refuses()
    await (await call_of(rt, f"Dial(Loopback/bob,5,{letter})")).over()
    assert any(f"option '{letter}' is not supported yet" in text for text in rt.logged(Level.WARNING))


async def test_an_option_that_does_not_exist_is_named(rt: TestRuntime) -> None:
    rt.phone("bob").answers(talks_s=1)
    call = await call_of(rt, "Dial(Loopback/bob,5,gY)", "NoOp(on)")
    await call.over()
    assert rt.executed()[-1].endswith("NoOp(on)")
    assert any("option 'Y' is unknown" in text for text in rt.logged(Level.WARNING))


async def test_option_r_lets_the_caller_hear_ringing_at_once(rt: TestRuntime) -> None:
    rt.phone("bob").does(lambda call: None)
    call = await call_of(rt, "Dial(Loopback/bob,5,r)")
    await call.until("ringing")
    assert call.state == "ringing"
    await call.over()


async def test_option_r_plays_the_tone_that_is_named(rt: TestRuntime) -> None:
    call = await call_of(rt, "Dial(Loopback/bob,5,r(info))")
    await call.over()
    assert call.sounds()[0] == "tone 950"


async def test_option_r_keeps_early_audio_from_the_caller_and_big_r_does_not(rt: TestRuntime) -> None:
    def early(theirs: Call) -> None:
        theirs.progress()
        asyncio.get_running_loop().call_later(1, theirs.say, "all our lines are busy")

    rt.phone("bob").does(early)
    for option, heard in (("r", []), ("R", ["all our lines are busy"]), ("", ["all our lines are busy"])):
        call = await call_of(rt, "Answer()", f"Dial(Loopback/bob,5,{option})")
        await call.over()
        assert [sound.what for sound in call.heard if sound.kind == "voice"] == heard


@pytest.mark.parametrize(("option", "seconds"), [("L(3000)", 3), ("S(2)", 2), ("L(3000)S(2)", 2)])
async def test_a_call_may_be_limited(rt: TestRuntime, option: str, seconds: float) -> None:
    rt.phone("bob").answers(talks_s=30)
    call = await call_of(rt, f"Dial(Loopback/bob,5,g{option})", "NoOp(on)")
    await call.over()
    assert float(call.variables["ANSWEREDTIME_MS"]) == pytest.approx(seconds * 1000, abs=100)
    assert rt.executed()[-1].endswith("NoOp(on)")


@pytest.mark.parametrize(
    ("option", "status"), [("L(soon)", ""), ("L(0)", ""), ("S(0)", "INVALIDARGS"), ("S(soon)", "INVALIDARGS")]
)
async def test_a_limit_that_is_none_ends_the_call(rt: TestRuntime, option: str, status: str) -> None:
    call = await call_of(rt, f"Dial(Loopback/bob,5,g{option})", "NoOp(on)")
    await call.over()
    assert call.variables["DIALSTATUS"] == status and not rt.phone("bob").calls
    assert not any("NoOp(on)" in step for step in rt.executed())


async def test_option_a_plays_to_both_before_they_talk(rt: TestRuntime) -> None:
    rt.phone("bob").answers()
    call = await call_of(rt, "Dial(Loopback/bob,5,A(beep:hello-world))")
    await call.talking()
    assert rt.phone("bob").calls[0].sounds() == ["beep"]
    assert call.sounds() == ["hello-world"]
    call.hangup()
    await call.over()


async def test_option_d_presses_keys_on_both_sides(rt: TestRuntime) -> None:
    rt.phone("bob").answers(after_s=1, talks_s=30)
    call = await call_of(rt, "Dial(Loopback/bob,5,D(12:34))")
    await call.talking()
    assert (rt.phone("bob").calls[0].digits, call.digits) == ("12", "34")
    call.hangup()
    await call.over()


SUBROUTINE = """\
[greet]
exten => s,1,NoOp(sub ${{CHANNEL(name)}} ${{ARG1}} ${{ARG2}})
 same => n,Set(GOSUB_RESULT={})
 same => n,Return()
"""


@pytest.mark.parametrize(
    ("result", "status", "after"),
    [
        ("", "ANSWER", "1@default:1 Dial"),
        ("BUSY", "BUSY", "1@default:2 NoOp(on)"),
        ("CONGESTION", "CONGESTION", "1@default:2 NoOp(on)"),
        ("CONTINUE", "ANSWER", "1@default:2 NoOp(on)"),
        ("ABORT", "ANSWER", "1@default:1 Dial"),
        ("GOTO:default^3^1", "ANSWER", "3@default:1 NoOp(three)"),
    ],
)
async def test_option_u_asks_a_subroutine(rt: TestRuntime, result: str, status: str, after: str) -> None:
    rt.phone("bob").answers(talks_s=5)
    more = "exten => 3,1,NoOp(three)\n" + SUBROUTINE.format(result)
    call = await call_of(rt, "Dial(Loopback/bob,5,U(greet^x^y))", "NoOp(on)", more=more)
    await call.over()
    assert any("NoOp(sub Loopback/bob-00000001 x y)" in step for step in rt.executed())
    assert call.variables["DIALSTATUS"] == status
    last = [step for step in rt.executed() if "@greet" not in step and "AppDial" not in step][-1]
    assert last.startswith(after)


async def test_a_subroutine_that_does_not_exist_is_told_and_the_two_talk(rt: TestRuntime) -> None:
    rt.phone("bob").answers()
    call = await call_of(rt, "Dial(Loopback/bob,5,U(nowhere))")
    await call.talking()
    assert call.state == "up"
    assert any("no subroutine at nowhere,s,1" in text for text in rt.logged(Level.WARNING))
    call.hangup()
    await call.over()


async def test_a_callee_who_hangs_up_in_the_subroutine_ends_the_call(rt: TestRuntime) -> None:
    rt.phone("bob").answers(talks_s=1)
    more = "[greet]\nexten => s,1,Wait(60)\n same => n,Return()\n"
    call = await call_of(rt, "Dial(Loopback/bob,5,U(greet))", more=more)
    began = rt.now()
    await call.over()
    assert rt.now() - began < 2 and not rt.channels


async def test_a_caller_who_hangs_up_in_the_subroutine_ends_both(rt: TestRuntime) -> None:
    rt.phone("bob").answers()
    more = "[greet]\nexten => s,1,Wait(60)\n same => n,Return()\n"
    call = await call_of(rt, "Dial(Loopback/bob,5,U(greet))", more=more)
    await call.until("up")
    await asyncio.sleep(1)
    call.hangup()
    await call.over()
    await asyncio.sleep(1)
    assert not rt.channels and rt.phone("bob").calls[0].state == "over"


async def test_options_b_run_before_anybody_is_called(rt: TestRuntime) -> None:
    more = "[pre]\nexten => s,1,NoOp(${CHANNEL(name)} ${ARG1} ${ARG2})\n same => n,Return()\n"
    call = await call_of(rt, "Dial(Loopback/bob,5,b(pre^s^1(x^y))B(pre^s^1(z)))", more=more)
    await call.over()
    ran = [step for step in rt.executed() if "@pre:1" in step]
    assert ran == [
        "s@pre:1 NoOp(Loopback/alice-00000000 z )",
        "s@pre:1 NoOp(Loopback/bob-00000001 x y)",
    ]


@pytest.mark.parametrize(
    ("option", "shown"), [("", ("777", "")), ("f(555)", ("555", "")), ('f("Anna" <6001>)', ("6001", "Anna"))]
)
async def test_option_f_calls_with_another_caller_id(rt: TestRuntime, option: str, shown: tuple[str, str]) -> None:
    call = await call_of(rt, "Set(CALLERID(num)=777)", f"Dial(Loopback/bob,2,{option})")
    await call.over()
    told = rt.phone("bob").calls[0].caller
    assert (told.number, told.name) == shown


@pytest.mark.parametrize(("option", "number"), [("o", "777"), ("o(9)", "9"), ("", "1")])
async def test_option_o_says_whose_number_the_called_channel_has(rt: TestRuntime, option: str, number: str) -> None:
    more = "[pre]\nexten => s,1,NoOp(${CALLERID(num)})\n same => n,Return()\n"
    call = await call_of(rt, "Set(CALLERID(num)=777)", f"Dial(Loopback/bob,2,{option}b(pre^s^1))", more=more)
    await call.over()
    assert f"s@pre:1 NoOp({number})" in rt.executed()


@pytest.mark.parametrize(("option", "who"), [("H", "alice"), ("h", "bob")])
async def test_a_star_ends_the_call_for_whom_it_may(rt: TestRuntime, option: str, who: str) -> None:
    rt.phone("bob").answers()
    call = await call_of(rt, f"Dial(Loopback/bob,5,{option})")
    await call.talking()
    (call if who == "alice" else rt.phone("bob").calls[0]).press("*")
    await call.over()
    assert rt.phone("bob").calls[0].state == "over"


async def test_without_the_option_a_star_is_passed_on(rt: TestRuntime) -> None:
    rt.phone("bob").answers()
    call = await call_of(rt, "Dial(Loopback/bob,5)")
    await call.talking()
    call.press("*")
    await asyncio.sleep(1)
    assert rt.phone("bob").calls[0].digits == "*" and call.state == "up"
    call.hangup()
    await call.over()


async def test_option_i_refuses_to_be_forwarded(rt: TestRuntime) -> None:
    rt.phone("bob").forwards("3@default")
    call = await call_of(rt, "Dial(Loopback/bob,5,i)", more="exten => 3,1,Answer()\n")
    await call.over()
    assert call.variables["DIALSTATUS"] != "ANSWER"
    assert not any(step.startswith("3@") for step in rt.executed())
    assert all(channel.state is ChannelState.DOWN for channel in rt.channels.values())


async def test_option_g_sends_both_into_the_dialplan(rt: TestRuntime) -> None:
    rt.phone("bob").answers()
    more = "exten => 3,1,NoOp(caller)\n same => n,NoOp(callee)\n same => n,Wait(1)\n"
    call = await call_of(rt, "Dial(Loopback/bob,5,G(3^1))", "NoOp(never)", more=more)
    await call.over()
    await asyncio.sleep(2)
    ran = [step for step in rt.executed() if step.startswith("3@")]
    assert ran.count("3@default:1 NoOp(caller)") == 1 and ran.count("3@default:2 NoOp(callee)") == 2
    assert not any("never" in step for step in rt.executed())
    assert not rt.channels and rt.phone("bob").calls[0].state == "over"


@pytest.mark.parametrize(
    ("option", "place"), [("F", "1@default:2"), ("F(3^1)", "3@default:1"), ("F(4^here)", "4@default:2")]
)
async def test_option_f_lets_the_callee_go_on_when_the_caller_has_gone(
    rt: TestRuntime, option: str, place: str
) -> None:
    rt.phone("bob").answers()
    more = "exten => 3,1,NoOp(x)\nexten => 4,1,NoOp(y)\n same => n(here),NoOp(z)\n"
    call = await call_of(rt, f"Dial(Loopback/bob,5,{option})", "NoOp(next)", more=more)
    await call.talking()
    theirs = rt.phone("bob").calls[0]
    call.hangup()
    await call.over()
    await theirs.over()
    assert any(step.startswith(place) for step in rt.executed())
    assert not rt.channels


async def test_option_f_does_nothing_when_the_callee_goes_first(rt: TestRuntime) -> None:
    rt.phone("bob").answers(talks_s=1)
    call = await call_of(rt, "Dial(Loopback/bob,5,F)", "NoOp(next)")
    await call.over()
    await asyncio.sleep(1)
    assert not any("next" in step for step in rt.executed()) and not rt.channels


@pytest.mark.parametrize(
    ("option", "cause"), [("", 26), ("Q(17)", 17), ("Q(NO_ANSWER)", 19), ("Q(NONE)", 0), ("Q(nonsense)", 26)]
)
async def test_option_q_says_why_the_others_stop_ringing(rt: TestRuntime, option: str, cause: int) -> None:
    rt.phone("bob").answers(after_s=1, talks_s=1)
    call = await call_of(rt, f"Dial(Loopback/bob&Loopback/carol,5,{option})")
    await call.over()
    assert rt.phone("carol").calls[0].cause == cause


@pytest.mark.parametrize(
    ("setting", "last"), [("", "9@default:1 NoOp(nine)"), ("EXITCONTEXT=out", "9@out:1 NoOp(out)")]
)
async def test_option_d_dials_one_digit_instead_of_waiting(rt: TestRuntime, setting: str, last: str) -> None:
    more = "exten => 9,1,NoOp(nine)\n[out]\nexten => 9,1,NoOp(out)\n"
    call = await call_of(rt, "Answer()", f"Set({setting or 'A=1'})", "Dial(Loopback/bob,30,d)", "NoOp(on)", more=more)
    await asyncio.sleep(2)
    call.press("89")
    await call.over()
    assert rt.executed()[-1] == last
    assert call.variables["DIALSTATUS"] == "CANCEL" and rt.phone("bob").calls[0].state == "over"


async def test_without_option_d_digits_are_kept_for_later(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "Dial(Loopback/bob,5)", "Read(X,,1,,1,1)", more="exten => 9,1,NoOp(nine)\n")
    await asyncio.sleep(2)
    call.press("9")
    await call.over()
    assert call.variables["X"] == "9"


async def test_a_star_gives_up_while_it_rings(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "Dial(Loopback/bob,30,H)", "NoOp(on)")
    began = rt.now()
    await asyncio.sleep(2)
    call.press("*")
    await call.over()
    assert rt.now() - began < 4 and call.variables["DIALSTATUS"] == "CANCEL"
    assert rt.executed()[-1].endswith("NoOp(on)")


@pytest.mark.parametrize(
    ("option", "shown"), [("f(5)u(prohib)", "prohib"), ("f(5)u(nonsense)", "allowed_passed_screen")]
)
async def test_option_u_says_how_the_number_may_be_shown(rt: TestRuntime, option: str, shown: str) -> None:
    call = await call_of(rt, f"Dial(Loopback/bob,2,{option})")
    await call.over()
    assert rt.phone("bob").calls[0].caller.presentation == shown
    assert ("nonsense" in option) == any("is no presentation" in text for text in rt.logged(Level.WARNING))


@pytest.mark.parametrize(("option", "status"), [("z", "ANSWER"), ("", "NOANSWER")])
async def test_option_z_forgets_the_timeout_of_a_forwarded_call(rt: TestRuntime, option: str, status: str) -> None:
    rt.phone("bob").forwards("3@default")
    more = "exten => 3,1,Ringing()\n same => n,Wait(60)\n same => n,Answer()\n same => n,Wait(1)\n"
    call = await call_of(rt, f"Dial(Loopback/bob,5,{option})", more=more)
    await call.over()
    assert call.variables["DIALSTATUS"] == status


@pytest.mark.parametrize(
    ("variables", "option", "caller", "callee"),
    [
        ("A=1", "L(5000:2500)", ["vm-youhave", "2", "queue-seconds"], []),
        ("LIMIT_WARNING_FILE=beep", "L(5000:3000:2000)", ["beep", "beep"], []),
        ("LIMIT_WARNING_FILE=beep", "L(5000:9000:3000)", ["beep"], []),
        ("LIMIT_WARNING_FILE=beep", "L(5000:5e9:0.001)", ["beep"] * 5, []),
        ("LIMIT_TIMEOUT_FILE=beep", "L(5000)", [], []),
        ("LIMIT_TIMEOUT_FILE=beep,LIMIT_PLAYAUDIO_CALLEE=yes", "S(5)", [], []),
        ("LIMIT_CONNECT_FILE=menu", "L(5000)", ["menu"], []),
        ("LIMIT_PLAYAUDIO_CALLEE=yes,LIMIT_WARNING_FILE=beep", "L(5000:1500)", ["beep"], ["beep"]),
        ("LIMIT_PLAYAUDIO_CALLEE=yes,LIMIT_PLAYAUDIO_CALLER=no,LIMIT_WARNING_FILE=beep", "L(5000:1500)", [], ["beep"]),
    ],
)
async def test_option_l_warns_before_the_end(
    rt: TestRuntime, tmp_path: Path, variables: str, option: str, caller: list[str], callee: list[str]
) -> None:
    for name in ("vm-youhave", "digits/2", "queue-seconds"):
        (tmp_path / f"sounds/en/{name}.ulaw").write_bytes(b"\xff" * 800)
    rt.phone("bob").answers()
    call = await call_of(rt, f"MSet({variables})", f"Dial(Loopback/bob,5,{option})")
    await call.over()
    assert (call.sounds(), rt.phone("bob").calls[0].sounds()) == (caller, callee)
    assert float(call.variables["ANSWEREDTIME_MS"]) == pytest.approx(5000, abs=300)


async def test_option_l_says_something_when_the_time_is_up(rt: TestRuntime) -> None:
    rt.phone("bob").answers()
    variables = "LIMIT_TIMEOUT_FILE=beep,LIMIT_PLAYAUDIO_CALLEE=yes"
    call = await call_of(rt, f"MSet({variables})", "Dial(Loopback/bob,5,gL(5000))", "NoOp(after ${DIALSTATUS})")
    began = rt.now()
    await call.over()
    assert call.sounds() == rt.phone("bob").calls[0].sounds() == ["beep"]
    assert 6 <= rt.now() - began < 6.5  # The sound lasts a second.
    assert any("NoOp(after ANSWER)" in step for step in rt.executed())
    assert not rt.channels and not rt.bridges


async def test_nobody_is_warned_once_the_call_is_over(rt: TestRuntime) -> None:
    rt.phone("bob").answers(talks_s=1)
    call = await call_of(rt, "Dial(Loopback/bob,5,gL(5000:2000))", "Wait(10)")
    await call.over()
    assert call.sounds() == []


async def test_option_e_runs_h_for_the_called_party_too(rt: TestRuntime) -> None:
    rt.phone("bob").answers(talks_s=2)
    call = await call_of(rt, "Dial(Loopback/bob,30,e)", more="exten => h,1,NoOp(${CHANNEL(name)})\n")
    await call.over()
    ran = [step for step in rt.executed() if step.startswith("h@default:1")]
    assert sorted(ran) == ["h@default:1 NoOp(Loopback/alice-00000000)", "h@default:1 NoOp(Loopback/bob-00000001)"]


async def test_option_e_runs_nothing_for_who_was_not_talked_to(rt: TestRuntime) -> None:
    rt.phone("bob").refuses()
    call = await call_of(rt, "Dial(Loopback/bob,30,e)", more="exten => h,1,NoOp(${CHANNEL(name)})\n")
    await call.over()
    assert [step for step in rt.executed() if step.startswith("h@")] == ["h@default:1 NoOp(Loopback/alice-00000000)"]


async def test_option_s_tags_the_caller_id(rt: TestRuntime) -> None:
    call = await call_of(
        rt, "Dial(Local/2@default,5,f(55)s(vip))", more="exten => 2,1,NoOp(${CALLERID(num)} ${CALLERID(tag)})\n"
    )
    await call.over()
    assert any(step.endswith("NoOp(55 vip)") for step in rt.executed())


async def test_option_big_c_lets_the_record_begin_with_the_call(rt: TestRuntime) -> None:
    rt.phone("bob").answers(talks_s=5)
    call = await call_of(rt, "Answer()", "Wait(10)", "Dial(Loopback/bob,5,gC)", "Set(took=${CDR(duration)})")
    await call.over()
    assert call.variables["took"] == "5"
