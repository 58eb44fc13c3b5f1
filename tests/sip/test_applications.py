"""What a real phone hears of the applications that play."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.sip.conftest import SERVER
from tests.sip.phones import write_tone

pytestmark = [pytest.mark.sip, pytest.mark.timeout(90)]

SIP = f"""\
[general]
udpbindaddr = {SERVER}
[phone](!)
type = friend
host = dynamic
context = phones
disallow = all
allow = ulaw
[6001](phone)
secret = one
[6002](phone)
secret = two
"""

PURE = 0.9
DEBIAN = Path("/usr/share/asterisk/sounds/en_US_f_Allison/hello-world.gsm")


async def called(served: Any, phone: Any, *steps: str) -> tuple[Any, Any]:
    """A phone that has dialled a number with these steps; the sound `tone` is 523 Hz for two seconds."""
    pbx = await served(sip=SIP, extensions="[phones]\nexten => 1,1," + "\n same => n,".join(steps) + "\n")
    write_tone(pbx.folder / "data/sounds/en/tone.wav", 523, 2)
    one = await phone("6001", "one")
    await one.registered()
    await one.dial("1")
    return pbx, one


async def test_a_prompt_before_the_answer(served: Any, phone: Any) -> None:
    pbx, one = await called(served, phone, "Playback(tone,noanswer)", "Hangup(17)")
    assert "486" in await one.closed()
    assert one.heard(523) > PURE
    assert "does not exist" not in pbx.said


@pytest.mark.parametrize(
    ("steps", "frequency_hz", "share"),
    [
        (("Answer()", "Milliwatt()"), 1004, PURE),
        (("Answer()", "PlayTones(425/3000)", "Wait(3)"), 425, PURE),
        (("Answer()", "Busy(3)"), 480, 0.4),
        (("Answer()", "Busy(3)"), 620, 0.4),
        (("PlayTones(700)", "Progress()", "Wait(3)"), 700, PURE),
    ],
)
async def test_a_tone(served: Any, phone: Any, steps: tuple[str, ...], frequency_hz: int, share: float) -> None:
    _, one = await called(served, phone, *steps)
    await asyncio.sleep(2.5)
    await one.hangup()
    await one.closed()
    assert one.heard(frequency_hz) > share


async def test_music_while_the_other_phone_rings(served: Any, phone: Any) -> None:
    pbx = await served(sip=SIP, extensions="[phones]\nexten => 1,1,Dial(SIP/6002,20,m)\n")
    (pbx.folder / "data/moh").mkdir()
    write_tone(pbx.folder / "data/moh/music.wav", 311, 5)
    one, two = await phone("6001", "one", tone_hz=440), await phone("6002", "two", tone_hz=660)
    await one.registered()
    await two.registered()
    await one.dial("1")
    await two.ringing()
    await asyncio.sleep(1.5)
    await two.answer()
    await asyncio.sleep(1)
    await one.hangup()
    await one.closed()
    await two.closed()
    assert one.heard(311) > PURE and one.heard(660) > PURE
    assert two.heard(440) > PURE and two.heard(311) < 0.1


@pytest.mark.parametrize("holder", ["caller", "callee"])
async def test_music_while_the_other_phone_has_put_the_call_on_hold(served: Any, phone: Any, holder: str) -> None:
    pbx = await served(sip=SIP, extensions="[phones]\nexten => 1,1,Dial(SIP/6002,20)\n")
    (pbx.folder / "data/moh").mkdir()
    write_tone(pbx.folder / "data/moh/music.wav", 311, 5)
    one, two = await phone("6001", "one", tone_hz=440), await phone("6002", "two", tone_hz=660)
    await one.registered()
    await two.registered()
    await one.dial("1")
    await two.ringing()
    await two.answer()
    await asyncio.sleep(1)
    holds, waits = (one, two) if holder == "caller" else (two, one)
    await holds.hold()
    await asyncio.sleep(2)
    assert not any(channel.leg.audio.relayed for channel in pbx.runtime.channels.values())
    held, kept = ("6001", "6002") if holder == "caller" else ("6002", "6001")
    states = [pbx.runtime.driver("SIP").device_state(number).value for number in (held, kept)]
    assert states == ["ONHOLD", "INUSE"]  # As chan_sip counts: who holds.
    await holds.resume()
    await asyncio.sleep(1)
    assert all(channel.leg.audio.relayed for channel in pbx.runtime.channels.values())
    await one.hangup()
    await one.closed()
    await two.closed()
    assert waits.heard(311) > PURE and holds.heard(311) < 0.1
    assert one.heard(660) > PURE and two.heard(440) > PURE


async def test_digits_stop_the_prompt_and_are_read(served: Any, phone: Any) -> None:
    pbx, one = await called(served, phone, "Read(X,tone&tone&tone,2,,1,5)", "Verbose(1,read ${X} ${READSTATUS})")
    await one.event("CALL_ESTABLISHED")
    await asyncio.sleep(0.5)
    await one.press("42")
    await one.closed()
    assert "read 42 OK" in pbx.said


@pytest.mark.skipif(not DEBIAN.exists(), reason="Debian's prompts are not installed")
async def test_debians_prompt_is_heard(served: Any, phone: Any) -> None:
    pbx = await served(sip=SIP, extensions="[phones]\nexten => 1,1,Playback(hello-world)\n same => n,Hangup()\n")
    (pbx.folder / "data/sounds/en").rmdir()
    (pbx.folder / "data/sounds/en_US_f_Allison").symlink_to(DEBIAN.parent)
    one = await phone("6001", "one")
    await one.registered()
    await one.dial("1")
    await one.closed()
    assert "Playing 'hello-world.gsm' (language 'en')" in pbx.said
    assert one.loudness() > 300
