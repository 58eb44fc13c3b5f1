"""Commands that play and listen: STREAM FILE and its kin, SAY, GET DATA, WAIT FOR DIGIT.

They make way for the next command: one that comes while they play or wait stops them, and they answer nothing.
"""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from asterism.dialplan.errors import Interrupt
from asterism.functions.indirect import integer
from asterism.runtime import control, say
from asterism.runtime.agi.command import Misused, agi_command
from asterism.runtime.agi.protocol import SUPERSEDED, Reply, failure, result
from asterism.runtime.driver import Digit, SoundFile
from asterism.runtime.mailbox import stirred
from asterism.runtime.sounds import rate_hz

if TYPE_CHECKING:
    from asterism.runtime.agi.conversation import Conversation

ANY = "0123456789*#ABCD"
DATA_MAX = 1023
"Digits that GET DATA takes: Asterisk's bound."


class Superseded(Exception):
    """The next command has come."""


async def press(agi: "Conversation", digits: str, seconds: float) -> str:
    """Wait for one of these keys, others are lost; "" when none came in time."""
    deadline = asyncio.get_running_loop().time() + min(seconds, 1e9)
    while True:
        while (event := agi.channel.take(Digit)) is not None:
            if event.digit in digits:
                return event.digit
        if agi.superseded:
            raise Superseded
        if not await stirred((agi.channel,), deadline):
            return ""


class Heard:
    """A sound that was played: the key that stopped it, and where in it that was."""

    def __init__(self, sound: SoundFile, length_ms: int, offset_ms: int = 0) -> None:
        self.sound, self.length_ms, self.position_ms = sound, length_ms, offset_ms
        self.digit = ""

    @property
    def samples(self) -> int:
        """The place in samples of the file."""
        return self.position_ms * rate_hz(self.sound) // 1000

    async def play(self, agi: "Conversation", digits: str, *, yields: bool = True) -> None:
        """Play it to its end, or until one of these keys; keeps where it was when something else ends it.

        Raises:
            Superseded: It `yields`, and the next command has come.
        """
        winding = control.Winding(agi.channel, self.sound, self.length_ms, self.position_ms)
        winding.start()
        try:
            while not winding.over:
                while (event := agi.channel.take(Digit)) is not None:
                    if event.digit in digits:
                        self.digit = event.digit
                        return
                if yields and agi.superseded:
                    raise Superseded
                await stirred((agi.channel,))
        finally:
            self.position_ms = self.length_ms if winding.over else winding.position_ms
            winding.stop()


async def _sound(agi: "Conversation", name: str, samples: int = 0) -> Heard | None:
    found = await control.open_sound(agi.channel, name)
    if found is None:
        return None
    sound, length_ms = found
    offset_ms = max(0, samples) * 1000 // rate_hz(sound)
    return Heard(sound, length_ms, min(offset_ms, length_ms))


def whole(text: str) -> int:
    """A whole number, as `sscanf` reads it.

    Raises:
        Misused: It is none.
    """
    number = integer(text)
    if number is None:
        raise Misused
    return number


async def beep(agi: "Conversation") -> None:
    """Play the beep before a recording."""
    heard = await _sound(agi, "beep")
    if heard is not None:
        await heard.play(agi, "", yields=False)


# --- sound files -------------------------------------------------------------------------------------


@agi_command("STREAM FILE", see="CONTROL STREAM FILE, GET OPTION, GET DATA")
async def stream_file(agi: "Conversation", filename: str, escape_digits: str, sample_offset: str = "0") -> Reply:
    """Play a sound, from a sample on; one of the digits stops it.

    Returns the code of the digit that stopped it, 0 when it was played to its end, -1 on a failure or hangup; endpos
    is the sample where it ended. Sets PLAYBACKSTATUS.
    """
    heard = await _sound(agi, filename, whole(sample_offset))
    if heard is None:
        return failure(-1, "endpos=0")
    try:
        await heard.play(agi, escape_digits)
    except Superseded:
        return SUPERSEDED
    except Interrupt as interrupt:
        agi.interrupted(interrupt)
        return failure(-1, f"endpos={heard.samples}")
    agi.channel.set("PLAYBACKSTATUS", "FAILED" if heard.digit else "SUCCESS")
    return result(_code(heard.digit), f"endpos={heard.samples}")


def _code(digit: str) -> int:
    return ord(digit) if digit else 0


@agi_command("GET OPTION", see="STREAM FILE, CONTROL STREAM FILE, GET DATA")
async def get_option(agi: "Conversation", filename: str, escape_digits: str, timeout: str = "") -> Reply:
    """Play a sound, then wait so many milliseconds for one of the digits; it stops the sound too.

    Returns as STREAM FILE does. Without a timeout it is the dialplan's digit timeout.
    """
    heard = await _sound(agi, filename)
    if heard is None:
        return failure(-1, "endpos=0")
    milliseconds = integer(timeout)
    seconds = agi.channel.digit_timeout if milliseconds is None else milliseconds / 1000
    try:
        await heard.play(agi, escape_digits)
        digit = heard.digit or await press(agi, ANY, seconds if seconds >= 0 else 1e9)
    except Superseded:
        return SUPERSEDED
    except Interrupt as interrupt:
        agi.interrupted(interrupt)
        return failure(-1, f"endpos={heard.samples}")
    return result(_code(digit if digit in escape_digits else ""), f"endpos={heard.samples}")


@agi_command("CONTROL STREAM FILE", see="STREAM FILE, GET OPTION, GET DATA")
async def control_stream_file(
    agi: "Conversation",
    filename: str,
    escape_digits: str,
    skipms: str = "3000",
    ffchar: str = "#",
    rewchr: str = "*",
    pausechr: str = "",
    offsetms: str = "0",
) -> Reply:
    """Play a sound that the listener can wind and pause; one of the digits stops it.

    Returns the code of the digit that stopped it, 0 when it was played to its end, -1 on a failure or hangup; endpos
    is the place in milliseconds, -1 for the end. Sets CPLAYBACKSTATUS, CPLAYBACKOFFSET, CPLAYBACKSTOPKEY.
    """
    chan = agi.channel
    keys = control.Keys(ffchar or "#", rewchr or "*", pausechr, "", escape_digits)
    began = asyncio.get_running_loop().time()
    skip_ms, offset_ms = whole(skipms), whole(offsetms)
    try:
        ended = await control.play(chan, filename, keys, skip_ms=skip_ms, offset_ms=offset_ms)
    except Interrupt as interrupt:
        agi.interrupted(interrupt)
        return failure(-1, f"endpos={round((asyncio.get_running_loop().time() - began) * 1000)}")
    chan.set("CPLAYBACKSTATUS", ended.status)
    chan.set("CPLAYBACKOFFSET", str(ended.offset_ms))
    if ended.key:
        chan.set("CPLAYBACKSTOPKEY", ended.key)
    if ended.status == "ERROR":
        return failure(-1, "endpos=-1")
    return result(_code(ended.key), f"endpos={ended.offset_ms}")


# --- keys -----------------------------------------------------------------------------------------------


@agi_command("WAIT FOR DIGIT", see="GET DATA")
async def wait_for_digit(agi: "Conversation", timeout: str) -> Reply:
    """Wait so many milliseconds for a key; -1 waits for ever.

    Returns its code, 0 when none came in time, -1 on a failure or hangup.
    """
    milliseconds = whole(timeout)
    try:
        return result(_code(await press(agi, ANY, milliseconds / 1000 if milliseconds >= 0 else 1e9)))
    except Superseded:
        return SUPERSEDED


@agi_command("GET DATA", see="GET OPTION, STREAM FILE, WAIT FOR DIGIT")
async def get_data(agi: "Conversation", file: str, timeout: str = "", maxdigits: str = "", *ignored: str) -> Reply:
    """Play a sound and collect digits, until `#` or as many as are wanted.

    The timeout in milliseconds is for each digit; without one it is the dialplan's. Returns the digits, with
    `(timeout)` behind them when no `#` came.
    """
    chan = agi.channel
    milliseconds, most = integer(timeout) or 0, DATA_MAX if not maxdigits else integer(maxdigits) or 0
    first_s, next_s = chan.response_timeout, chan.digit_timeout
    if milliseconds:
        first_s = next_s = milliseconds / 1000 if milliseconds > 0 else 1e9
    if most < 1:
        return result(-1)
    digits = digit = ""
    try:
        if file:
            heard = await _sound(agi, file)
            if heard is None:
                return result(-1)
            await heard.play(agi, ANY)
            digit = heard.digit
        while True:
            digit = digit or await press(agi, ANY, next_s if digits else first_s)
            if not digit:
                return result(digits, "(timeout)")
            if digit == "#":
                return result(digits)
            digits += digit
            digit = ""
            if len(digits) >= most:
                return result(digits)
    except Superseded:
        return SUPERSEDED
    except Interrupt as interrupt:
        agi.interrupted(interrupt)
        return result(-1)


# --- saying -----------------------------------------------------------------------------------------------


async def _say(agi: "Conversation", names: list[str], digits: str) -> Reply:
    """Say it, until one of these keys; a sound that is not there is passed over."""
    try:
        for name in names:
            heard = await _sound(agi, name)
            if heard is None:
                continue
            await heard.play(agi, digits)
            if heard.digit:
                return result(_code(heard.digit))
    except Superseded:
        return SUPERSEDED
    return result(0)


@agi_command("SAY DIGITS", see="SAY NUMBER, SAY ALPHA, SAY PHONETIC")
async def say_digits(agi: "Conversation", number: str, escape_digits: str) -> Reply:
    """Say a number digit by digit; one of the digits stops it. Returns its code, or 0."""
    whole(number)
    return await _say(agi, say.digits(number), escape_digits)


@agi_command("SAY NUMBER", see="SAY DIGITS, SAY ALPHA, SAY PHONETIC")
async def say_number(agi: "Conversation", number: str, escape_digits: str, gender: str = "", *ignored: str) -> Reply:
    """Say a whole number; one of the digits stops it. Returns its code, or 0."""
    return await _say(agi, say.number(whole(number)), escape_digits)


@agi_command("SAY ALPHA", see="SAY DIGITS, SAY NUMBER, SAY PHONETIC")
async def say_alpha(agi: "Conversation", number: str, escape_digits: str) -> Reply:
    """Spell a text; one of the digits stops it. Returns its code, or 0."""
    return await _say(agi, say.letters(number), escape_digits)


@agi_command("SAY PHONETIC", see="SAY DIGITS, SAY NUMBER, SAY ALPHA")
async def say_phonetic(agi: "Conversation", string: str, escape_digits: str) -> Reply:
    """Spell a text with the radio alphabet; one of the digits stops it. Returns its code, or 0."""
    return await _say(agi, say.phonetic(string), escape_digits)


@agi_command("SAY DATE", see="SAY TIME, SAY DATETIME")
async def say_date(agi: "Conversation", date: str, escape_digits: str) -> Reply:
    """Say the date of a time in seconds since 1970; one of the digits stops it. Returns its code, or 0."""
    return await _say_time(agi, date, escape_digits, "ABdY", "")


@agi_command("SAY TIME", see="SAY DATE, SAY DATETIME")
async def say_time(agi: "Conversation", time: str, escape_digits: str) -> Reply:
    """Say the time of day of a time in seconds since 1970; one of the digits stops it. Returns its code, or 0."""
    return await _say_time(agi, time, escape_digits, "IMp", "")


@agi_command("SAY DATETIME", see="SAY DATE, SAY TIME")
async def say_datetime(
    agi: "Conversation", time: str, escape_digits: str, format: str = "", timezone: str = "", *ignored: str
) -> Reply:
    """Say a time in seconds since 1970 as a format says; one of the digits stops it. Returns its code, or 0.

    The letters of the format are those of SayUnixTime: `ABdY 'digits/at' IMp` unless it is given.
    """
    return await _say_time(agi, time, escape_digits, format or say.DEFAULT_TIME, timezone)


async def _say_time(agi: "Conversation", text: str, digits: str, pattern: str, timezone: str) -> Reply:
    chan = agi.channel
    when, now = (datetime.fromtimestamp(each, UTC) for each in (whole(text), chan.now()))
    zone: ZoneInfo | None = None
    if timezone:
        try:
            zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            chan.warn(f"There is no time zone '{timezone}'")
            zone = ZoneInfo("UTC")
    return await _say(agi, say.time(when.astimezone(zone), pattern, now.astimezone(zone)), digits)
