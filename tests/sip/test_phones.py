"""Two real telephones register, call each other, and hear what they should."""

import asyncio
from typing import Any

import pytest

from tests.sip.conftest import NET, SERVER
from tests.sip.phones import write_tone

pytestmark = [pytest.mark.sip, pytest.mark.timeout(90)]

SIP = f"""
[general]
udpbindaddr={SERVER}
tcpenable=yes

[phone](!)
type=friend
host=dynamic
disallow=all
allow=ulaw
context=internal

[6001](phone)
secret=one
callerid="Alice" <6001>

[6002](phone)
secret=two
"""

EXTENSIONS = """
[internal]
exten => _600X,1,Dial(SIP/${EXTEN},2)
 same => n,NoOp(${DIALSTATUS})
 same => n,Hangup()
exten => 100,1,Answer()
 same => n,Echo()
exten => 101,1,Answer()
 same => n,Playback(tone)
 same => n,Hangup()
"""

PJSIP = f"""
[t]
type=transport
bind={SERVER}:5060

[phone](!)
type=endpoint
context=internal
disallow=all

[7001](phone)
allow=alaw
aors=7001
auth=7001
[7001]
type=auth
username=7001
password=one
[7001]
type=aor
max_contacts=1
"""

PURE = 0.9


async def two_phones(served: Any, phone: Any) -> tuple[Any, Any, Any]:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    one, two = await phone("6001", "one", tone_hz=440), await phone("6002", "two", tone_hz=660)
    await one.registered()
    await two.registered()
    return pbx, one, two


@pytest.mark.parametrize("who", ["caller", "callee"])
async def test_they_hear_each_other(served: Any, phone: Any, who: str) -> None:
    pbx, one, two = await two_phones(served, phone)
    await one.dial("6002")
    await two.ringing()
    await two.answer()
    await one.event("CALL_ESTABLISHED")
    await asyncio.sleep(1.5)
    stats = [channel.leg.read("rtpqos,audio,rxcount") for channel in pbx.runtime.channels.values()]
    assert all(int(count) > 30 for count in stats), stats
    await (one if who == "caller" else two).hangup()
    await one.closed()
    await two.closed()
    assert one.heard(660) > PURE
    assert two.heard(440) > PURE
    assert one.heard(440) < 0.1
    for _ in range(50):
        if not pbx.runtime.channels:
            break
        await asyncio.sleep(0.05)
    assert not pbx.runtime.channels


async def test_echo(served: Any, phone: Any) -> None:
    await served(sip=SIP, extensions=EXTENSIONS)
    one = await phone("6001", "one")
    await one.registered()
    await one.dial("100")
    await one.event("CALL_ESTABLISHED")
    await asyncio.sleep(1.5)
    await one.hangup()
    await one.closed()
    assert one.heard(440) > PURE


async def test_a_prompt(served: Any, phone: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    write_tone(pbx.folder / "data/sounds/en/tone.wav", 523, 1)
    one = await phone("6001", "one")
    await one.registered()
    await one.dial("101")
    await one.closed()
    assert one.heard(523) > PURE


async def test_a_busy_phone(served: Any, phone: Any) -> None:
    pbx, one, two = await two_phones(served, phone)
    await one.dial("6002")
    await two.ringing()
    await two.hangup()
    why = await one.closed()
    assert "486" in why, why
    assert "BUSY" in pbx.said


async def test_nobody_answers(served: Any, phone: Any) -> None:
    pbx, one, two = await two_phones(served, phone)
    await one.dial("6002")
    await two.ringing()
    await two.closed()
    # Nothing stands for a call that simply ends before it was answered but this.
    assert "603" in await one.closed()
    assert 'NoOp("SIP/6001-00000000", "NOANSWER")' in pbx.said


async def test_the_caller_gives_up(served: Any, phone: Any) -> None:
    pbx, one, two = await two_phones(served, phone)
    await one.dial("6002")
    await two.ringing()
    await one.hangup()
    await two.closed()
    assert "NOANSWER" not in pbx.said


async def test_a_wrong_password(served: Any, phone: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    one = await phone("6001", "wrong")
    await one.wrote("403 Forbidden")
    assert f"Registration from '6001' failed for '{NET}.11:5060' - Wrong password" in pbx.said
    assert (await pbx.runtime.database.tree("SIP/Registry")) == {}


async def test_an_unknown_number(served: Any, phone: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    one = await phone("6001", "one")
    await one.registered()
    await one.dial("999")
    assert "404" in await one.closed()
    assert (
        f"NOTICE Call from '6001' ({NET}.11:5060) to extension '999' rejected because extension not found in "
        "context 'internal'." in pbx.said
    )


async def test_a_sip_phone_and_a_pjsip_phone_with_other_codecs(served: Any, phone: Any) -> None:
    """Both dialects share one transport, and the two codecs meet in the conference bridge."""
    pbx = await served(sip=SIP, pjsip=PJSIP, extensions=EXTENSIONS + "exten => 7001,1,Dial(PJSIP/7001,5)\n")
    one, seven = await phone("6001", "one", tone_hz=440), await phone("7001", "one", tone_hz=660)
    await one.registered()
    await seven.registered()
    await one.dial("7001")
    await seven.ringing()
    await seven.answer()
    await one.event("CALL_ESTABLISHED")
    await asyncio.sleep(1.5)
    names = {channel.name: channel.leg.audio.codec for channel in pbx.runtime.channels.values()}
    assert names == {"SIP/6001-00000000": "PCMU/8000", "PJSIP/7001-00000000": "PCMA/8000"}
    await seven.hangup()
    await seven.closed()
    await one.closed()
    assert one.heard(660) > PURE
    assert seven.heard(440) > PURE
