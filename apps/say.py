"""Saying digits, letters, numbers, and times."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from asterism.apps.playback import ANY_DIGIT
from asterism.dialplan.scope import Dialled
from asterism.runtime import say
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, Unit, application
from asterism.runtime.errors import Hangup

_SEE = "SayDigits, SayNumber, SayAlpha, SayPhonetic, SayOrdinal, SayUnixTime, SAYFILES"


async def _say(chan: Channel, names: list[str]) -> Dialled | None:
    """Say it; a digit ends it and is dialled when SAY_DTMF_INTERRUPT says so."""
    interrupts = chan.variables.get("SAY_DTMF_INTERRUPT", "").lower() == "true"
    played = await chan.play(*names, interrupt=ANY_DIGIT if interrupts else "")
    return Dialled(played.digit) if played.digit else None


@application("SayDigits", see=_SEE)
async def say_digits(chan: Channel, digits: Text = "") -> Dialled | None:
    """Say each digit of a number by itself.

    Args:
        digits: 0-9, `*`, `#`, `-`; others are passed over.
    Compat: pbx_builtins. With SAY_DTMF_INTERRUPT=true a key ends it and is dialled, as in BackGround.
    """
    return await _say(chan, say.digits(digits))


@application("SayAlpha", see=_SEE)
async def say_alpha(chan: Channel, string: Text = "") -> Dialled | None:
    """Spell a text.

    Args:
        string: Letters, digits, and signs; others are passed over.
    Compat: pbx_builtins; see SayDigits.
    """
    return await _say(chan, say.letters(string))


@application("SayPhonetic", see=_SEE)
async def say_phonetic(chan: Channel, string: Text = "") -> Dialled | None:
    """Spell a text with the radio alphabet.

    Args:
        string: Letters, digits, and signs; others are passed over.
    Compat: pbx_builtins; see SayDigits.
    """
    return await _say(chan, say.phonetic(string))


@application("SayNumber", see=_SEE)
async def say_number(chan: Channel, digits: str = "", gender: str = "") -> Dialled | None:
    """Say a whole number.

    Args:
        digits: The number, up to 2147483647.
        gender: Accepted for Asterisk's sake; English has none.
    Compat: pbx_builtins; see SayDigits. Other languages get the English order of words. What is no number is a WARNING;
        nothing at all ends the call.
    """
    if not digits:
        chan.warn("SayNumber requires an argument (number)")
        raise Hangup(0)
    value = _number(chan, digits, "SayNumber")
    if value is None or chan.ended:
        return None  # Nobody hears it in `h`, which goes on.
    return await _say(chan, say.number(value))


@application("SayOrdinal", see=_SEE)
async def say_ordinal(chan: Channel, digits: str = "", gender: str = "") -> Dialled | None:
    """Say a number's place in a row: first, second, twenty-third.

    Args:
        digits: The number.
        gender: Accepted for Asterisk's sake; English has none.
    Compat: pbx_builtins; see SayNumber.
    """
    value = _number(chan, digits, "SayOrdinal")
    return None if value is None else await _say(chan, say.ordinal(value))


@application("SayMoney", see=_SEE)
async def say_money(chan: Channel, dollars: str = "") -> Dialled | None:
    """Say an amount of money.

    Args:
        dollars: Dollars, and cents behind a point.
    Compat: pbx_builtins; see SayNumber. As there the sounds `dollars`, `cent` and `cents` come with no package of
        prompts.
    """
    return await _say(chan, say.money(dollars))


def _number(chan: Channel, text: str, who: str) -> int | None:
    try:
        value = int(text)
        if abs(value) <= say.LARGEST:
            return value
    except ValueError:
        pass
    chan.warn(f"argument '{text}' to {who} could not be parsed as a number.")
    return None


@application("SayUnixTime", see=_SEE)
async def say_unix_time(
    chan: Channel, unixtime: Annotated[str, Unit("s")] = "", timezone: str = "", pattern: Text = ""
) -> Dialled | None:
    """Say a time.

    Args:
        unixtime: Seconds since 1970; the present when left out.
        timezone: Such as `Europe/Berlin`; the machine's when left out.
        pattern: What to say of it; see the letters of voicemail.conf. `ABdY 'digits/at' IMp` when left out.
    Compat: app_sayunixtime; see SayNumber. An unknown zone is a WARNING and counts as UTC.
    """
    try:
        seconds = float(unixtime) if unixtime else chan.now()
        when, now = (datetime.fromtimestamp(each, UTC) for each in (seconds, chan.now()))
    except (ValueError, OverflowError, OSError):
        chan.warn(f"argument '{unixtime}' to SayUnixTime is no time")
        return None
    zone = _zone(chan, timezone)
    return await _say(chan, say.time(when.astimezone(zone), pattern or say.DEFAULT_TIME, now.astimezone(zone)))


def _zone(chan: Channel, name: str) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        chan.warn(f"SayUnixTime: there is no time zone '{name}'")
        return ZoneInfo("UTC")
