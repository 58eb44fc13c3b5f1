"""What the dialplan says of a PJSIP call before it is sent, and reads from its answer."""

import re
from typing import Any

import pytest

from tests.sip.conftest import NET, SERVER
from tests.sip.test_calls import Callee, invite
from tests.sip.wire import SDP, Received, answer

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

PJSIP = f"""
[udp]
type=transport
protocol=udp
bind={SERVER}
[7001]
type=endpoint
context=internal
allow=!all,ulaw
[7001]
type=identify
endpoint=7001
match={NET}.51
[7002]
type=endpoint
context=internal
allow=!all,ulaw,alaw
aors=7002
[7002]
type=aor
contact=sip:{NET}.52
"""

EXTENSIONS = """
[internal]
exten => 1,1,Set(PJSIP_INHERITABLE_HEADER(add,X-One)=1)
 same => n,Set(PJSIP_INHERITABLE_HEADER(add,X-Two)=2)
 same => n,Set(PJSIP_INHERITABLE_HEADER(add,Y-Gone)=3)
 same => n,Set(PJSIP_INHERITABLE_HEADER(remove,Y-*)=)
 same => n,Set(PJSIP_INHERITABLE_HEADER(nonsense,Y)=)
 same => n,Dial(Local/through@internal/n,5)
exten => through,1,Dial(PJSIP/7002,5,b(before^s^1)U(behind^s^1))
exten => 3,1,NoOp(line=${CALLERID(ani2)} ${CALLINGANI2})
 same => n,Set(CALLERID(ani2)=0)
 same => n,NoOp(line=${CALLERID(ani2)}.)
exten => 2,1,NoOp(own=${PJSIP_HEADER_PARAM(From,uri,user)} tag=${PJSIP_HEADER_PARAM(From,header,x)})
 same => n,Set(PJSIP_DTMF_MODE()=info)
 same => n,Set(PJSIP_MEDIA_OFFER(audio)=!all,g722)
 same => n,Set(PJSIP_SEND_SESSION_REFRESH()=invite)
 same => n,NoOp(offer=${PJSIP_MEDIA_OFFER(audio)} mode=${PJSIP_DTMF_MODE()} answer=${PJSIP_RESPONSE_HEADER(read,To)}.)
[before]
exten => s,1,Set(PJSIP_INHERITABLE_HEADER(update,X-Two)=changed)
 same => n,Set(PJSIP_HEADER_PARAM(From,uri,isup-oli)=27)
 same => n,Set(PJSIP_HEADER_PARAM(From,uri,evil)=a>b)
 same => n,Set(PJSIP_MEDIA_OFFER(audio)=!all,g722,ulaw,nosuch)
 same => n,Set(PJSIP_DTMF_MODE()=info)
 same => n,NoOp(offer=${PJSIP_MEDIA_OFFER(audio)} mode=${PJSIP_DTMF_MODE()})
 same => n,Return()
[behind]
exten => s,1,NoOp(one=${PJSIP_RESPONSE_HEADER(read,X-Answer)} two=${PJSIP_RESPONSE_HEADER(read,X-*,2)})
 same => n,NoOp(names=${PJSIP_RESPONSE_HEADERS(x-)} from=${PJSIP_HEADER_PARAM(From,uri,isup-oli)})
 same => n,Set(PJSIP_SEND_SESSION_REFRESH()=invite)
 same => n,Return()
"""


async def test_what_is_offered_and_answered(served: Any, agent: Any) -> None:
    pbx = await served(pjsip=PJSIP, extensions=EXTENSIONS)
    one, two = await agent("7001", ""), await agent("7002", "")
    callee = Callee(two)

    def answering(request: Received) -> str:
        callee.seen.append(request)
        if request.method == "INVITE":
            callee.invite = callee.invite or request
            headers = f"Contact: <sip:callee@{two.address}>", "X-Answer: yes", "X-More: 7"
            return answer(request, 200, "OK", *headers, "Content-Type: application/sdp", body=SDP)
        return answer(request, 200, "OK") if request.method != "ACK" else ""

    two.answering = answering
    assert (await invite(one, "1")).code == 200
    got = callee.invite
    assert got is not None
    assert got.text.index("X-One: 1") < got.text.index("X-Two: changed") and "Y-Gone" not in got.text
    assert ";isup-oli=27>" in got.header("From") and "evil" not in got.text
    media = next(line for line in got.text.splitlines() if line.startswith("m=audio"))
    assert media.split()[3:5] == ["9", "0"] and " 8" not in media
    for text in ("offer=g722,ulaw mode=info", "one=yes two=7", "names=X-Answer,X-More from=27"):
        assert text in pbx.said
    assert sum(each.method == "INVITE" for each in callee.seen) == 2
    assert "there is no codec 'nosuch'" in pbx.said
    assert "Unknown action 'nonsense' is not valid" in pbx.said


async def test_what_comes_too_late_is_warned_of(served: Any, agent: Any) -> None:
    pbx = await served(pjsip=PJSIP, extensions=EXTENSIONS)
    one = await agent("7001", "")
    await invite(one, "2")
    for text in (
        "own= tag=", "PJSIP_DTMF_MODE: it can be changed before the channel is called, and not later",
        "PJSIP_MEDIA_OFFER: codecs can be chosen before the channel is called, and not later",
        "'invite' not allowed on unanswered channel", "offer=ulaw mode=rfc4733 answer=.",
    ):  # fmt: skip
        assert text in pbx.said


@pytest.mark.parametrize(
    ("address", "line"),
    [("<sip:5@a;isup-oli=27>;tag=1", "27 27"), ("<sip:5@a>;oli=62;tag=1", "62 62"), ("<sip:5@a;oli=x>;tag=1", "0 0")],
)
async def test_what_kind_of_line_the_caller_has(served: Any, agent: Any, address: str, line: str) -> None:
    pbx = await served(pjsip=PJSIP, extensions=EXTENSIONS)
    one = await agent("7001", "")
    plain = one.request

    def request(*arguments: Any, **facts: Any) -> str:
        return re.sub(r"(?m)^From: .*?$", f"From: {address}", plain(*arguments, **facts))

    one.request = request
    await invite(one, "3")
    assert f"line={line}" in pbx.said and "line=0." in pbx.said
