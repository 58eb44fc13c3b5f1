"""Commands about the history of SIP messages: keep them, list them, look for some, show one."""

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from asterism.dialplan import regex
from asterism.runtime.commands.sip import driver_of
from asterism.runtime.declare import Table, command
from asterism.runtime.errors import ArgumentError, AsterismError
from asterism.runtime.log import escaped
from asterism.runtime.peers import TracedMessage

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_COLUMNS = (("No.", 5), ("Timestamp", 10), ("Dir", 0), ("Address", 24), ("SIP Message", 35))
_HEADING = (
    f"{'No.':<5} {'Timestamp':<10} {'(Dir) Address':<30} {'SIP Message':<35}",
    f"{'=' * 5} {'=' * 10} {'=' * 30} {'=' * 35}",
)


@command("pjsip set history {on|off|clear}", see="pjsip show history")
def pjsip_set_history(rt: "Runtime", state: str) -> list[str]:
    """Keep every SIP message that comes or goes, keep no more, or forget those that were kept.

    The ten thousand newest ones are kept.
    """
    tracing = driver_of(rt).tracing
    if state.lower() == "clear":
        tracing.forget()
        return ["PJSIP History cleared"]
    tracing.record(state.lower() == "on")
    return [f"PJSIP History {'enabled' if state.lower() == 'on' else 'disabled'}"]


@command("pjsip show history [entry <number>|where <condition>...]", see="pjsip set history")
def pjsip_show_history(rt: "Runtime", form: str = "", number: str = "", words: Sequence[str] = ()) -> Table | list[str]:
    """List the SIP messages that were kept; show one of them whole, or list those that a condition holds for.

    A condition compares a field with a value: `=`, `!=`, `<`, `>`, `<=`, `>=`, or `like` with a regular expression.
    `and`, `or`, `not` and parentheses join several. A single message that is found is shown whole.

    Args:
        number, timestamp: Of the entry; a time is in seconds since 1970.
        addr: `host:port` of the other side.
        sip.msg.request.method: Of a request.
        sip.msg.call-id: Its Call-ID.

    Example: pjsip show history where sip.msg.request.method = INVITE and addr like 192.0.2.7
    """
    kept = list(driver_of(rt).tracing.history)
    if form == "entry":
        if not number.isdecimal():
            raise AsterismError(f"'{number}' is not a valid entry number")
        one = next((each for each in kept if each.number == int(number)), None)
        if one is None:
            raise AsterismError(f"Entry '{number}' does not exist")
        return _whole(one)
    if form == "where":
        fits = Condition(words).whole()
        kept = [each for each in kept if fits(each)]
        if len(kept) == 1:
            return _whole(kept[0])
    rows = [
        (each.number, int(each.time_s), "==>" if each.sent else "<==", each.remote, _first_line(each)) for each in kept
    ]
    return Table(_COLUMNS, rows, header=False, line=_line, above=_HEADING)


def _line(row: Sequence[object]) -> str:
    number, seconds, way, remote, first = row
    return f"{number:05} {seconds:<10} * {way} {remote!s:<24} {first}"


def _text(message: TracedMessage) -> list[str]:
    text = message.message.decode("utf-8", "replace").replace("\r\n", "\n")
    return [escaped(line) for line in text.split("\n")]


def _first_line(message: TracedMessage) -> str:
    return _text(message)[0]


def _whole(message: TracedMessage) -> list[str]:
    way = "Sent to" if message.sent else "Received from"
    heading = f"<--- History Entry {message.number} {way} {message.remote} at {int(message.time_s)} --->"
    return [heading, *_text(message)]


# --- conditions ------------------------------------------------------------------------------------------

Fits = Callable[[TracedMessage], bool]


def _method(message: TracedMessage) -> str:
    first = _first_line(message)
    return "" if first.startswith("SIP/2.0") else first.partition(" ")[0]


def _call_id(message: TracedMessage) -> str:
    for line in _text(message):
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() in ("call-id", "i"):
            return value.strip()
    return ""


_FIELDS: dict[str, Callable[[TracedMessage], float | str]] = {
    "number": lambda message: message.number,
    "timestamp": lambda message: int(message.time_s),
    "addr": lambda message: message.remote,
    "sip.msg.request.method": _method,
    "sip.msg.call-id": _call_id,
}
_COMPARE: dict[str, Callable[[float | str, float | str], bool]] = {
    "=": operator.eq, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class Condition:
    """The words behind `where`, read from the left: `or` binds least, then `and`, then `not`."""

    def __init__(self, words: Sequence[str]) -> None:
        self._tokens = list(_tokens(words))

    def whole(self) -> Fits:
        """What a message must fit.

        Raises:
            AsterismError: The words are no condition.
        """
        fits = self._either()
        if self._tokens:
            raise AsterismError(f"'{self._tokens[0]}' stands where nothing may follow")
        return fits

    def _next(self) -> str:
        return self._tokens[0].lower() if self._tokens else ""

    def _take(self, what: str) -> str:
        if not self._tokens:
            raise AsterismError(f"{what} is missing at the end")
        return self._tokens.pop(0)

    def _either(self) -> Fits:
        parts = [self._all()]
        while self._next() in ("or", "||"):
            self._tokens.pop(0)
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda message: any(each(message) for each in parts)

    def _all(self) -> Fits:
        parts = [self._one()]
        while self._next() in ("and", "&&"):
            self._tokens.pop(0)
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda message: all(each(message) for each in parts)

    def _one(self) -> Fits:
        if self._next() in ("not", "!"):
            self._tokens.pop(0)
            inner = self._one()
            return lambda message: not inner(message)
        if self._next() == "(":
            self._tokens.pop(0)
            inner = self._either()
            if self._take("')'") != ")":
                raise AsterismError("')' is missing")
            return inner
        return self._comparison()

    def _comparison(self) -> Fits:
        name = self._take("a field")
        field = _FIELDS.get(name.lower())
        if field is None:
            raise AsterismError(f"Unknown or unrecognized field: {name}")
        sign, value = self._take("an operator").lower(), self._take("a value")
        if sign == "like":
            try:
                wanted = regex.from_outside(value)
            except regex.BadPattern as error:
                raise AsterismError(f"'{value}' is no regular expression: {error}") from None
            return lambda message: wanted.fits(str(field(message)))
        compare = _COMPARE.get(sign)
        if compare is None:
            raise AsterismError(f"'{sign}' is no operator")
        if name.lower() not in ("number", "timestamp"):
            return lambda message: compare(field(message), value)
        try:
            number = float(value)
        except ValueError:
            raise AsterismError(f"{name} is compared with a number, and '{value}' is none") from None
        return lambda message: compare(field(message), number)


def _tokens(words: Sequence[str]) -> Iterator[str]:
    """The words with the parentheses before and behind them on their own."""
    if not words:
        raise ArgumentError("")
    for word in words:
        bare = word.lstrip("(")
        yield from "(" * (len(word) - len(bare))
        inner = bare.rstrip(")")
        if inner:
            yield inner
        yield from ")" * (len(bare) - len(inner))
