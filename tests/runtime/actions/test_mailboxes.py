"""What a voicemail server outside says of mailboxes, and who hears of it."""

from pathlib import Path

from asterism.runtime.events import DeviceStateChange, ExtensionStatus
from asterism.runtime.mailboxes import MessageWaiting
from asterism.runtime.manager.hints import HintWatch
from asterism.runtime.manager.rendering import event_headers
from asterism.runtime.request import Response
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

from .conftest import Do

PLACES = "astvarlibdir", "astdbdir", "astrundir", "astlogdir", "astspooldir"


def shown(response: Response) -> list[list[tuple[str, object]]]:
    return [list(item.headers) for item in response.items]


async def test_what_is_said_is_told_and_counted(rt: TestRuntime, do: Do) -> None:
    assert (await do("MWIUpdate", Mailbox="100@default", OldMessages="2", NewMessages="3")).status == "Success"
    assert (await do("MWIUpdate", Mailbox="101", OldMessages="1")).status == "Success"
    assert [event_headers(each, 0.0) for each in rt.heard_all(MessageWaiting)] == [
        [("Event", "MessageWaiting"), ("Privilege", "call,all"), ("Mailbox", "100@default"), ("Waiting", 1),
         ("New", 3), ("Old", 2)],
        [("Event", "MessageWaiting"), ("Privilege", "call,all"), ("Mailbox", "101"), ("Waiting", 0), ("New", 0),
         ("Old", 1)],
    ]  # fmt: skip
    found = await do("MWIGet", Mailbox="/^10/")
    assert (found.message, found.complete) == ("Mailboxes will follow", "MWIGetComplete")
    assert shown(found) == [
        [("Mailbox", "100@default"), ("OldMessages", 2), ("NewMessages", 3)],
        [("Mailbox", "101"), ("OldMessages", 1), ("NewMessages", 0)],
    ]
    assert shown(await do("MWIGet", Mailbox="101")) == [[("Mailbox", "101"), ("OldMessages", 1), ("NewMessages", 0)]]
    assert shown(await do("MWIGet", Mailbox="100")) == []
    assert shown(await do("MWIGet", Mailbox="/(/")) == []
    assert (await do("MailboxStatus", Mailbox="7,100@default")).headers[-1] == ("Waiting", 1)
    counts = (await do("MailboxCount", Mailbox="100@default")).headers
    assert counts[1:] == (("UrgMessages", 0), ("NewMessages", 3), ("OldMessages", 2))


async def test_what_is_wrong_changes_nothing(rt: TestRuntime, do: Do) -> None:
    for headers, message in (
        ({}, "Missing mailbox parameter in request"),
        ({"Mailbox": "1", "NewMessages": "x"}, "Invalid NewMessages: x"),
        ({"Mailbox": "1", "OldMessages": "-1", "NewMessages": "x"}, "Invalid OldMessages: -1"),
    ):
        assert (await do("MWIUpdate", **headers)) == Response.error(message)
    assert (await do("MWIGet")) == Response.error("Missing mailbox parameter in request")
    assert (await do("MWIDelete")) == Response.error("Missing mailbox parameter in request")
    assert not rt.heard_all(MessageWaiting) and not shown(await do("MWIGet", Mailbox="//"))


async def test_what_is_forgotten_is_told_too(rt: TestRuntime, do: Do) -> None:
    for name in ("100", "101", "200"):
        await do("MWIUpdate", Mailbox=name, NewMessages="1")
    assert (await do("MWIDelete", Mailbox="/^10.$/")).status == "Success"
    assert (await do("MWIDelete", Mailbox="nobody")).status == "Success"
    assert [(each.mailbox, each.waiting, each.new) for each in rt.heard_all(MessageWaiting)[3:]] == [
        ("100", 0, 0),
        ("101", 0, 0),
    ]
    assert [each[0] for each in shown(await do("MWIGet", Mailbox="//"))] == [("Mailbox", "200")]


async def test_a_lamp_and_the_dialplan_follow(rt: TestRuntime, do: Do) -> None:
    rt.extensions(
        "[default]\nexten => 8,hint,MWI:100@default\n"
        "exten => 1,1,NoOp(${DEVICE_STATE(MWI:100@default)} ${VMCOUNT(100@default)} ${VMCOUNT(100@default,Old)}"
        " ${DEVICE_STATE(MWI:nobody)})\n"
    )
    watch = HintWatch(rt)
    rt.bus.subscribe(watch.happened, DeviceStateChange)
    await do("MWIUpdate", Mailbox="100@default", NewMessages="2", OldMessages="1")
    await (await rt.phone("anna").call("1@default")).over()
    assert rt.executed()[0].endswith("NoOp(INUSE 2 1 INVALID)")
    await do("MWIUpdate", Mailbox="100@default")
    assert [each.status_text for each in rt.heard_all(ExtensionStatus)] == ["InUse", "Idle"]


async def test_what_is_said_outlives_the_process_and_goes_before_the_folders(tmp_path: Path) -> None:
    folder = tmp_path / "voicemail" / "default" / "100" / "INBOX"
    folder.mkdir(parents=True)
    (folder / "msg0000.txt").touch()
    places = DirectorySettings(**dict.fromkeys(PLACES, tmp_path))
    async with TestRuntime(directories=places) as rt:
        count = rt.actions["MailboxCount"].body
        assert (await count(rt, "100")).headers[2] == ("NewMessages", 1)
        from asterism.runtime import mailboxes

        await mailboxes.say(rt, "100", mailboxes.Messages(5, 6))
        assert rt.database.read("mwi_external/mailboxes", "100") == '{"msgs_new":"5","msgs_old":"6"}'
    async with TestRuntime(directories=places) as rt:
        assert (await count(rt, "100")).headers[2:] == (("NewMessages", 5), ("OldMessages", 6))
        await rt.database.put("mwi_external/mailboxes", "101", "nonsense")
        assert (await count(rt, "101")).headers[2] == ("NewMessages", 0)
