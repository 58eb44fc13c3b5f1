"""RTPAUDIOQOS and its kin: how well a call was heard, for `h`, for the other party, and for the manager."""

import asyncio
import re
from typing import Any

import pytest
from asterism.runtime.events import VarSet

from tests.sip.conftest import SERVER, until

pytestmark = [pytest.mark.sip, pytest.mark.timeout(90)]

SIP = f"""
[general]
udpbindaddr={SERVER}
[phone](!)
type=friend
host=dynamic
context=internal
disallow=all
allow=ulaw
[6001](phone)
secret=one
[6002](phone)
secret=two
"""

EXTENSIONS = """
[internal]
exten => 100,1,Answer()
 same => n,Wait(30)
exten => 101,1,Answer()
 same => n,Wait(0.5)
 same => n,Hangup()
exten => 6002,1,Dial(SIP/6002,20,g)
 same => n,Verbose(0,then own=${RTPAUDIOQOS} theirs=${RTPAUDIOQOSBRIDGED})
exten => h,1,Verbose(0,h own=${RTPAUDIOQOS} theirs=${RTPAUDIOQOSBRIDGED})
 same => n,Verbose(0,h jitter=${RTPAUDIOQOSJITTER} loss=${RTPAUDIOQOSLOSS} rtt=${RTPAUDIOQOSRTT})
"""

COUNTERS = (
    r"ssrc=\d+;themssrc=\d+;lp=\d+;rxjitter=\d\.\d{6};rxcount=[1-9]\d*;txjitter=\d\.\d{6};txcount=\d+;rlp=\d+;"
    r"rtt=\d\.\d{6};rxmes=\d+\.\d{6};txmes=\d+\.\d{6}"
)
FIGURE = r"\d{3}\.\d{6}"


def ranges(*names: str) -> str:
    return "".join(
        f"{' ' * (8 - len(name))}{word}{name}={FIGURE};" for name in names for word in ("min", "max", "avg", "stdev")
    )


async def test_who_hangs_up_leaves_word_of_how_it_was(served: Any, phone: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    one = await phone("6001", "one")
    await one.registered()
    await one.dial("100")
    await one.event("CALL_ESTABLISHED")
    await asyncio.sleep(0.5)
    await one.hangup()
    await until(lambda: "h jitter=" in pbx.said)
    assert re.search(f"h own={COUNTERS} theirs=$", pbx.said, re.MULTILINE)
    jitter, loss, rtt = ranges("rxjitter", "txjitter"), ranges("rxlost", "txlost"), ranges("rtt")
    assert re.search(f"h jitter={jitter} loss={loss} rtt={rtt}$", pbx.said, re.MULTILINE)


async def test_the_other_party_is_told_too(served: Any, phone: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    one, two = await phone("6001", "one"), await phone("6002", "two")
    await one.registered()
    await two.registered()
    await one.dial("6002")
    await two.ringing()
    await two.answer()
    await asyncio.sleep(0.5)
    await two.hangup()
    await until(lambda: "h jitter=" in pbx.said)
    assert re.search(f"then own= theirs={COUNTERS}$", pbx.said, re.MULTILINE)
    assert "h jitter= loss= rtt=" in pbx.said


async def test_h_of_a_plan_that_ends_the_call_comes_before(served: Any, phone: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    told: list[str] = []
    pbx.runtime.bus.subscribe(lambda event: told.append(event.variable), VarSet)
    one = await phone("6001", "one")
    await one.registered()
    await one.dial("101")
    await one.closed()
    await until(lambda: "RTPAUDIOQOSRTT" in told)
    assert "h own= theirs=" in pbx.said
    assert [name for name in told if name.startswith("RTP")] == [
        "RTPAUDIOQOS",
        "RTPAUDIOQOSJITTER",
        "RTPAUDIOQOSLOSS",
        "RTPAUDIOQOSRTT",
    ]
