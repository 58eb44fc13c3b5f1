"""What an endpoint of pjsip.conf is doing, as calls come and go."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asterism.runtime.driver import Held, Resumed
from asterism.runtime.events import DeviceStateChange, Newstate

from tests.sip.conftest import NET, SERVER, until
from tests.sip.wire import SDP, Received, answer

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

PJSIP = f"[t]\ntype=transport\nbind={SERVER}:5060\n" + "".join(
    f"""
[{name}]
type=endpoint
context=internal
allow=ulaw
aors={name}
device_state_busy_at={busy_at}
[{name}]
type=aor
contact=sip:{name}@{NET}.{51 + number}
[{name}]
type=identify
endpoint={name}
match={NET}.{51 + number}
"""
    for number, (name, busy_at) in enumerate((("7001", 0), ("7002", 0), ("7003", 1)))
)

EXTENSIONS = """
[internal]
exten => _700X,1,Dial(PJSIP/${EXTEN},20)
exten => 100,1,Ringing()
 same => n,Wait(20)
"""


class Callee:
    """Somebody who says nothing until he is told to."""

    def __init__(self, agent: Any) -> None:
        self.agent, self.invite = agent, Received("")
        agent.answering = self._answer

    def _answer(self, request: Received) -> str:
        if request.method == "INVITE":
            self.invite = request
        return answer(request, 200, "OK") if request.method in ("BYE", "CANCEL", "OPTIONS") else ""

    def say(self, code: int, reason: str, *headers: str, body: str = "") -> None:
        contact = f"Contact: <sip:{self.agent.user}@{self.agent.address}>"
        text = answer(self.invite, code, reason, contact, *headers, body=body)
        self.agent.transport.sendto(text.encode(), (SERVER, 5060))


async def called(
    served: Any, agent: Any, number: str, watch: Callable[[Any], None] = lambda pbx: None
) -> tuple[Any, Callee]:
    pbx = await served(pjsip=PJSIP, extensions=EXTENSIONS)
    watch(pbx)
    made = {name: await agent(name) for name in ("7001", "7002", "7003")}
    callee = Callee(made[number])
    caller = made["7001"]
    caller.send(
        caller.request("INVITE", f"sip:{number}@{SERVER}", f"Contact: <sip:7001@{NET}.51>",
                       "Content-Type: application/sdp", cseq=1, body=SDP)
    )  # fmt: skip
    await until(lambda: callee.invite.text)
    return pbx, callee


def states(pbx: Any, *numbers: str) -> list[str]:
    driver = pbx.runtime.driver("PJSIP")
    return [driver.device_state(f"PJSIP/{number}").value for number in numbers]


async def test_an_outgoing_call_is_nothing_before_it_rings(served: Any, agent: Any) -> None:
    pbx, callee = await called(served, agent, "7002")
    assert states(pbx, "7001", "7002") == ["INUSE", "NOT_INUSE"]
    callee.say(100, "Trying")
    await asyncio.sleep(0.1)
    assert states(pbx, "7002") == ["NOT_INUSE"]
    callee.say(180, "Ringing")
    await until(lambda: states(pbx, "7002") == ["RINGING"])
    callee.say(200, "OK", "Content-Type: application/sdp", body=SDP)
    await until(lambda: states(pbx, "7002") == ["INUSE"])


async def test_one_that_rings_keeps_nobody_busy(served: Any, agent: Any) -> None:
    pbx, callee = await called(served, agent, "7003")
    callee.say(180, "Ringing")
    await until(lambda: states(pbx, "7003") == ["RINGING"])
    callee.say(200, "OK", "Content-Type: application/sdp", body=SDP)
    await until(lambda: states(pbx, "7003") == ["BUSY"])


async def test_on_hold_is_who_is_kept_waiting(served: Any, agent: Any) -> None:
    pbx, callee = await called(served, agent, "7002")
    callee.say(200, "OK", "Content-Type: application/sdp", body=SDP)
    await until(lambda: len(pbx.runtime.bridges) == 1)
    holder = pbx.runtime.channels["PJSIP/7001-00000000"]
    await until(lambda: holder.bridge is not None)
    holder.post(Held())
    await until(lambda: states(pbx, "7001", "7002") == ["INUSE", "ONHOLD"])
    holder.post(Resumed())
    await until(lambda: states(pbx, "7001", "7002") == ["INUSE", "INUSE"])


async def test_a_state_is_told_behind_what_has_happened_to_the_channel(served: Any, agent: Any) -> None:
    """As Asterisk, where another thread tells it: who hears that a phone rings has heard of its channel."""
    told: list[str] = []

    def watch(pbx: Any) -> None:
        bus = pbx.runtime.bus
        bus.subscribe(lambda event: told.append(event.channel.channel.partition("-")[0]), Newstate)
        bus.subscribe(lambda event: told.append(f"{event.device} {event.state}"), DeviceStateChange)

    _, callee = await called(served, agent, "7002", watch)
    callee.say(180, "Ringing")
    await until(lambda: "PJSIP/7002 RINGING" in told)
    about = [each for each in told if each.startswith("PJSIP/7002")]
    assert about == ["PJSIP/7002", "PJSIP/7002 RINGING"]
