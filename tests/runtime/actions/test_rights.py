"""Who may do what: every action beside every class, and what no class but system opens."""

import asyncio
import json
from pathlib import Path

import pytest
from asterism.runtime.manager.client import ManagerClient
from asterism.runtime.manager.conf import User, UserSettings
from asterism.runtime.manager.rights import CLASSES
from asterism.runtime.manager.server import ManagerServer
from asterism.runtime.request import CLIENT, Request, Response
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

ASTERISK = json.loads((Path(__file__).parent / "privileges.json").read_text())
"""The classes of each action of Asterisk 22, and of chan_sip's in 16, as their ListCommands say."""

OURS: dict[str, str] = {"LoggerRotate": "system"}
"""Actions that Asterisk has not, or lets others use: who may only read reports moves no file and starts no process."""


class Somebody(ManagerClient):
    """A client with these classes, and no connection."""

    def __init__(self, server: ManagerServer, *classes: str) -> None:
        super().__init__(server, "TCP")
        self.user = User("somebody", UserSettings(), frozenset(), frozenset(classes))

    def send(self, packets: object) -> None:
        """Nobody reads it."""

    def send_events(self, packets: object) -> None:
        """Nobody reads it."""

    def close(self) -> None:
        """There is nothing to close."""

    def logged_in(self) -> None:
        """It always is."""

    async def ask(self, name: str, **headers: str) -> Response:
        CLIENT.set(self)
        return await self.answer(Request([("Action", name), *headers.items()]))


async def test_every_action_needs_what_asterisk_asks_for(rt: TestRuntime) -> None:
    ours = {action.name: action.privilege for action in rt.actions.values()}
    known = {name: classes for name, classes in {**ASTERISK, **OURS}.items() if name in ours}
    assert ours == known
    assert len(known) > 75


@pytest.mark.parametrize("right", ["", *CLASSES])
async def test_nobody_does_what_is_not_his(rt: TestRuntime, right: str) -> None:
    somebody = Somebody(ManagerServer(rt), *([right] if right else []))
    for action in rt.actions.values():
        if not action.privilege or right in action.privilege.split(","):
            continue
        answer = await somebody.ask(action.name)
        assert (answer.status, answer.message) == ("Error", "Permission denied"), (action.name, right)


EVIL = ["${SHELL(touch %s)}", "${FILE(/etc/passwd)}", "${ENV(PATH)}", "${CUT(${a}${b},1)}", "${EVAL(${a})}",
        "${STAT(e,/etc/passwd)}", "${AST_CONFIG(manager.conf,user,secret)}", "$[${SHELL(touch %s)}]"]  # fmt: skip


def texts(mark: Path) -> list[str]:
    return [each.replace("%s", str(mark)) for each in EVIL]


HARMLESS = frozenset(CLASSES) - {"system", "command", "config"}


async def test_no_file_and_no_process_without_the_right(tmp_path: Path) -> None:
    """All classes but those three: whatever is asked for, with whatever in whatever header, nothing is touched."""
    mark, secret = tmp_path / "touched", "root:"
    (tmp_path / "extensions.conf").write_text("[default]\nexten => 100,1,Answer()\n same => n,Wait(60)\n")
    places = dict.fromkeys(("astetcdir", "astvarlibdir", "astdbdir", "astrundir", "astlogdir", "astspooldir"), tmp_path)
    async with TestRuntime(tmp_path, directories=DirectorySettings(**places)) as rt:
        await rt.originate("Local/100@default", application="Wait", app_data="600", uniqueids=("victim", "other"))
        somebody = Somebody(ManagerServer(rt), *HARMLESS)
        before = set(tmp_path.rglob("*"))
        for action in rt.actions.values():
            if action.name in ("WaitEvent", "Login", "Hangup", "BridgeDestroy", "BridgeKick"):
                continue
            for text in texts(mark):
                answer = await somebody.ask(action.name, **headers(action.name, text))
                shown = f"{answer.headers}{answer.lines}{[item.headers for item in answer.items]}"
                assert secret not in shown, (action.name, text)
                if answer.after is not None:
                    answer.after()
                await asyncio.sleep(0)
        for _ in range(50):
            await asyncio.sleep(0.1)
        assert not mark.exists()
        new = {path.name for path in set(tmp_path.rglob("*")) - before}
        assert not {name for name in new if not name.startswith("astdb")}, new


def headers(name: str, text: str) -> dict[str, str]:
    """What an action would need to do harm with a text."""
    found = dict.fromkeys(
        ("Application", "Data", "Variables", "Value", "Message", "Command", "File", "Filename", "SrcFilename",
         "DstFilename", "Format", "Body", "Key", "Val", "Family", "Mailbox", "Provider", "Interface", "Queue",
         "Content"),
        text,
    )  # fmt: skip
    found |= {"Channel": "victim", "Context": "default", "Exten": "100", "Priority": "1", "Timeout": "1000"}
    found["Variable"] = text[2:-1] if name in ("Getvar", "Setvar") else f"X={text}"
    if name == "Originate":
        del found["Exten"]
        found |= {"Channel": "Local/100@default", "Async": "yes", "Application": "NoOp"}
    return found


@pytest.mark.parametrize(
    "application", ["System", "TrySystem", "Exec", "ExecIf", "TryExec", "AGI", "EAGI", "MixMonitor", "Monitor",
                    "Record", "ExternalIVR", "Originate", "Set", "MSet", "Dictate", "VoiceMail", "While", "ExecIfTime",
                    "WaitForCondition"],
)  # fmt: skip
async def test_no_application_that_does(rt: TestRuntime, application: str) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n")
    somebody = Somebody(ManagerServer(rt), *HARMLESS)
    answer = await somebody.ask("Originate", Channel="Local/100@default", Application=application, Data="x")
    assert answer.message == "Originate Access Forbidden: app or data blacklisted"


@pytest.mark.parametrize(("application", "data"), [("Authenticate", "/etc/passwd"), ("DISA", "/etc/passwd,default")])
async def test_no_file_of_passwords(rt: TestRuntime, application: str, data: str) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n")
    somebody = Somebody(ManagerServer(rt), *HARMLESS)
    there = {"Channel": "Local/100@default", "Async": "yes", "Application": application}
    answer = await somebody.ask("Originate", **there, Data=data)
    assert answer.message == "Originate Access Forbidden: app or data blacklisted"
    answer = await somebody.ask("Originate", **there, Data="1234")
    assert answer.message == "Originate successfully queued"


INDIRECT = ["ARRAY(FILE(%s))", "PUSH(SHELL(touch %s))", "UNSHIFT(FILE(%s))", "HASH(FILE(%s))", "__TOUCH_MIXMONITOR",
            "TOUCH_MIXMONITOR_PREFIX", "FILE(%s)", "ARRAY(TOUCH_MIXMONITOR)"]  # fmt: skip


@pytest.mark.parametrize("name", INDIRECT)
async def test_no_variable_that_does(rt: TestRuntime, tmp_path: Path, name: str) -> None:
    """A variable of an originated call may be a function that writes or reads another one, or say where to record."""
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Wait(60)\n")
    mark = tmp_path / "touched"
    mark.write_text("as it was")
    variable = name.replace("%s", str(mark))
    somebody = Somebody(ManagerServer(rt), *HARMLESS)
    there = {"Channel": "Local/100@default", "Context": "default", "Exten": "100", "Priority": "1"}
    answer = await somebody.ask("Originate", **there, Variable=f"{variable}=x,b,touch x")
    assert answer.message == "Originate Access Forbidden: app or data blacklisted"
    assert (await somebody.ask("Setvar", Variable=variable, Value="x")).message == "Variable not set"
    assert (await somebody.ask("Originate", **there, Variable="X=SHELL(id)")).status == "Success"
    assert mark.read_text() == "as it was"


@pytest.mark.parametrize("name", ["ChannelId", "OtherChannelId"])
async def test_a_unique_id_leads_nowhere(rt: TestRuntime, name: str) -> None:
    """`MixMonitor(${UNIQUEID}.wav)` is what dialplans say."""
    rt.extensions("[default]\nexten => 100,1,Answer()\n")
    somebody = Somebody(ManagerServer(rt), *CLASSES)
    there = {"Channel": "Local/100@default", "Application": "Wait", "Data": "1"}
    answer = await somebody.ask("Originate", **there, **{name: "../../etc/x"})
    assert answer.message == "Uniqueid must not contain a slash"


async def test_files_only_inside_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    folder = tmp_path / "etc"
    outside.mkdir()
    folder.mkdir()
    (outside / "x.conf").write_text("[secret]\na = b\n")
    (folder / "link.conf").symlink_to(outside / "x.conf")
    (folder / "linked").symlink_to(outside)
    (folder / "extensions.conf").write_text("[default]\n")
    places = dict.fromkeys(("astetcdir", "astvarlibdir", "astdbdir", "astrundir", "astlogdir", "astspooldir"), folder)
    names = [
        "link.conf",
        "linked/x.conf",
        "../outside/x.conf",
        str(outside / "x.conf"),
        "./../outside/x.conf",
        "/etc/passwd",
    ]
    async with TestRuntime(folder, directories=DirectorySettings(**places)) as rt:
        somebody = Somebody(ManagerServer(rt), *CLASSES)
        for name in names:
            for action in ("GetConfig", "GetConfigJSON", "ListCategories", "CreateConfig"):
                answer = await somebody.ask(action, Filename=name)
                assert answer.message == "File requires escalated privileges", (action, name)
            for source, target in ((name, "extensions.conf"), ("extensions.conf", name)):
                change = {"Action-000000": "NewCat", "Cat-000000": "y"}
                answer = await somebody.ask("UpdateConfig", SrcFilename=source, DstFilename=target, **change)
                assert answer.message == "File requires escalated privileges", name
        assert (outside / "x.conf").read_text() == "[secret]\na = b\n"
