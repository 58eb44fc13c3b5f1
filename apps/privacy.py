"""PrivacyManager: asking callers without a number for theirs."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import application
from asterism.runtime.driver import Party
from asterism.runtime.errors import Hangup


@application("PrivacyManager", see="Zapateller, CALLERID, PRIVACYMGRSTATUS")
async def privacy_manager(
    chan: Channel, maxretries: str = "", minlength: str = "", options: str = "", context: str = ""
) -> None:
    """Ask a caller whose number is not known to dial it.

    Args:
        maxretries: How often to ask, 3 when left out.
        minlength: Digits that a number must have at least, 10 when left out.
        options: Nothing yet; a place kept for Asterisk's sake.
        context: What was dialled must be an extension of this context.
    Sets: PRIVACYMGRSTATUS: SUCCESS or FAILED; with SUCCESS the caller's number, and the name `Privacy Manager`.
    Compat: app_privacy. The call is answered first. Nothing happens, and nothing is set, when the number is known.
        Without its sounds nobody can be asked: FAILED.
    """
    if chan.caller.number:
        chan.verbose(3, "CallerID number present: Skipping")
        return
    if not chan.is_up:
        await chan.answer()
    tries, least = _positive(chan, maxretries, 3), _positive(chan, minlength, 10)
    try:
        number = await _asked(chan, tries, least, context)
    except Hangup:
        if not chan.ended:
            raise
        number = ""
    if not number:
        chan.set("PRIVACYMGRSTATUS", "FAILED")
        return
    chan.set_caller(Party(number, "Privacy Manager"))
    chan.verbose(3, f"Changed Caller*ID number to '{number}'")
    chan.set("PRIVACYMGRSTATUS", "SUCCESS")


async def _asked(chan: Channel, tries: int, least: int, context: str) -> str:
    if (await chan.play("privacy-unident")).missing:
        return ""
    for _ in range(tries):
        if (await chan.play("privacy-prompt")).missing:
            return ""
        number = await chan.read_digits(29, first_s=chan.response_timeout, next_s=chan.digit_timeout, end="#")
        valid = not context or chan.switch.extension_exists(context, number, 1, "")
        if len(number) >= least and valid:
            await chan.play("privacy-thankyou")
            return number
        await chan.play("privacy-incorrect")
    return ""


def _positive(chan: Channel, text: str, otherwise: int) -> int:
    if text.isdigit() and int(text) > 0:
        return int(text)
    if text:
        chan.warn(f"PrivacyManager: '{text}' is no number of tries or digits")
    return otherwise
