"""Zapateller: the tone that makes dialling machines go away."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, application
from asterism.runtime.tones import parse_tones

_SIT = "!0/500,!950/330,!1400/330,!1800/330,!0/1000"
"""ITU-T E.180: the special information tone."""


@application("Zapateller", see="PrivacyManager, PlayTones, ZAPATELLERSTATUS")
async def zapateller(chan: Channel, options: Text = "") -> None:
    """Play the special information tone, which dialling machines take for a number that does not exist.

    Args:
        options: `answer` answers the call first, `nocallerid` does nothing when the caller's number is known; joined
            by commas.
    Sets: ZAPATELLERSTATUS: NOTHING, ANSWERED, ZAPPED, whichever came last.
    Compat: app_zapateller. Other words do not count.
    """
    words = options.lower().split(",")
    chan.set("ZAPATELLERSTATUS", "NOTHING")
    if "answer" in words and not chan.is_up:
        await chan.answer()
        chan.set("ZAPATELLERSTATUS", "ANSWERED")
    if "nocallerid" in words and chan.caller.number:
        return
    chan.set("ZAPATELLERSTATUS", "ZAPPED")
    await chan.until_played(chan.start_tone(parse_tones(_SIT), loop=False))
