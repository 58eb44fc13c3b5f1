"""The manager's actions on SIP devices, with a device that answers."""

import inspect
import re
from typing import Any

import pytest
from asterism.runtime.errors import AsterismError
from asterism.runtime.events import Hangup, Registry, SIPQualifyPeerDone
from asterism.runtime.manager.client import arguments
from asterism.runtime.manager.rendering import event_headers
from asterism.runtime.request import Request, Response

from tests.sip.conftest import NET, SERVER, until
from tests.sip.wire import Received

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

SIP = f"""
[general]
udpbindaddr={SERVER}
qualifyfreq=10
[6001]
type=friend
host=dynamic
secret=one
language=de
callgroup=1,3
setvar=SITE=HQ
directmedia=no
session-timers=originate
disallow=all
allow=ulaw
[6002]
type=peer
host=dynamic
"""

PJSIP = f"""
[t]
type=transport
bind={SERVER}:5070
[base](!)
type=endpoint
allow=ulaw,alaw
direct_media=no
transport=t
[7001](base)
aors=7001
auth=7001
callerid="Seven" <7001>
[7001]
type=auth
username=seven
password=one
[7001]
type=aor
contact=sip:7001@{NET}.51:5060
max_contacts=3
qualify_timeout=2
[provider]
type=registration
server_uri=sip:{NET}.51:5060
client_uri=sip:me@{NET}.51:5060
outbound_auth=7001
expiration=600
"""

NOTIFY = """\
[mwi]
Event => message-summary
Content-Type => application/simple-message-summary
Content => Messages-Waiting: no
"""


async def do(rt: Any, name: str, *headers: tuple[str, str], **more: str) -> Response:
    action = rt.actions[name]
    request = Request([("Action", name), *headers, *more.items()])
    try:
        answer = action.body(rt, *arguments(action.parameters, request))
        answer = await answer if inspect.isawaitable(answer) else answer
    except AsterismError as error:
        return Response.error(str(error))
    assert isinstance(answer, Response)
    return answer


def agreeing(heard: list[Received]) -> Any:
    """Keep what comes, and agree to it."""

    def answer(message: Received) -> str:
        heard.append(message)
        lines = [f"{name}: {value}" for name in ("Via", "From", "Call-ID", "CSeq") for value in message.all(name)]
        contact = [f"Contact: {each}" for each in message.all("Contact")]
        head = ["SIP/2.0 200 OK", *lines, f"To: {message.header('To')};tag=b", *contact, "Expires: 600"]
        return "\r\n".join([*head, "Content-Length: 0", "", ""])

    return answer


async def test_peers_of_sip_conf(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, extensions="[default]\n")
    rt = pbx.runtime
    one = await agent("6001", "one")
    assert (await one.register()).code == 200
    heard: list[Received] = []
    one.answering = agreeing(heard)
    shown = dict((await do(rt, "SIPshowpeer", Peer="6001")).headers)
    wanted = {
        "SecretExist": "Y", "Language": "de", "Callgroup": "1, 3", "SIP-DirectMedia": "N", "Codecs": "(ulaw)",
        "SIP-Sess-Timers": "Originate", "Address-IP": f"{NET}.51", "ChanVariable": "SITE=HQ", "Dynamic": "Y",
        "Reg-Contact": f"sip:6001@{NET}.51:5060", "QualifyFreq": "10000 ms",
    }  # fmt: skip
    assert {name: shown[name] for name in wanted} == wanted
    assert (await do(rt, "SIPshowpeer", Peer="nosuch")).message == "Peer nosuch not found."
    queue = rt.bus.queue(SIPQualifyPeerDone)
    answer = await do(rt, "SIPqualifypeer", Peer="6001", ActionID="7")
    assert answer.message == "SIP peer found - will qualify" and answer.after is not None
    answer.after()
    assert (await queue.get()).action_id == "7"
    await until(lambda: [each for each in heard if each.method == "OPTIONS"])
    assert (await do(rt, "SIPqualifypeer", Peer="nosuch")).message == "Peer not found"
    lines = ("Event=check-sync,X-B=a\\,c", "Content-Type=text/plain", "Content=one", "Content=two", "Via=forged",
             "Request-URI=forged")  # fmt: skip
    said = [("Variable", line) for line in lines]
    assert (await do(rt, "SIPnotify", ("Channel", "SIP/6001"), *said)).message == "Notify Sent"
    await until(lambda: [each for each in heard if each.method == "NOTIFY"])
    notify = next(each for each in heard if each.method == "NOTIFY")
    assert [notify.header(name) for name in ("Subscription-State", "Event", "X-B", "Content-Type")] == [
        "terminated", "check-sync", "a,c", "text/plain"
    ]  # fmt: skip
    assert notify.text.endswith("\r\n\r\none\r\ntwo") and "forged" not in notify.text
    assert (await do(rt, "SIPnotify", Channel="6002", Variable="Event=x")).message == "Could not create address"
    assert (await do(rt, "SIPnotify", ("Call-ID", "x"), Channel="6001")).message == "Call-ID not found"


async def test_endpoints_of_pjsip_conf(served: Any, agent: Any) -> None:
    one = await agent("7001")
    heard: list[Received] = []
    one.answering = agreeing(heard)
    pbx = await served(pjsip=PJSIP, pjsip_notify=NOTIFY, extensions="[default]\n")
    rt = pbx.runtime
    await until(lambda: [each for each in heard if each.method == "REGISTER"])
    items = (await do(rt, "PJSIPShowEndpoint", Endpoint="7001")).items
    assert [each.event for each in items] == [
        "EndpointDetail", "AuthDetail", "TransportDetail", "AorDetail", "ContactStatusDetail"
    ]  # fmt: skip
    endpoint, auth, transport, aor, contact = (dict(each.headers) for each in items)
    assert (endpoint["Allow"], endpoint["DirectMedia"], endpoint["100rel"]) == ("(ulaw|alaw)", "false", "yes")
    assert (transport["ObjectName"], transport["Bind"], transport["EndpointName"]) == ("t", f"{SERVER}:5070", "7001")
    assert (auth["Username"], auth["EndpointName"]) == ("seven", "7001")
    assert (aor["MaxContacts"], aor["QualifyTimeout"], aor["TotalContacts"]) == ("3", "2.000000", 1)
    assert (contact["Status"], contact["URI"]) == ("NonQualified", f"sip:7001@{NET}.51:5060")
    assert len(endpoint) > 130
    (row, secret) = (await do(rt, "PJSIPShowRegistrationsOutbound")).items
    assert dict(row.headers)["Expiration"] == "600" and dict(secret.headers)["Password"] == "one"
    assert [each.event for each in (await do(rt, "PJSIPShowAors")).items] == ["AorList"]
    assert (await do(rt, "PJSIPShowContacts")).message == "No Contacts found"
    assert (await do(rt, "PJSIPQualify", Endpoint="7001")).status == "Success"
    await until(lambda: [each for each in heard if each.method == "OPTIONS"])
    assert (await do(rt, "PJSIPNotify", Endpoint="7001", Option="mwi")).message == "NOTIFY sent"
    await until(lambda: [each for each in heard if each.method == "NOTIFY"])
    assert re.search(r"Event: message-summary\r\n(.*\r\n)+\r\nMessages-Waiting: no$", heard[-1].text)
    for headers, why in (
        ({"Endpoint": "x", "Option": "mwi"}, "Unable to retrieve endpoint x"),
        ({"Endpoint": "7001", "Option": "x"}, "Unable to find notify type 'x'"),
        ({"Channel": "x", "Option": "mwi"}, "Channel not found"),
        ({"Endpoint": "7001"}, "PJSIPNotify requires either an Option or Variable(s).You must use only one of them."),
    ):
        assert (await do(rt, "PJSIPNotify", **headers)).message == why


async def test_registrations_end_and_begin_again(served: Any, agent: Any) -> None:
    one = await agent("7001")
    heard: list[Received] = []
    one.answering = agreeing(heard)
    pbx = await served(pjsip=PJSIP, extensions="[default]\n")
    queue = pbx.runtime.bus.queue(Registry)
    assert (await queue.get()).status == "Registered"
    assert (await do(pbx.runtime, "PJSIPUnregister", Registration="provider")).message == "Unregistration sent"
    assert (await queue.get()).status == "Unregistered"
    assert (await do(pbx.runtime, "PJSIPRegister", Registration="*all")).message == "Reregistrations queued."
    assert (await queue.get()).status == "Registered"
    answer = await do(pbx.runtime, "PJSIPRegister", Registration="nosuch")
    assert answer.message == "Unable to retrieve registration entry"


async def test_the_same_name_in_both_files(served: Any, agent: Any) -> None:
    both = PJSIP.replace("[7001]", "[6001]").replace("7001", "6001")
    pbx = await served(sip=SIP, pjsip=both, extensions="[default]\n")
    read = [await do(pbx.runtime, "Getvar", Variable=f"DEVICE_STATE({name}/6001)") for name in ("SIP", "PJSIP")]
    assert [dict(each.headers)["Value"] for each in read] == ["UNAVAILABLE", "NOT_INUSE"]


@pytest.mark.parametrize(("status", "told"), [(486, 486), (404, 404), (0, None)])
async def test_why_a_device_would_not(served: Any, agent: Any, status: int, told: int | None) -> None:
    """A refused call names the SIP status; one that nobody answers in time ends ordinarily."""
    one = await agent("7001")
    agree = agreeing([])

    def answer(message: Received) -> str | None:
        if message.method != "INVITE":
            return str(agree(message)) if message.method != "ACK" else None
        return str(agree(message)).replace("200 OK", f"{status} No") if status else None

    one.answering = answer
    pbx = await served(pjsip=PJSIP, extensions="[default]\n")
    queue = pbx.runtime.bus.queue(Hangup)
    await pbx.runtime.originate("PJSIP/7001", application="Wait", app_data="1", timeout=1.0)
    event = await queue.get()
    assert event.tech_cause == told
    shown = dict(event_headers(event, 0.0))
    assert ("TechCause" in shown) is (told is not None)


async def test_a_notify_by_command(served: Any, agent: Any) -> None:
    heard: list[Received] = []
    for name in ("7001", "6001"):
        (await agent(name, "one")).answering = agreeing(heard)
    pbx = await served(
        sip=SIP.replace("host=dynamic\nsecret=one", f"host={NET}.51"),
        pjsip=PJSIP,
        pjsip_notify=NOTIFY,
        sip_notify=NOTIFY,
        extensions="[default]\n",
    )
    rt = pbx.runtime

    async def say(line: str) -> list[str]:
        return list((await rt.commands.run(rt, line)).lines)

    sending = "Sending NOTIFY of type 'mwi' to"
    assert await say("pjsip send notify mwi endpoint 7001 nosuch") == [
        f"{sending} '7001'", f"{sending} 'nosuch'", "Unable to retrieve endpoint nosuch"
    ]  # fmt: skip
    assert await say("pjsip send notify mwi channel PJSIP/none-1") == [
        f"{sending} 'PJSIP/none-1'", "Unable to find channel PJSIP/none-1"
    ]  # fmt: skip
    assert (await say("pjsip send notify nosuch endpoint 7001"))[0] == "Unable to find notify type 'nosuch'"
    assert await say("sip notify mwi SIP/6001 6002") == [
        f"{sending} 'SIP/6001'", "Could not create address for '6002'"
    ]  # fmt: skip
    await until(lambda: sum(each.method == "NOTIFY" for each in heard) == 2)
