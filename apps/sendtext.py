"""SendText and ReceiveText: messages inside the call."""

import asyncio

from asterism.runtime.channel import FOREVER, Channel
from asterism.runtime.declare import Text, application
from asterism.runtime.driver import TextReceived
from asterism.runtime.errors import Hangup
from asterism.runtime.mailbox import stirred
from asterism.runtime.peers import MessageLeg

_OVERRIDES = ("SENDTEXT_BODY", "SENDTEXT_CONTENT_TYPE", "SENDTEXT_FROM_DISPLAYNAME", "SENDTEXT_TO_DISPLAYNAME")


@application("SendText", see="ReceiveText, SENDTEXTSTATUS")
def send_text(chan: Channel, text: Text = "") -> None:
    """Send the far end a text message inside the call.

    Args:
        text: The message; SENDTEXT_BODY is sent instead when it is set.
    Sets: SENDTEXTSTATUS: SUCCESS when it was handed to the far end's driver, FAILURE; SENDTEXTTYPE: ENHANCED when that
        can send any type of content (PJSIP), or BASIC.
    Compat: app_sendtext; for SIP a MESSAGE in the dialog. The variables SENDTEXT_BODY, SENDTEXT_CONTENT_TYPE,
        SENDTEXT_FROM_DISPLAYNAME and SENDTEXT_TO_DISPLAYNAME count once. Where only plain text can be sent, a content
        type that is not text ends the call. The display names are not served yet and a WARNING.
    """
    given = {name: chan.variables[name] for name in _OVERRIDES if chan.variables.get(name)}
    for name in given:
        chan.unset(name)
    leg, kind = chan.leg, given.get("SENDTEXT_CONTENT_TYPE", "")
    enhanced = isinstance(leg, MessageLeg) and chan.technology == "PJSIP"
    if kind and not enhanced and not kind.lower().startswith("text/"):
        chan.error("SENDTEXT_CONTENT_TYPE must begin with 'text/'")
        raise Hangup(0)
    for name in _OVERRIDES[2:]:
        if name in given:
            chan.warn(f"SendText: {name} is not supported yet and ignored")
    chan.set("SENDTEXTTYPE", "ENHANCED" if enhanced else "BASIC")
    if chan.ended:
        chan.set("SENDTEXTSTATUS", "FAILURE")
        return
    body = given.get("SENDTEXT_BODY") or text
    if kind and isinstance(leg, MessageLeg):
        chan.check()
        leg.send_message(body, kind)
    else:
        chan.send_text(body)
    chan.set("SENDTEXTSTATUS", "SUCCESS")


@application("ReceiveText", see="SendText, RECEIVETEXTSTATUS, RECEIVETEXTMESSAGE")
async def receive_text(chan: Channel, timeout: str = "") -> None:
    """Wait for a text message from the far end.

    Args:
        timeout: Seconds to wait, fractions allowed; for ever when it is 0 or left out.
    Sets: RECEIVETEXTSTATUS: SUCCESS or FAILURE, and with SUCCESS RECEIVETEXTMESSAGE.
    Compat: app_sendtext. A timeout that is no number ends the call.
    """
    try:
        seconds = float(timeout or 0)
    except ValueError:
        chan.warn(f"ReceiveText: '{timeout}' is no number of seconds")
        raise Hangup(0) from None
    deadline = asyncio.get_running_loop().time() + seconds if seconds > 0 else FOREVER
    while (message := chan.take(TextReceived)) is None:
        if chan.ended or not await stirred((chan,), deadline):
            chan.set("RECEIVETEXTSTATUS", "FAILURE")
            return
    chan.set("RECEIVETEXTMESSAGE", message.text)
    chan.set("RECEIVETEXTSTATUS", "SUCCESS")
