"""`switch => Realtime/context@family/options`: extensions whose priorities are rows of a table.

The family's table has the columns `context`, `exten`, `priority`, `app` and `appdata`. Looked for is the number
itself, then the patterns of that context and priority, the longest first. The table is kept in memory, and read
again within a second when its file was written to; one with too many rows is asked each time.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from asterism.dialplan import pattern
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.plan import Plan
from asterism.dialplan.scope import Scope
from asterism.dialplan.source import Found, Later, Step
from asterism.runtime.realtime import Field, Realtime, Values
from asterism.runtime.realtime_table import Table, value

REMEMBERED_S = 1.0
"How old what is known of a table may be; as in Asterisk."
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
        self._tables: dict[str, Table] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._found: dict[_Place, tuple[float, Step]] = {}
        self._steps: dict[tuple[_Place, str, str], Step] = {}

    def watch(self, argument: str) -> Table | None:
        """Keep the extensions that `Realtime/argument` leads to in memory; None when no such family is bound."""
        family = _Wanted.of(argument).family
        if not self._realtime.serves(family):
            return None
        table = self._tables.get(family)
        if table is None:
            table = self._tables[family] = Table(self._realtime, family)
            self._keepers.append(asyncio.get_running_loop().create_task(_keep(table), name=f"realtime {family}"))
        return table

    def watch_all(self, plan: Plan) -> None:
        """Keep all extensions in memory that a dialplan leads to."""
        for context in plan.contexts.values():
            for switch in context.switches:
                if switch.name.lower() == "realtime" and not switch.evaluated:
                    self.watch(switch.argument)

    async def close(self) -> None:
        """Look at no table any more."""
        keepers, self._keepers = self._keepers, []
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        self._tables.clear()

    def find(self, plan: Plan, scope: Scope, context: str, exten: str, priority: int, argument: str) -> Found:
        """Find a priority in the table."""
        table = self.watch(argument)
        if table is None:
            return None
        place, wanted = (context, exten, priority, argument), _Wanted.of(argument)
        if table.usable:
            row = self._row(table, wanted.context or context, exten, priority, wanted.patterns)
            return None if row is None else self._step(place, wanted, row)
        found = self._found.get(place)
        if found is not None and 0 <= scope.now() - found[0] < REMEMBERED_S:
            return found[1]
        return Later(lambda: self._look(scope, place, wanted))

    @staticmethod
    def _row(table: Table, context: str, exten: str, priority: int, patterns: bool) -> Values | None:
        row = table.number(context, exten, priority)
        if row is None and patterns:
            found = table.patterns(context, priority)
            return next((each for text, each in found if pattern.number_matches(text, exten)), None)
        return row

    def longer(
        self, plan: Plan, scope: Scope, context: str, exten: str, argument: str
    ) -> Awaitable[bool | None] | bool | None:
        """Whether more digits could make a number of the table."""
        table = self.watch(argument)
        if table is None:
            return None
        wanted = _Wanted.of(argument)
        if not table.usable:
            return Later(lambda: self._longer(context, exten, wanted))
        there = wanted.context or context
        if any(number.startswith(exten) and len(number) > len(exten) for number in table.numbers(there)):
            return True
        found = table.patterns(there, 1) if wanted.patterns else ()
        return True if any(_could_match(text, exten) for text, _ in found) else None

    async def _look(self, scope: Scope, place: _Place, wanted: _Wanted) -> Step | None:
        context, exten, priority, _ = place
        where: tuple[Field, Field] = ("context", wanted.context or context), ("priority", str(priority))
        row = await self._realtime.first(wanted.family, ("exten", exten), *where)
        if row is None and wanted.patterns:
            rows = await self._realtime.all(wanted.family, ("exten LIKE", r"\_%"), *where)
            rows.sort(key=lambda each: -len(value(each, "exten")))
            row = next((each for each in rows if pattern.number_matches(value(each, "exten"), exten)), None)
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
        application, data = value(row, "app"), value(row, "appdata")
        key = (place, application, data)
        step = self._steps.get(key)
        if step is None:
            if len(self._steps) >= REMEMBERED_MAX:
                self._steps.clear()
            number = value(row, "id")
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
                if _could_match(value(row, "exten"), exten):
                    return True
        return None


async def _keep(table: Table) -> None:
    """Look at a table again and again."""
    while True:
        await table.refresh()
        await asyncio.sleep(REMEMBERED_S)


def _could_match(text: str, number: str) -> bool:
    """Whether a pattern matches some number that is longer than this one."""
    try:
        trie: pattern.Trie[str] = pattern.Trie()
        trie.put(pattern.elements(text[1:]), text)
    except DialplanError:
        return False
    return any(found.longer for found in trie.prospects(pattern.plain(number)))
