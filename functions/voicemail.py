"""VMCOUNT and VM_INFO: what is in mailboxes, and what voicemail.conf says of their owners."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from asterism.dialplan.errors import DialplanError
from asterism.runtime import mailboxes
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

FILE = "voicemail.conf"
_NO_MAILBOXES = frozenset(("general", "zonemessages"))


@dataclass(frozen=True)
class Mailbox:
    """One line of voicemail.conf: `1234 => password,name,email,pager,option=value|option=value`."""

    password: str = ""
    fullname: str = ""
    email: str = ""
    pager: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> "Mailbox":
        """Read what stands behind `=>`."""
        parts = [part.strip() for part in text.split(",", 4)] + [""] * 4
        options = dict(option.split("=", 1) for option in parts[4].split("|") if "=" in option)
        named = {name.strip().lower(): value.strip() for name, value in options.items()}
        return cls(parts[0], parts[1], parts[2], parts[3], named)


async def _count(chan: Channel, mailbox: str, folder: str) -> int:
    """What is new counts what is urgent too."""
    if folder in (mailboxes.NEW, mailboxes.OLD):
        found = await mailboxes.count(chan.switch, mailbox)
        return found.new + found.urgent if folder == mailboxes.NEW else found.old
    spool = chan.switch.directories.spool
    return await asyncio.get_running_loop().run_in_executor(None, mailboxes.in_folder, spool, mailbox, folder)


@function("VMCOUNT", see="VM_INFO")
async def vmcount(chan: Channel, vmbox: str = "", folder: str = "") -> str:
    """Count the messages of mailboxes.

    Args:
        vmbox: A mailbox, with `@` and its context unless that is `default`; several joined by `&`.
        folder: Such as Old; INBOX when it is left out, and the urgent ones with it.
    Compat: func_vmcount, on Asterisk's folders below the spool directory, or on what a voicemail server outside says of
        its mailboxes (MWIUpdate).
    """
    if not vmbox:
        raise ArgumentError("a mailbox is needed")
    return str(sum([await _count(chan, box, folder or mailboxes.NEW) for box in vmbox.split("&") if box]))


_ATTRIBUTES: Mapping[str, Callable[[Mailbox, Channel], str]] = {
    "password": lambda box, chan: box.password,
    "fullname": lambda box, chan: box.fullname,
    "email": lambda box, chan: box.email,
    "pager": lambda box, chan: box.pager,
    "language": lambda box, chan: box.options.get("language") or chan.language,
    "locale": lambda box, chan: box.options.get("locale", ""),
    "tz": lambda box, chan: box.options.get("tz", ""),
}


@function("VM_INFO", see="VMCOUNT")
async def vm_info(chan: Channel, mailbox: str = "", attribute: str = "", folder: str = "INBOX") -> str:
    """Tell what voicemail.conf says of a mailbox, or how many messages it has.

    Args:
        mailbox: A mailbox, with `@` and its context unless that is `default`.
        attribute: count, email, exists (1 or 0), fullname, language, locale, pager, password, or tz.
        folder: For count; INBOX when it is left out.
    Compat: app_voicemail. A mailbox that does not exist is empty, but for `exists`.
    """
    if not mailbox or not attribute:
        raise ArgumentError("a mailbox and an attribute are needed")
    found = await asyncio.get_running_loop().run_in_executor(None, _find, chan, *mailboxes.place(mailbox))
    word = attribute.lower()
    if word.startswith("exists"):
        return "0" if found is None else "1"
    if found is None:
        return ""
    if word.startswith("count"):
        return await vmcount.body(chan, mailbox, folder)  # type: ignore[no-any-return]
    for name, read in _ATTRIBUTES.items():
        if word.startswith(name):
            return read(found, chan)
    raise ArgumentError(f"unknown attribute '{attribute}'")


def _find(chan: Channel, mailbox: str, context: str) -> Mailbox | None:
    if not chan.switch.has_config(FILE):
        return None
    try:
        config = chan.switch.read_config(FILE)
    except DialplanError as error:
        chan.warn(str(error))
        return None
    for section in config:
        if section.name.lower() == context.lower() and section.name.lower() not in _NO_MAILBOXES:
            for line in section.lines:
                if line.key == mailbox:
                    return Mailbox.of(line.value)
    return None
