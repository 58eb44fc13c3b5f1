"""Messages that wait, as telephones are told of them."""

from typing import Any

import pytest
from asterism.runtime import mailboxes
from asterism.runtime.mailboxes import Messages

from tests.sip.conftest import NET, SERVER, until
from tests.sip.wire import Received, answer

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

PJSIP = f"""
[udp]
type=transport
protocol=udp
bind={SERVER}
[7001]
type=endpoint
allow=ulaw
aors=7001
mailboxes=100@default,101
[7001]
type=aor
contact=sip:{NET}.51
[7002]
type=endpoint
allow=ulaw
aors=7002
mailboxes=200
voicemail_extension=*98
[7002]
type=aor
contact=sip:{NET}.52
"""

SIP = f"""
[general]
udpbindaddr={SERVER}
[6001]
type=friend
host=dynamic
secret=one
mailbox=300
"""


def told(one: Any) -> list[Received]:
    """The NOTIFYs of this kind that an agent has got so far, which it accepts."""
    found: list[Received] = []

    def answering(request: Received) -> str:
        if request.method == "NOTIFY" and request.header("Event") == "message-summary":
            found.append(request)
        return answer(request, 200, "OK")

    one.answering = answering
    return found


def body(request: Received) -> list[str]:
    return request.text.partition("\r\n\r\n")[2].splitlines()


async def test_the_lamps_of_all_phones_of_a_mailbox(served: Any, agent: Any) -> None:
    first, second = told(await agent("7001", "")), told(await agent("7002", ""))
    pbx = await served(pjsip=PJSIP, extensions="[a]\n")
    await until(lambda: first and second)
    assert body(first.pop()) == ["Messages-Waiting: no", "Voice-Message: 0/0 (0/0)"]
    second.clear()
    for name, messages in (("100@default", Messages(2, 0)), ("101", Messages(1, 3)), ("100@default", Messages(0, 1))):
        await mailboxes.say(pbx.runtime, name, messages)
        count = len(first) + 1
        await until(lambda count=count: len(first) == count)
    assert [body(each) for each in first] == [
        ["Messages-Waiting: yes", "Voice-Message: 2/0 (0/0)"],
        ["Messages-Waiting: yes", "Voice-Message: 3/3 (0/0)"],
        ["Messages-Waiting: yes", "Voice-Message: 1/4 (0/0)"],
    ]
    assert first[0].header("Content-Type") == "application/simple-message-summary"
    assert first[0].header("Subscription-State") == "terminated" and not second
    await mailboxes.say(pbx.runtime, "200", Messages(1))
    await until(lambda: len(second) == 1)
    await mailboxes.forget(pbx.runtime, "200")
    await until(lambda: len(second) == 2)
    assert body(second[1]) == [
        "Messages-Waiting: no", f"Message-Account: sip:*98@{SERVER}", "Voice-Message: 0/0 (0/0)",
    ]  # fmt: skip


async def test_a_phone_that_registers_is_told_what_waits(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, extensions="[a]\n")
    await mailboxes.say(pbx.runtime, "300@default", Messages(4, 5))
    one = await agent("6001", "one")
    found = told(one)
    await one.register()
    await until(lambda: len(found) == 1)
    assert body(found[0]) == [
        "Messages-Waiting: yes", f"Message-Account: sip:asterisk@{SERVER}", "Voice-Message: 4/5 (0/0)",
    ]  # fmt: skip
