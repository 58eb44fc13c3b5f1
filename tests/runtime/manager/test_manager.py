"""The manager over TCP, as its clients see it: logins, rights, events, what is malformed."""

import hashlib
from pathlib import Path

import pytest
from asterism.runtime.danger import is_dangerous
from asterism.runtime.errors import ConfigError
from asterism.runtime.events import UserEvent
from asterism.runtime.manager.server import ManagerServer
from asterism.runtime.security import SecurityEvent, SuccessfulAuth

from tests.runtime.manager.conftest import MANAGER, Bed


async def test_a_login(bed: Bed) -> None:
    client = await bed.client()
    assert client.banner == b"Asterisk Call Manager/11.0.0\r\n"
    assert await client.ask("Action: Ping") == {"Response": "Error", "Message": "Permission denied"}
    answer = await client.ask("Action: login\nUsername: admin\nSecret: right\nActionID: 7")
    assert answer == {"Response": "Success", "ActionID": "7", "Message": "Authentication accepted"}
    assert (await client.event("FullyBooted"))["Privilege"] == "system,all"
    assert (await client.event("SuccessfulAuth"))["AccountID"] == "admin"
    assert (await client.ask("Action: Ping\nActionID: 8"))["Ping"] == "Pong"
    assert (await client.ask("Action: Logoff"))["Response"] == "Goodbye"
    assert await client.raw() is None


@pytest.mark.parametrize("name", ["admin", "stranger", "elsewhere", ""])
async def test_who_may_not_in_is_told_the_same(bed: Bed, name: str) -> None:
    secret = "right" if name == "elsewhere" else "wrong"
    client = await bed.client()
    answer = await client.ask(f"Action: Login\nUsername: {name}\nSecret: {secret}")
    assert answer == {"Response": "Error", "Message": "Authentication failed"}
    assert await client.raw() is None
    assert not isinstance(bed.rt.heard(SecurityEvent), SuccessfulAuth)


async def test_a_challenge(bed: Bed) -> None:
    client = await bed.client()
    challenge = (await client.ask("Action: Challenge\nAuthType: MD5"))["Challenge"]
    key = hashlib.md5(f"{challenge}right".encode()).hexdigest()
    answer = await client.ask(f"Action: Login\nAuthType: MD5\nUsername: admin\nKey: {key}")
    assert answer["Response"] == "Success"


async def test_a_key_without_a_challenge(bed: Bed) -> None:
    client = await bed.client()
    key = hashlib.md5(b"right").hexdigest()
    answer = await client.ask(f"Action: Login\nAuthType: MD5\nUsername: admin\nKey: {key}")
    assert answer["Response"] == "Error"


async def test_too_many_without_login(bed: Bed) -> None:
    for _ in range(5):
        assert (await bed.client()).banner
    assert not (await bed.client()).banner
    await bed.clients[0].login()
    assert (await bed.client()).banner


async def test_the_order_of_events(bed: Bed) -> None:
    client = await (await bed.client()).login(events="on")
    await client.ask("Action: Originate\nChannel: Local/100@default\nApplication: Wait\nData: 1\nAsync: yes")
    while not any(each["Event"] == "OriginateResponse" for each in client.events):
        client.events.append(await client.raw() or {"Event": "end"})
    while sum(each["Event"] == "Hangup" for each in client.events) < 2:
        client.events.append(await client.raw() or {"Event": "end"})
    second = [each for each in client.events if each.get("Channel", "").endswith(";2")]
    told = [(each["Event"], each.get("Application") or each.get("Variable") or "") for each in second]
    names = [name for name, _ in told]
    assert names[0] == "Newchannel" and names[-1] == "Hangup"
    assert told.index(("Newexten", "Answer")) < told.index(("Newstate", "")) < told.index(("Newexten", "Set"))
    assert told.index(("VarSet", "here")) < told.index(("Newexten", "UserEvent")) < told.index(("UserEvent", ""))
    assert list(second[0])[:5] == ["Event", "Privilege", "Channel", "ChannelState", "ChannelStateDesc"]


async def test_filters(bed: Bed) -> None:
    client = await (await bed.client()).login("filtered", events="on")
    for number, headers in enumerate(({"Secret": "yes"}, {"Secret": "no"})):
        bed.rt.bus.publish(UserEvent(None, f"Number{number}", headers))
    assert (await client.event("UserEvent"))["UserEvent"] == "Number1"


async def test_what_holds_line_breaks_stays_on_its_line(bed: Bed) -> None:
    client = await (await bed.client()).login(events="user")
    bed.rt.bus.publish(UserEvent(None, "Hello\r\nEvent: Forged", {"a": "b\r\n\r\nResponse: Success"}))
    assert await client.event("UserEvent") == {
        "Event": "UserEvent",
        "Privilege": "user,all",
        "UserEvent": "Hello\\r\\nEvent: Forged",
        "a": "b\\r\\n\\r\\nResponse: Success",
    }


async def test_a_client_that_does_not_read_is_cut_off(bed: Bed) -> None:
    slow, quick = await (await bed.client()).login(events="user"), await (await bed.client()).login(events="user")
    for _ in range(600):
        bed.rt.bus.publish(UserEvent(None, "Much", {"text": "x" * 60_000}))
        await quick.event("UserEvent")
        quick.events.clear()
    assert len(bed.server.connections) == 1
    assert (await quick.ask("Action: Ping"))["Ping"] == "Pong"
    assert slow is not quick


@pytest.mark.parametrize(
    ("application", "data"),
    [("System", "touch x"), ("TryExec", "System(x)"), ("NoOp", "${SHELL(id)}"), ("NoOp", "${FILE(/etc/passwd)}"),
     ("NoOp", "${EVAL(${x})}"), ("AGI", "x"), ("MixMonitor", "x.wav"), ("NoOp", "${${a}${b}(id)}"),
     ("NoOp", "${CUT(${a}${b},1)}")],
)  # fmt: skip
async def test_originate_runs_nothing_without_the_right(bed: Bed, application: str, data: str) -> None:
    client = await (await bed.client()).login("nobody")
    user = bed.server.connections[0].user
    object.__setattr__(user, "write", frozenset(("originate",)))
    answer = await client.ask(
        f"Action: Originate\nChannel: Local/101@default\nApplication: {application}\nData: {data}"
    )
    assert answer["Message"] == "Originate Access Forbidden: app or data blacklisted"


@pytest.mark.parametrize(
    "name", ["SHELL(id)", "EVAL(${SHELL(id)})", "CUT(SHELL(id),1)", "FILE(/etc/passwd)", "CUT(${a}${b},1)"]
)
async def test_what_is_read_from_outside_runs_nothing(bed: Bed, name: str) -> None:
    client = await (await bed.client()).login()
    for variable, value in (("a", "SHELL(i"), ("b", "d)")):
        assert (await client.ask(f"Action: Setvar\nVariable: {variable}\nValue: {value}"))["Response"] == "Success"
    assert (await client.ask(f"Action: Getvar\nVariable: {name}"))["Value"] == ""
    assert (await client.ask(f"Action: Setvar\nVariable: {name}\nValue: x"))["Response"] == "Error"
    await client.ask("Action: Originate\nChannel: Local/101@default\nApplication: Wait\nData: 5\nAsync: 1")
    answer = await client.ask("Action: Ping")
    while not bed.rt.channels:
        answer = await client.ask("Action: Ping")
    assert answer["Ping"] == "Pong"
    client.send(f"Action: Status\nVariables: {name}")
    told = await client.event("Status")
    assert "uid=" not in told["Variable"] and "root" not in told["Variable"]


async def test_variables_and_states(bed: Bed) -> None:
    client = await (await bed.client()).login()
    for variable in ("plain", "DEVICE_STATE(Custom:lamp)"):
        assert (await client.ask(f"Action: Setvar\nVariable: {variable}\nValue: BUSY"))["Response"] == "Success"
        assert (await client.ask(f"Action: Getvar\nVariable: {variable}"))["Value"] == "BUSY"
    assert (await client.ask("Action: ExtensionState\nExten: 102\nContext: default"))["StatusText"] == "Busy"


async def test_files_outside_are_refused(bed: Bed) -> None:
    client = await (await bed.client()).login()
    for action in ("GetConfig", "GetConfigJSON", "ListCategories", "CreateConfig"):
        for name in ("../x.conf", "/etc/passwd", "a/../../x", "."):
            answer = await client.ask(f"Action: {action}\nFilename: {name}")
            assert answer["Message"] == "File requires escalated privileges"


async def test_a_file_is_changed(bed: Bed, tmp_path: Path) -> None:
    client = await (await bed.client()).login()
    (tmp_path / "x.conf").write_text("; why\n[one]\na = 1 ; first\nb => 2\n\n[two]\n")
    changes = [
        ("append", "one", "c", ">3"),
        ("update", "one", "a", "9"),
        ("newcat", "three", "", ""),
        ("delete", "one", "b", ""),
    ]
    lines = ["Action: UpdateConfig", "SrcFilename: x.conf", "DstFilename: x.conf"]
    for at, (change, category, name, value) in enumerate(changes):
        lines += [
            f"Action-{at:06d}: {change}",
            f"Cat-{at:06d}: {category}",
            f"Var-{at:06d}: {name}",
            f"Value-{at:06d}: {value}",
        ]
    assert (await client.ask("\n".join(lines)))["Response"] == "Success"
    assert (tmp_path / "x.conf").read_text() == "; why\n[one]\na = 9 ; first\nc => 3\n\n[two]\n\n[three]\n"
    wrong = await client.ask("\n".join([*lines[:3], "Action-000000: delcat", "Cat-000000: four"]))
    assert wrong["Message"] == "Given category does not exist"


async def test_a_port_that_is_taken(bed: Bed, tmp_path: Path) -> None:
    port = bed.server.addresses[0][1]
    (tmp_path / "manager.conf").write_text(MANAGER.replace("port = 0", f"port = {port}"))
    with pytest.raises(ConfigError):
        await ManagerServer(bed.rt).start()


async def test_a_wrong_file_keeps_the_old(bed: Bed, tmp_path: Path) -> None:
    client = await (await bed.client()).login()
    place = bed.server.addresses[0]
    for wrong in (
        MANAGER.replace("port = 0", "bindaddr = nowhere"),
        "[general\n",
        MANAGER.replace("port = 0", "tlsenable = yes"),
    ):
        (tmp_path / "manager.conf").write_text(wrong)
        with pytest.raises(ConfigError):
            await bed.server.reload()
        assert bed.server.addresses[0] == place
        await (await bed.client()).login()
    (tmp_path / "manager.conf").write_text(MANAGER + "[new]\nsecret = right\nread = all\n")
    await bed.server.reload()
    assert bed.server.addresses[0] == place
    await (await bed.client()).login("new")
    assert (await client.ask("Action: Ping"))["Ping"] == "Pong"


async def test_an_address_more_and_an_address_less(bed: Bed, tmp_path: Path) -> None:
    first = bed.server.addresses[0]
    (tmp_path / "manager.conf").write_text(MANAGER.replace("port = 0", "port = 0\nbindaddr = 127.0.0.1,127.0.0.2"))
    await bed.server.reload()
    assert bed.server.addresses[0] == first and bed.server.addresses[1][0] == "127.0.0.2"
    (tmp_path / "manager.conf").write_text(MANAGER.replace("port = 0", "port = 0\nbindaddr = 127.0.0.2"))
    await bed.server.reload()
    assert [host for host, _ in bed.server.addresses] == ["127.0.0.2"]


@pytest.mark.parametrize(
    ("mask", "on"),
    [("on", "On"), ("ALL", "On"), ("all,user", "On"), ("system,user", "On"), ("off", "Off"), ("none", "Off"),
     ("1", "On"), ("0", "Off"), ("yeah whatever", "Off"), ("", None)],
)  # fmt: skip
async def test_event_masks(bed: Bed, tmp_path: Path, mask: str, on: str | None) -> None:
    client = await (await bed.client()).login()
    answer = await client.ask(f"Action: Events\nEventMask: {mask}")
    assert answer.get("Events") == on
    assert (on is None) is (answer.get("Message") == "Invalid event mask")
    (tmp_path / "manager.conf").write_text(MANAGER.replace("[general]", "[general]\nbrokeneventsaction = yes"))
    await bed.server.reload()
    client.send(f"Action: Events\nEventMask: {mask}\nActionID: 1")
    silent = mask in ("on", "ALL", "all,user", "")
    assert (await client.ask("Action: Ping\nActionID: 2")).get("ActionID") == ("2" if silent else "1")


async def test_numbers_are_sums_of_bits(bed: Bed) -> None:
    client = await (await bed.client()).login()
    assert (await client.ask("Action: Events\nEventMask: 64"))["Events"] == "On"
    assert bed.server.connections[0].sees == frozenset(("user",))


async def test_what_a_device_means_for_extensions_is_told_first(bed: Bed) -> None:
    bed.rt.extensions("[default]\nexten => 102,hint,Custom:lamp&Custom:other,CustomPresence:anna\n")
    client = await (await bed.client()).login(events="call")
    await client.ask("Action: Setvar\nVariable: DEVICE_STATE(Custom:lamp)\nValue: BUSY")
    await client.event("DeviceStateChange")
    assert [each["Event"] for each in client.events] == ["ExtensionStatus", "DeviceStateChange"]
    assert client.events[0]["StatusText"] == "Busy"


@pytest.mark.parametrize(
    ("criteria", "text", "why"),
    [("", "Event: Foo", ""), ("", "!Event: [", "did not compile"), ("action(exclude),name(Foo)", "", ""),
     ("(name(Foo),header(Bar),method(contains))", "x", ""), ("name(Foo),method(exact)", "x", ""), ("name(Foo)", "", ""),
     ("action(foo)", "x", "was formatted incorrectly"), ("foo(x)", "x", "was formatted incorrectly"),
     ("", "", "was formatted incorrectly")],
)  # fmt: skip
async def test_filters_are_added(bed: Bed, criteria: str, text: str, why: str) -> None:
    client = await (await bed.client()).login()
    answer = await client.ask(f"Action: Filter\nOperation: Add\nMatchCriteria: {criteria}\nFilter: {text}")
    assert answer["Message"] == (f"Filter {why}.  Check the syntax of the filter given." if why else "Success")


async def test_what_somebody_says_at_an_extension(bed: Bed) -> None:
    bed.rt.extensions("[default]\nexten => 102,hint,Custom:lamp,CustomPresence:anna\n")
    client = await (await bed.client()).login(events="call")
    await client.ask("Action: Setvar\nVariable: PRESENCE_STATE(CustomPresence:anna)\nValue: away,sub,gone fishing")
    told = await client.event("PresenceStatus")
    assert (told["Exten"], told["Status"], told["Subtype"], told["Message"]) == ("102", "away", "sub", "gone fishing")


@pytest.mark.parametrize("text", ["${DB(a/b)}", "SHELL(id)", "x=${FILE(/etc/passwd)}", "EVAL (x)", "$[${ENV(PATH)}]"])
def test_what_is_dangerous(bed: Bed, text: str) -> None:
    assert is_dangerous(bed.rt, [text])


@pytest.mark.parametrize("text", ["the DB of files", "FILE this, STAT!", "${CALLERID(num)}", "https://x/SHELL?a=(b)"])
def test_what_only_sounds_dangerous(bed: Bed, text: str) -> None:
    assert not is_dangerous(bed.rt, [text])


async def test_digits_that_a_bridge_passes_on_were_sent(bed: Bed) -> None:
    bed.rt.extensions("[default]\nexten => 1,1,Dial(Local/2@default)\nexten => 2,1,Answer()\n same => n,Wait(5)\n")
    client = await (await bed.client()).login(events="call,dtmf")
    await client.ask("Action: Originate\nChannel: Local/1@default\nApplication: SendDTMF\nData: 5\nAsync: yes")
    told = []
    while len(told) < 6:
        packet = await client.raw()
        assert packet is not None
        if packet.get("Event", "").startswith("DTMF"):
            told.append((packet["Event"], packet["Direction"], packet["Channel"][6] + packet["Channel"][-1]))
    # As Asterisk tells it: SendDTMF itself is no event, what a bridge hands on is one at each end.
    assert sorted(told) == sorted(
        (kind, *end)
        for kind in ("DTMFBegin", "DTMFEnd")
        for end in (("Received", "12"), ("Sent", "21"), ("Received", "22"))
    )


async def test_an_action_that_there_is_not_is_a_matter_of_security(bed: Bed) -> None:
    client = await (await bed.client()).login(events="security")
    answer = await client.ask("Action: Fo\x01o")
    text = "Invalid/unknown command: Fo\x01o. Use Action: ListCommands to show available commands."
    assert answer["Message"] == text
    told = await client.event("RequestBadFormat")
    assert list(told) == [
        "Event", "Privilege", "EventTV", "Severity", "Service", "EventVersion", "SessionID", "LocalAddress",
        "RemoteAddress", "RequestType", "SessionTV", "AccountID",
    ]  # fmt: skip
    assert (told["RequestType"], told["AccountID"]) == ("Action: Fo\\x01o", "admin")


async def test_who_is_sent_away(bed: Bed) -> None:
    client, other = await (await bed.client()).login(), await (await bed.client()).login()
    descriptor = bed.server.logins()[0].descriptor

    async def run(line: str) -> str:
        return (await bed.rt.commands.run(bed.rt, line)).lines[0]

    assert await run("manager kick session 9999") == "No manager session found using file descriptor 9999"
    assert await run("manager kick session x") == "Invalid AMI file descriptor: x"
    found = await run(f"manager kick session {descriptor}")
    assert found == f"Kicking manager session connected using file descriptor {descriptor}"
    assert await client.raw() is None
    assert (await other.ask("Action: Ping"))["Ping"] == "Pong"
