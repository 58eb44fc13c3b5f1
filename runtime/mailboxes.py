"""Messages that wait: how many are in which mailbox, as a program outside says, or as they are in folders on disk."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.runtime.events import DeviceStateChange, Event
from asterism.runtime.states import DeviceState

if TYPE_CHECKING:
    from asterism.runtime.events import ChannelSnapshot
    from asterism.runtime.switch import Switch

FAMILY = "mwi_external/mailboxes"
"Where the database keeps what programs outside have said, as Asterisk's res_mwi_external does."

DEVICE = "MWI:"
"Before the name of a mailbox: the lamp that tells that there are messages, for hints."

NEW, OLD, URGENT = "INBOX", "Old", "Urgent"


@dataclass(frozen=True, slots=True)
class MessageWaiting(Event):
    """There are more or fewer messages in a mailbox; `channel` is who changed that, if anybody."""

    channel: "ChannelSnapshot | None"
    mailbox: str
    waiting: int
    new: int
    old: int


@dataclass(frozen=True, slots=True)
class Messages:
    """How many messages are in a mailbox; what is urgent is counted by itself."""

    new: int = 0
    old: int = 0
    urgent: int = 0


def place(mailbox: str) -> tuple[str, str]:
    """Mailbox and context of `mailbox[@context]`."""
    name, _, context = mailbox.partition("@")
    return name, context or "default"


def in_folder(spool: Path, mailbox: str, folder: str) -> int:
    """How many messages a folder of a mailbox on disk has; names that lead elsewhere have none. Waits for the disk."""
    parts = (*reversed(place(mailbox)), folder)
    if any(part in ("", ".", "..") or "/" in part or "\0" in part for part in parts):
        return 0
    try:
        names = [each.name for each in spool.joinpath("voicemail", *parts).iterdir()]
    except OSError:
        return 0
    return sum(name.startswith("msg") and name.endswith(".txt") for name in names)


def said(switch: "Switch", mailbox: str) -> Messages | None:
    """What a program outside has said of a mailbox by exactly this name; None when it has said nothing."""
    text = switch.database.read(FAMILY, mailbox)
    return None if text is None else _read(text)


async def all_said(switch: "Switch") -> Mapping[str, Messages]:
    """All mailboxes of which a program outside has said something."""
    found = await switch.database.tree(FAMILY)
    return {path.removeprefix(f"/{FAMILY}/"): _read(text) for path, text in found.items()}


def _read(text: str) -> Messages:
    try:
        values = json.loads(text)
        return Messages(int(values.get("msgs_new", 0)), int(values.get("msgs_old", 0)))
    except (ValueError, TypeError, AttributeError):  # Somebody wrote it by hand.
        return Messages()


async def count(switch: "Switch", mailbox: str) -> Messages:
    """Count the messages of a mailbox: what a program outside has said counts, or else its folders."""
    outside = said(switch, mailbox)
    if outside is not None:
        return outside
    spool = switch.directories.spool

    def folders() -> Messages:
        return Messages(*(in_folder(spool, mailbox, each) for each in (NEW, OLD, URGENT)))

    return await asyncio.get_running_loop().run_in_executor(None, folders)


async def say(switch: "Switch", mailbox: str, messages: Messages) -> None:
    """Take what a program outside says of a mailbox; that outlives the process, and phones and programs are told."""
    text = json.dumps({"msgs_new": str(messages.new), "msgs_old": str(messages.old)}, separators=(",", ":"))
    await switch.database.put(FAMILY, mailbox, text)
    _tell(switch, mailbox, messages)


async def forget(switch: "Switch", mailbox: str) -> None:
    """Forget what a program outside has said of a mailbox."""
    if await switch.database.delete(FAMILY, mailbox):
        _tell(switch, mailbox, Messages())


def lamp(switch: "Switch", mailbox: str) -> DeviceState:
    """The state of the device `MWI:mailbox`: in use while messages wait."""
    found = said(switch, mailbox)
    if found is None:
        return DeviceState.INVALID
    return DeviceState.INUSE if found.new else DeviceState.NOT_INUSE


def _tell(switch: "Switch", mailbox: str, messages: Messages) -> None:
    switch.bus.publish(MessageWaiting(None, mailbox, int(messages.new > 0), messages.new, messages.old))
    switch.bus.publish(DeviceStateChange(f"{DEVICE}{mailbox}", lamp(switch, mailbox).value))
