"""Morsecode: a text as dots and dashes."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, application
from asterism.runtime.driver import Tone
from asterism.runtime.tones import ToneList

# ITU-R M.1677-1.
_INTERNATIONAL = dict(zip(
    "abcdefghijklmnopqrstuvwxyz0123456789.,?'!/()&:;=+-_\"$@",
    (  # noqa: SIM905 - as a table of words it can be read.
        ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
        "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. .-.-.- --..-- ..--.. .----. -.-.-- -..-. -.--. "
        "-.--.- .-... ---... -.-.-. -...- .-.-. -....- ..--.- .-..-. ...-..- .--.-."
    ).split(),
    strict=True,
))  # fmt: skip


@application("Morsecode", see="SayAlpha, SayPhonetic")
async def morsecode(chan: Channel, string: Text = "") -> None:
    """Play a text as Morse code.

    Args:
        string: Letters, digits, and signs; others are passed over.
    Compat: app_morsecode. MORSEDITLEN is the length of a dot in milliseconds (80), MORSETONE the pitch in Hz (800),
        MORSESPACETONE that of the pauses (0). MORSETYPE=AMERICAN is a WARNING: there is only the international code.
    """
    if not string:
        chan.warn("Syntax: Morsecode(<string>) - no argument found")
        return
    if chan.variables.get("MORSETYPE", "").upper() == "AMERICAN":
        chan.warn("Morsecode: MORSETYPE=AMERICAN is not supported yet and ignored")
    dot = _whole(chan, "MORSEDITLEN", 80)
    pitch, rest = _whole(chan, "MORSETONE", 800), _whole(chan, "MORSESPACETONE", 0)
    tones: list[Tone] = []
    for char in string.lower():
        for sign in _INTERNATIONAL.get(char, ""):
            tones += (Tone(pitch, 0, dot * (3 if sign == "-" else 1)), Tone(rest, 0, dot))
        tones.append(Tone(rest, 0, dot * (6 if char == " " else 2)))
    await chan.until_played(chan.start_tone(ToneList(tuple(tones)), loop=False))


def _whole(chan: Channel, name: str, otherwise: int) -> int:
    text = chan.variables.get(name, "")
    if not text or (text.isdigit() and int(text) < 100_000):
        return int(text) if text else otherwise
    chan.warn(f"Invalid {name}, '{text}'; using {otherwise}")
    return otherwise
