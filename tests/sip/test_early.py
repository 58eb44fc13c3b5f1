"""What a caller is told before the answer: 180, 183, and one after the other."""

import asyncio
from typing import Any

import pytest

from tests.sip.conftest import NET, SERVER, until
from tests.sip.wire import SDP, Received, answer

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

ENDPOINT = """
[{name}]
type=endpoint
context=internal
allow=ulaw
aors={name}
{options}
[{name}]
type=aor
contact=sip:{name}@{address}
[{name}]
type=identify
endpoint={name}
match={address}
"""

EXTENSIONS = """
[internal]
exten => 7002,1,Dial(PJSIP/7002,20)
"""


def pjsip(whole: str = "", callee: str = "") -> str:
    transport = f"[t]\ntype=transport\nbind={SERVER}:5060\n[global]\ntype=global\n{whole}\n"
    caller = ENDPOINT.format(name="7001", address=f"{NET}.51", options="")
    return transport + caller + ENDPOINT.format(name="7002", address=f"{NET}.52", options=callee)


@pytest.mark.parametrize(
    ("whole", "callee", "heard"),
    [
        ("", "", [183, 183]),
        ("allow_sending_180_after_183=yes", "", [183, 180]),
        ("", "ignore_183_without_sdp=yes", [180]),
    ],
)
async def test_ringing_behind_a_183_without_sdp(
    served: Any, agent: Any, whole: str, callee: str, heard: list[int]
) -> None:
    await served(pjsip=pjsip(whole, callee), extensions=EXTENSIONS)
    caller, called = await agent("7001"), await agent("7002")
    invites: list[Received] = []

    def take(request: Received) -> str:
        if request.method == "INVITE":
            invites.append(request)
        return answer(request, 200, "OK") if request.method == "BYE" else ""

    called.answering = take
    contact = f"Contact: <sip:7001@{NET}.51>"
    sdp = "Content-Type: application/sdp"
    caller.send(caller.request("INVITE", f"sip:7002@{SERVER}", contact, sdp, cseq=1, body=SDP))
    await until(lambda: invites)
    for code, reason in ((183, "Session Progress"), (180, "Ringing")):
        called.transport.sendto(
            answer(invites[0], code, reason, f"Contact: <sip:7002@{NET}.52>").encode(), (SERVER, 5060)
        )
        await asyncio.sleep(0.2)
    text = answer(invites[0], 200, "OK", f"Contact: <sip:7002@{NET}.52>", sdp, body=SDP)
    called.transport.sendto(text.encode(), (SERVER, 5060))
    codes: list[int] = []
    while 200 not in codes:
        codes.append((await asyncio.wait_for(caller.received.get(), 15)).code)
    assert codes == [100, *heard, 200]
