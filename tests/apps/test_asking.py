"""Applications that ask the caller, or wait for others: ReadExten, Authenticate, DISA, PrivacyManager, Signal."""

import asyncio
import hashlib
from pathlib import Path

import pytest
from asterism.runtime.sounds import Sounds
from asterism.runtime.testing import Call, TestRuntime


async def call_of(rt: TestRuntime, *steps: str, more: str = "") -> Call:
    rt.extensions("[default]\nexten => 1,1," + "\n same => n,".join(("Answer()", *steps)) + "\n" + more)
    return await rt.phone("alice").call("1@default")


async def pressing(call: Call, digits: str) -> Call:
    """Let the caller press keys one second after the other, `w` for none, and wait for the end."""
    for digit in digits:
        await asyncio.sleep(1)
        if digit != "w":
            call.press(digit)
    await call.over()
    return call


@pytest.fixture(autouse=True)
def _prompts(rt: TestRuntime, tmp_path: Path) -> None:
    """Short sounds under the names that are asked for."""
    folder = tmp_path / "sounds" / "en"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("agent-pass", "auth-incorrect", "auth-thankyou", "vm-goodbye", "privacy-unident", "privacy-prompt",
                 "privacy-incorrect", "privacy-thankyou", "priv-callpending", "screen-callee-options",
                 "priv-callee-options", "vm-sorry", "priv-recordintro", "vm-dialout"):  # fmt: skip
        (folder / f"{name}.ulaw").write_bytes(b"\xff" * 800)
    rt.sounds = Sounds(folder.parent)


@pytest.mark.parametrize(
    ("option", "pressed", "number", "status"),
    [
        ("", "12", "12", "OK"),
        ("", "9", "i", "INVALID"),
        ("", "ww", "t", "TIMEOUT"),
        ("", "345", "345", "OK"),
        ("", "34#", "i", "INVALID"),
        ("p", "12#", "12", "OK"),
    ],
)
async def test_readexten_knows_when_a_number_is_complete(
    rt: TestRuntime, option: str, pressed: str, number: str, status: str
) -> None:
    more = "[there]\nexten => 12,1,NoOp\nexten => _3XX,1,NoOp\n"
    call = await call_of(rt, "Set(TIMEOUT(response)=2)", f"ReadExten(x,,there,{option})", more=more)
    await pressing(call, pressed)
    assert (call.variables["x"], call.variables["READEXTENSTATUS"]) == (number, status)


@pytest.mark.parametrize(
    ("arguments", "pressed", "goes_on"),
    [
        ("1234", "1234#", True),
        ("1234", "99#1234#", True),
        ("1234", "9#9#9#", False),
        ("1234,,4", "1234", True),
        ("/pin,d", "77#", True),
        ("/pin,d", "78#78#78#", False),
    ],
)
async def test_authenticate_lets_those_go_on_who_know(
    rt: TestRuntime, arguments: str, pressed: str, goes_on: bool
) -> None:
    call = await call_of(rt, "Set(DB(pin/77)=x)", f"Authenticate({arguments})", "NoOp(on)")
    await pressing(call, pressed)
    assert rt.executed()[-1].endswith("NoOp(on)") is goes_on


async def test_authenticate_reads_passwords_from_a_file(rt: TestRuntime, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("12\n34\n")
    (tmp_path / "sums").write_text(f"acme:{hashlib.md5(b'56').hexdigest()}\n")
    call = await call_of(rt, f"Authenticate({tmp_path}/plain,a)", "NoOp(${CHANNEL(accountcode)})")
    await pressing(call, "34#")
    assert rt.executed()[-1].endswith("NoOp(34)")
    call = await call_of(rt, f"Authenticate({tmp_path}/sums,m)", "NoOp(${CHANNEL(accountcode)})")
    await pressing(call, "56#")
    assert rt.executed()[-1].endswith("NoOp(acme)")


async def test_authenticate_removes_a_key_that_was_used(rt: TestRuntime) -> None:
    call = await call_of(rt, "Set(DB(pin/77)=x)", "Authenticate(/pin,dr)", "NoOp(${DB_EXISTS(pin/77)})")
    await pressing(call, "77#")
    assert rt.executed()[-1].endswith("NoOp(0)")


@pytest.mark.parametrize(
    ("arguments", "pressed", "last"),
    [
        ("no-password,inside", "200", "200@inside:1 NoOp(in)"),
        ("no-password,inside", "9", "i@inside:1 NoOp(i 9)"),
        ("4321,inside", "4321#200", "200@inside:1 NoOp(in)"),
        ("4321,inside", "4322#", "1@default:2 DISA(4321,inside)"),
        ("no-password,inside,,,p", "200#", "200@inside:1 NoOp(in)"),
    ],
)
async def test_disa_dials_inside(rt: TestRuntime, arguments: str, pressed: str, last: str) -> None:
    more = "[inside]\nexten => 200,1,NoOp(in)\nexten => i,1,NoOp(i ${INVALID_EXTEN})\n"
    call = await pressing(await call_of(rt, f"DISA({arguments})", more=more), pressed)
    assert rt.executed()[-1] == last
    assert call.sounds()[0] == "tone 350+440"


async def test_disa_reads_passcodes_from_a_file(rt: TestRuntime, tmp_path: Path) -> None:
    (tmp_path / "codes").write_text('# who may what\n11,inside\n22,other,"Two" <222>\n')
    more = "[inside]\nexten => 200,1,NoOp(in)\n[other]\nexten => 200,1,NoOp(${CALLERID(num)})\n"
    await pressing(await call_of(rt, f"DISA({tmp_path}/codes)", more=more), "22#200")
    assert rt.executed()[-1] == "200@other:1 NoOp(222)"


async def test_privacymanager_asks_for_the_number(rt: TestRuntime) -> None:
    call = await call_of(rt, "PrivacyManager(2,3)", "NoOp(${CALLERID(num)} ${CALLERID(name)})")
    await pressing(call, "5#wwwww555#")
    assert call.variables["PRIVACYMGRSTATUS"] == "SUCCESS"
    assert rt.executed()[-1].endswith("NoOp(555 Privacy Manager)")


async def test_a_signal_wakes_all_that_wait(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 1,1,WaitForSignal(go)\n same => n,NoOp(${WAITFORSIGNALSTATUS} ${WAITFORSIGNALPAYLOAD})\n"
        "exten => 2,1,Signal(go,now)\n same => n,Set(first=${SIGNALSTATUS})\n same => n,Signal(go)\n"
    )
    waiting = [await rt.phone(name).call("1@default") for name in ("alice", "bob")]
    calling = await rt.phone("carol").call("2@default")
    for each in (*waiting, calling):
        await each.over()
    assert (calling.variables["first"], calling.variables["SIGNALSTATUS"]) == ("SUCCESS", "FAILURE")
    assert [step for step in rt.executed() if "NoOp" in step] == ["1@default:2 NoOp(SIGNALED now)"] * 2


async def test_waitforsignal_gives_up(rt: TestRuntime) -> None:
    began = rt.now()
    call = await call_of(rt, "WaitForSignal(never,3)")
    await call.over()
    assert call.variables["WAITFORSIGNALSTATUS"] == "TIMEOUT"
    assert rt.now() - began == pytest.approx(3, abs=0.1)


async def test_receivetext_waits_for_a_message(rt: TestRuntime) -> None:
    call = await call_of(rt, "ReceiveText(5)", "ReceiveText(1)")
    await asyncio.sleep(1)
    call.text("hello")
    await call.over()
    assert call.variables["RECEIVETEXTMESSAGE"] == "hello"
    assert call.variables["RECEIVETEXTSTATUS"] == "FAILURE"


@pytest.mark.parametrize(
    ("options", "caller", "status", "zaps"),
    [("", "5", "ZAPPED", True), ("nocallerid", "5", "NOTHING", False), ("answer,nocallerid", "", "ZAPPED", True)],
)
async def test_zapateller_plays_the_tone(rt: TestRuntime, options: str, caller: str, status: str, zaps: bool) -> None:
    call = await call_of(rt, f"Set(CALLERID(num)={caller})", f"Zapateller({options})")
    await call.over()
    assert call.variables["ZAPATELLERSTATUS"] == status
    assert bool(call.heard) is zaps


async def test_morsecode_is_as_long_as_its_dots_and_dashes(rt: TestRuntime) -> None:
    began = rt.now()
    call = await call_of(rt, "Set(MORSEDITLEN=100)", "Morsecode(et)")
    await call.over()
    assert rt.now() - began == pytest.approx(0.1 + 0.1 + 0.2 + 0.3 + 0.1 + 0.2, abs=0.1)


@pytest.mark.parametrize(
    ("option", "pressed", "status", "kept"),
    [("p", "1", "ANSWER", None), ("p", "2", "NOANSWER", None), ("P", "3", "TORTURE", "torture"),
     ("P(family)", "4", "DONTCALL", "kill")],
)  # fmt: skip
async def test_the_called_party_decides_who_is_let_through(
    rt: TestRuntime, option: str, pressed: str, status: str, kept: str | None
) -> None:
    rt.phone("bob").answers(talks_s=20)
    call = await call_of(rt, "Set(CALLERID(num)=555)", f"Dial(Loopback/bob,30,g{option})", "NoOp(on)")
    await asyncio.sleep(1)
    call.press("#")
    await asyncio.sleep(2)
    rt.phone("bob").calls[0].press(pressed)
    await call.over()
    assert call.variables["DIALSTATUS"] == status and rt.executed()[-1].endswith("NoOp(on)")
    family = "family" if "family" in option else "1"
    assert await rt.database.get("privacy", f"{family}/555") == kept


async def test_the_called_party_hears_the_name_that_the_caller_has_said(rt: TestRuntime, tmp_path: Path) -> None:
    rt.phone("bob").answers(talks_s=20)
    intros = tmp_path / "sounds" / "priv-callerintros"
    intros.mkdir()
    (intros / "5=55.ulaw").write_bytes(b"\xff" * 800)
    call = await call_of(rt, "Set(CALLERID(num)=5/.55)", "Dial(Loopback/bob,30,gp)", "NoOp(on)")
    await asyncio.sleep(2)
    assert rt.phone("bob").calls[0].sounds()[:3] == ["priv-callpending", "5=55", "screen-callee-options"]
    rt.phone("bob").calls[0].press("1")
    await call.over()
    assert call.variables["DIALSTATUS"] == "ANSWER"


async def test_who_was_refused_before_is_not_even_heard(rt: TestRuntime) -> None:
    call = await call_of(
        rt, "Set(CALLERID(num)=555)", "Set(DB(privacy/1/555)=kill)", "Dial(Loopback/bob,30,P)", "NoOp(on)"
    )
    await call.over()
    assert call.variables["DIALSTATUS"] == "DONTCALL" and not rt.phone("bob").calls
