"""`switch => Realtime/context@family/options`: extensions whose priorities are rows of a table.

The family's table has the columns `context`, `exten`, `priority`, `app` and `appdata`. Looked for is the number
itself, then the patterns of that context and priority, the longest first. What was found is remembered for a second.
"""

from collections.abc import Awaitable
from dataclasses import dataclass

from asterism.dialplan import pattern
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.plan import Plan
from asterism.dialplan.scope import Scope
from asterism.dialplan.source import Found, Later, Step
from asterism.runtime.realtime import Field, Realtime, Values

REMEMBERED_S = 1.0
"How long a row that was found is taken for what the table says; as in Asterisk."
REMEMBERED_MAX = 10_000
"Rows remembered; dialled numbers have no bound of their own."

_Place = tuple[str, str, int, str]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What stands behind `Realtime/`.

    Args:
        context: The context of the table; empty for the one that the switch stands in.
        family: The family, `extensions` unless it is said.
        patterns: Whether the table has patterns (no option p).
    """

    context: str
    family: str
    patterns: bool

    @classmethod
    def of(cls, argument: str) -> "_Wanted":
        place, _, options = argument.partition("/")
        context, at, family = place.partition("@")
        return cls(context if at else "", family or "extensions", "p" not in options)


class RealtimeSwitch:
    """Meets `asterism.dialplan.plan.SwitchDriver`."""

    def __init__(self, realtime: Realtime) -> None:
        self._realtime = realtime
        self._found: dict[_Place, tuple[float, Step]] = {}
        self._steps: dict[tuple[_Place, str, str], Step] = {}

    def find(self, plan: Plan, scope: Scope, context: str, exten: str, priority: int, argument: str) -> Found:
        """Find a priority in the table."""
        place = (context, exten, priority, argument)
        found = self._found.get(place)
        if found is not None and 0 <= scope.now() - found[0] < REMEMBERED_S:
            return found[1]
        wanted = _Wanted.of(argument)
        if not self._realtime.serves(wanted.family):
            return None
        return Later(lambda: self._look(scope, place, wanted))

    def longer(
        self, plan: Plan, scope: Scope, context: str, exten: str, argument: str
    ) -> Awaitable[bool | None] | bool | None:
        """Whether more digits could make a number of the table."""
        wanted = _Wanted.of(argument)
        return Later(lambda: self._longer(context, exten, wanted)) if self._realtime.serves(wanted.family) else None

    async def _look(self, scope: Scope, place: _Place, wanted: _Wanted) -> Step | None:
        context, exten, priority, _ = place
        where: tuple[Field, Field] = ("context", wanted.context or context), ("priority", str(priority))
        row = await self._realtime.first(wanted.family, ("exten", exten), *where)
        if row is None and wanted.patterns:
            rows = await self._realtime.all(wanted.family, ("exten LIKE", r"\_%"), *where)
            rows.sort(key=lambda each: -len(_value(each, "exten")))
            row = next((each for each in rows if pattern.number_matches(_value(each, "exten"), exten)), None)
        if row is None:
            return None
        step = self._step(place, wanted, row)
        if len(self._found) >= REMEMBERED_MAX:
            self._found.clear()
        self._found[place] = (scope.now(), step)
        return step

    def _step(self, place: _Place, wanted: _Wanted, row: Values) -> Step:
        """The step of a row; the same one as before while the row says the same, so that it is compiled once."""
        context, exten, priority, _ = place
        application, data = _value(row, "app"), _value(row, "appdata")
        key = (place, application, data)
        step = self._steps.get(key)
        if step is None:
            if len(self._steps) >= REMEMBERED_MAX:
                self._steps.clear()
            number = _value(row, "id")
            line = int(number) if number.isdecimal() else 0
            file = f"realtime {wanted.family}"
            step = self._steps[key] = Step(context, exten, priority, "", application, data, file, line)
        return step

    async def _longer(self, context: str, exten: str, wanted: _Wanted) -> bool | None:
        where: tuple[Field, Field] = ("context", wanted.context or context), ("priority", "1")
        if await self._realtime.first(wanted.family, ("exten LIKE", f"{exten}_%"), *where) is not None:
            return True
        if wanted.patterns:
            for row in await self._realtime.all(wanted.family, ("exten LIKE", r"\_%"), *where):
                if _could_match(_value(row, "exten"), exten):
                    return True
        return None


def _value(row: Values, column: str) -> str:
    return next((value for name, value in row if name.lower() == column), "")


def _could_match(text: str, number: str) -> bool:
    """Whether a pattern matches some number that is longer than this one."""
    try:
        trie: pattern.Trie[str] = pattern.Trie()
        trie.put(pattern.elements(text[1:]), text)
    except DialplanError:
        return False
    return any(found.longer for found in trie.prospects(pattern.plain(number)))
