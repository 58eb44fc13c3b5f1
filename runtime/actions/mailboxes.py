"""Actions on mailboxes: what is in them, and what a voicemail server outside says of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asterism.dialplan.regex import BadPattern, from_outside
from asterism.runtime import mailboxes
from asterism.runtime.declare import action
from asterism.runtime.errors import AsterismError
from asterism.runtime.mailboxes import Messages
from asterism.runtime.request import Header, Item, Request, Response, one_line

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_NUMBER_MAX = 0xFFFFFFFF


@action("MailboxStatus", privilege="call,reporting")
async def mailbox_status(rt: "Runtime", mailbox: str = "") -> Response:
    """Tell whether there are messages in a mailbox, or in one of several joined by commas."""
    if not mailbox:
        return Response.error("Mailbox not specified")
    counts = [await mailboxes.count(rt, each.strip()) for each in mailbox.split(",")]
    waiting = int(any(each.new or each.urgent for each in counts))
    return Response.success("Mailbox Status", [("Mailbox", mailbox), ("Waiting", waiting)])


@action("MailboxCount", privilege="call,reporting")
async def mailbox_count(rt: "Runtime", mailbox: str = "") -> Response:
    """Count the messages in a mailbox."""
    if not mailbox:
        return Response.error("Mailbox not specified")
    found = await mailboxes.count(rt, mailbox)
    counts: list[Header] = [("UrgMessages", found.urgent), ("NewMessages", found.new), ("OldMessages", found.old)]
    return Response.success("Mailbox Message Count", [("Mailbox", mailbox), *counts])


async def _meant(rt: "Runtime", text: str) -> Sequence[tuple[str, Messages]]:
    """The mailboxes that `name` or `/regular expression/` stands for, among those a program outside has spoken of."""
    if not text.startswith("/"):
        found = mailboxes.said(rt, text)
        return [] if found is None else [(text, found)]
    if len(text) < 2 or not text.endswith("/"):
        raise AsterismError(f"Mailbox regex format invalid in: {text}")
    try:
        pattern = from_outside(text[1:-1])
    except BadPattern:
        return []
    return [(name, found) for name, found in (await mailboxes.all_said(rt)).items() if pattern.fits(name)]


@action("MWIGet", privilege="call,reporting", headers="Mailbox*", see="MWIUpdate, MWIDelete, MailboxCount")
async def mwi_get(rt: "Runtime", request: Request) -> Response:
    """List mailboxes of which a voicemail server outside has spoken, with their messages.

    Args:
        Mailbox: The name of one, or `/regular expression/`.
    """
    text = request.get("Mailbox")
    if not text:
        return Response.error("Missing mailbox parameter in request")
    items = []
    for name, found in await _meant(rt, text):
        facts: list[Header] = [("Mailbox", name), ("OldMessages", found.old), ("NewMessages", found.new)]
        items.append(Item("MWIGet", facts, marked_last=True))
    return Response.listing("Mailboxes will follow", items, "MWIGetComplete")


@action("MWIUpdate", privilege="call", headers="Mailbox* OldMessages NewMessages", see="MWIGet, MWIDelete")
async def mwi_update(rt: "Runtime", request: Request) -> Response:
    """Say how many messages are in a mailbox of a voicemail server outside; what is not said is 0.

    From then on that counts, and no folder on disk. It outlives the process.
    """
    mailbox = one_line(request.get("Mailbox"))
    if not mailbox:
        return Response.error("Missing mailbox parameter in request")
    counts = []
    for header in ("OldMessages", "NewMessages"):
        text = request.get(header)
        if text and not (text.isascii() and text.isdecimal() and int(text) <= _NUMBER_MAX):
            return Response.error(f"Invalid {header}: {text}")
        counts.append(int(text or 0))
    await mailboxes.say(rt, mailbox, Messages(counts[1], counts[0]))
    return Response.success()


@action("MWIDelete", privilege="call", headers="Mailbox*", see="MWIGet, MWIUpdate")
async def mwi_delete(rt: "Runtime", request: Request) -> Response:
    """Forget what a voicemail server outside has said of mailboxes: of one, or all of a `/regular expression/`."""
    text = request.get("Mailbox")
    if not text:
        return Response.error("Missing mailbox parameter in request")
    for name, _ in await _meant(rt, text):
        await mailboxes.forget(rt, name)
    return Response.success()
