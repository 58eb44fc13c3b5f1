"""SendText: a message inside the call."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, application


@application("SendText", see="SENDTEXTSTATUS")
def send_text(chan: Channel, text: Text = "") -> None:
    """Send the far end a text message inside the call.

    Args:
        text: The message; SENDTEXT_BODY is sent instead when it is set.
    Sets: SENDTEXTSTATUS (SUCCESS when it was handed to the far end's driver) and SENDTEXTTYPE (BASIC).
    Compat: app_sendtext; for SIP a MESSAGE of type text/plain in the dialog. SENDTEXT_CONTENT_TYPE and the display
        names are not served yet.
    """
    chan.send_text(chan.variables.get("SENDTEXT_BODY") or text)
    chan.set("SENDTEXTTYPE", "BASIC")
    chan.set("SENDTEXTSTATUS", "SUCCESS")
