"""Realtime: families of configuration whose rows are in a database, as extconfig.conf binds them.

A family is a table for whoever asks: REALTIME(), `switch => Realtime`, the console. A binding of a file's name
(`extensions.conf => sqlite3,asterisk,config`) is static: that file is not read from disk but from the table, at every
load.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from asterism.dialplan.reader import Line, Row, Section
from asterism.runtime.datasources import Complain, DataSources, Lost, Source, sections
from asterism.runtime.errors import ConfigError
from asterism.runtime.log import Log
from asterism.runtime.sqlfile import SqlError, quoted, text_of

if TYPE_CHECKING:
    import sqlite_utils

_T = TypeVar("_T")

FILE = "extconfig.conf"
ROWS_MAX = 100_000
"Rows that one question may bring; what lies beyond is left there, with a WARNING."
NEVER_STATIC = frozenset((FILE, "asterisk.conf", "logger.conf", "modules.conf"))
"Files that are read before there is a database."
_STATE = frozenset(("ipaddr", "regseconds", "fullcontact", "regserver", "lastms", "useragent", "uniqueid"))
"Columns of sippeers in which Asterisk keeps registrations, which are kept elsewhere here."
UNSERVED = re.compile(
    r"sip(users|regs|friends)|iax\w+|voicemail(_data)?|queues|queue_(members|rules|log)|meetme"
    r"|musiconhold(_entry)?|acls|followme(_numbers)?|stir_tn|dialplan_functions",
    re.IGNORECASE,
)
"Families that parts of Asterisk look up by themselves."

Field = tuple[str, str]
"Name of a column and a value; in a condition the name may have an operator behind it: `exten LIKE`."
Values = list[Field]
"One row, in the order of its columns."


@dataclass(frozen=True)
class Binding:
    """One line of extconfig.conf.

    Args:
        family: Name of the family, or of a file.
        engine, database: Where its table is.
        table: The table; of the family's name unless it is said.
        priority: 1 for the first place to look, 2 for the next ...
        line: The line of extconfig.conf.
    """

    family: str
    engine: str
    database: str
    table: str
    priority: int
    line: int


class Realtime:
    """The families in force.

    Args:
        sources: The databases.
        log: Where a statement that fails is told; whoever asked goes on without an answer.
    """

    def __init__(self, sources: DataSources, log: Log) -> None:
        self.sources = sources
        self.log = log
        self.bindings: dict[str, dict[int, Binding]] = {}
        "By family in lower case, then by priority."
        self.static: dict[str, list[Row]] = {}
        "The rows of files that are read from a table, by name of the file; as of the last load."
        self.objects: dict[str, list[Section]] = {}
        "Sections that tables add to a file, one a row, by name of the file; as of the last load."

    # --- configuration ------------------------------------------------------------------------

    async def load(self, folder: Path, complain: Complain) -> None:
        """Read extconfig.conf, and the tables that stand for files. What cannot be read stays as it was."""
        try:
            lines = [each for section in sections(folder / FILE, complain) for each in section.lines]
            mapped = list(_sorcery(folder, complain))
        except Lost:
            return
        self.bindings = {}
        for line in lines:
            if line.section == "settings":
                self._bind(line.key, line.value, line.lineno, complain)
        static: dict[str, list[Row]] = {}
        for family, bindings in self.bindings.items():
            if family.endswith(".conf") and 1 in bindings:
                rows = await self._file(bindings[1])
                if rows is None:
                    complain(ConfigError(f"{family} cannot be read from its table", FILE, bindings[1].line, family))
                static[family] = self.static.get(family, []) if rows is None else rows
        objects: dict[str, list[Section]] = {}
        for file, family, kind in (("sip.conf", "sippeers", ""), *mapped):
            if self.serves(family):
                found = await self._objects(family, kind)
                if found is None:
                    complain(ConfigError(f"{family} cannot be read", FILE, 0, family))
                    found = [each for each in self.objects.get(file, []) if each.file == f"realtime {family}"]
                objects.setdefault(file, []).extend(found)
        self.static, self.objects = static, objects

    def _bind(self, family: str, text: str, lineno: int, complain: Complain) -> None:
        engine, comma, rest = text.partition(",")
        if not comma:
            complain(ConfigError(f"'{text}' is no driver,database[,table[,priority]]", FILE, lineno, family))
            return
        database, rest = _database(rest)
        table, _, priority = rest.partition(",")
        number = int(priority) if priority.strip().isdecimal() else 1
        binding = Binding(family, engine.strip(), database.strip(), table.strip() or family, number or 1, lineno)
        if family in NEVER_STATIC:
            complain(ConfigError(f"{family} cannot be read from a database", FILE, lineno, family))
            return
        if self._source(binding) is None:
            complain(ConfigError(f"{family}: {self._missing(binding)}", FILE, lineno, family))
        elif UNSERVED.fullmatch(family):
            complain(
                ConfigError(
                    f"{family}: only REALTIME() and the console read this family, nothing looks it up by itself",
                    FILE, lineno, family,
                )
            )  # fmt: skip
        # Of two lines with the same priority the last one counts.
        self.bindings.setdefault(family.lower(), {})[binding.priority] = binding

    def _missing(self, binding: Binding) -> str:
        if not self.sources.serves(binding.engine):
            return f"the engine '{binding.engine}' is not available, only sqlite3 and odbc are"
        return f"there is no database '{binding.database}' for {binding.engine}"

    def _source(self, binding: Binding) -> Source | None:
        return self.sources.find(binding.engine, binding.database)

    async def _file(self, binding: Binding) -> list[Row] | None:
        order = "cat_metric DESC, var_metric ASC, category, var_name" if binding.engine.lower() == "odbc" else (
            "cat_metric ASC, var_metric ASC"
        )  # fmt: skip
        sql = (
            f"SELECT category, var_name, var_val FROM {quoted(binding.table)}"
            f" WHERE filename = ? AND commented = 0 ORDER BY {order}"
        )
        rows = await self._ask(binding, lambda database: database.execute(sql, [binding.family]).fetchall())
        if rows is None:
            return None
        return [Row(text_of(one) or "", text_of(two) or "", text_of(three) or "") for one, two, three in rows]

    async def _objects(self, family: str, kind: str) -> list[Section] | None:
        """The rows of a family as sections: their options are the columns that are not empty."""
        rows = await self.rows(family)
        if rows is None:
            return None
        found = []
        for number, row in enumerate(rows, 1):
            values = {name.lower(): value for name, value in row if value and name.lower() not in _STATE}
            name = values.pop("name" if not kind else "id", "")
            if not name:
                continue
            if not kind:
                values.pop("id", None)
                if values.get("host", "dynamic") == "dynamic":
                    values.pop("port", None)  # Where it was registered last.
            section = Section(name, f"realtime {family}", number)
            options = {"type": kind or "friend", **values}
            section.lines = [Line(section.file, number, name, key, value) for key, value in options.items()]
            found.append(section)
        return found

    async def rows(self, family: str) -> list[Values] | None:
        """All rows of a family; None when they cannot be read, or are more than ROWS_MAX."""
        for binding in self._places(family):
            rows = await self._select(binding, (), ROWS_MAX + 1)
            if rows is not None:
                return rows if len(rows) <= ROWS_MAX else None
        return None

    async def signature(self, family: str) -> object:
        """Something that is another when the files behind a family have been written to."""
        sources = [self._source(binding) for binding in self._places(family)]
        try:
            return [await source.file.signature() for source in sources if source is not None]
        except SqlError:
            return None  # Closed by a reload just now.

    def serves(self, family: str) -> bool:
        """Whether a family is bound."""
        return family.lower() in self.bindings

    # --- rows ---------------------------------------------------------------------------------

    async def first(self, family: str, *conditions: Field) -> Values | None:
        """The first row that fits, or None.

        Args:
            family: The family.
            conditions: What it has to be: (column, value), or (column and operator, value).
        """
        for binding in self._places(family):
            rows = await self._select(binding, conditions, 1)
            if rows:
                return rows[0]
            if rows is not None and binding.engine.lower() == "odbc":
                break  # Asked and not found: only a database that fails is passed over.
        return None

    async def all(self, family: str, *conditions: Field) -> list[Values]:
        """All rows that fit."""
        for binding in self._places(family):
            rows = await self._select(binding, conditions, ROWS_MAX + 1)
            if rows is not None:
                if len(rows) > ROWS_MAX:
                    self.log.warning(f"{family}: only {ROWS_MAX} rows are read")
                return rows[:ROWS_MAX]
        return []

    async def update(self, family: str, conditions: Sequence[Field], changes: Sequence[Field]) -> int:
        """Change rows that fit; how many, or -1 when nobody could be asked."""
        where, values = _where(conditions)

        def work(binding: Binding, database: "sqlite_utils.Database") -> int:
            columns = ", ".join(f"{quoted(name)} = ?" for name, _ in changes)
            given = [_encoded(binding, value) for _, value in changes]
            return database.execute(f"UPDATE {quoted(binding.table)} SET {columns}{where}", given + values).rowcount

        return await self._change(family, work)

    async def store(self, family: str, fields: Sequence[Field]) -> int:
        """Make a row; how many were made, or -1."""

        def work(binding: Binding, database: "sqlite_utils.Database") -> int:
            columns = ", ".join(quoted(name) for name, _ in fields)
            given = [_encoded(binding, value) for _, value in fields]
            marks = ", ".join("?" * len(given))
            return database.execute(
                f"INSERT INTO {quoted(binding.table)} ({columns}) VALUES ({marks})", given
            ).rowcount  # fmt: skip

        return await self._change(family, work)

    async def destroy(self, family: str, conditions: Sequence[Field]) -> int:
        """Delete the rows that fit; how many, or -1."""
        where, values = _where(conditions)

        def work(binding: Binding, database: "sqlite_utils.Database") -> int:
            return database.execute(f"DELETE FROM {quoted(binding.table)}{where}", values).rowcount

        return await self._change(family, work)

    # --- asking -------------------------------------------------------------------------------

    def _places(self, family: str) -> list[Binding]:
        """Where a family is looked for, in order: priorities 1, 2 ... without a gap."""
        found: list[Binding] = []
        bindings = self.bindings.get(family.lower(), {})
        while (binding := bindings.get(len(found) + 1)) is not None:
            found.append(binding)
        return found

    async def _select(self, binding: Binding, conditions: Sequence[Field], most: int) -> list[Values] | None:
        where, values = _where(conditions)

        def work(database: "sqlite_utils.Database") -> list[Values]:
            cursor = database.execute(f"SELECT * FROM {quoted(binding.table)}{where} LIMIT {most}", values)
            columns = [column[0] for column in cursor.description]
            return [_values(binding, columns, row) for row in cursor.fetchall()]

        return await self._ask(binding, work)

    async def _change(self, family: str, work: "Callable[[Binding, sqlite_utils.Database], int]") -> int:
        for binding in self._places(family):
            count = await self._ask(binding, lambda database, binding=binding: work(binding, database))  # type: ignore[misc]
            if count is not None:
                return max(count, 0)
        return -1

    async def _ask(self, binding: Binding, work: "Callable[[sqlite_utils.Database], _T]") -> _T | None:
        """Ask the database behind a binding; None, with a WARNING, when it cannot answer."""
        source = self._source(binding)
        if source is None:
            self.log.warning(f"Realtime family {binding.family}: {self._missing(binding)}")
            return None
        try:
            return await source.file.ask(work)
        except SqlError as error:
            self.log.warning(f"Realtime family {binding.family} in {source.file.path}: {error}")
            return None


def _sorcery(folder: Path, complain: Complain) -> Iterator[tuple[str, str, str]]:
    """What sorcery.conf has in tables of the objects of pjsip.conf: file, family, type."""
    for section in sections(folder / "sorcery.conf", complain):
        if not section.name.startswith("res_pjsip"):
            continue
        for line in section.lines:
            wizard, _, rest = line.value.partition(",")
            if wizard.strip() == "realtime" and "/" not in line.key:
                yield "pjsip.conf", rest.partition(",")[0].strip(), line.key.strip().lower()


def _database(text: str) -> tuple[str, str]:
    """The name of the database, which may stand in quotes, and what follows it."""
    quote = text.find('"')
    if quote >= 0:
        name, _, rest = text[quote + 1 :].partition('"')
        return name, rest.partition(",")[2]
    name, _, rest = text.partition(",")
    return name, rest


_CONDITION = re.compile(r"(.*\S)\s+(=|<>|!=|<=|>=|<|>|(?:NOT\s+)?LIKE)", re.IGNORECASE | re.DOTALL)


def _where(conditions: Sequence[Field]) -> tuple[str, list[str]]:
    """A WHERE clause, and the values of its question marks."""
    if not conditions:
        return "", []
    parts = []
    for name, _ in conditions:
        found = _CONDITION.fullmatch(name.strip())
        column, operator = (found[1], found[2].upper()) if found else (name, "=")
        escape = " ESCAPE '\\'" if operator.endswith("LIKE") else ""
        parts.append(f"{quoted(column)} {operator} ?{escape}")
    return f" WHERE {' AND '.join(parts)}", [value for _, value in conditions]


# --- what res_config_odbc does to values ---------------------------------------------------------


def _values(binding: Binding, columns: Sequence[str], row: Sequence[object]) -> Values:
    """The values of a row by column. The engine odbc leaves out empty ones and splits at semicolons."""
    texts = zip(columns, (text_of(value) or "" for value in row), strict=True)
    if binding.engine.lower() != "odbc":
        return list(texts)
    pieces = ((name, _ENCODED.sub(_decoded, piece.strip())) for name, text in texts for piece in text.split(";"))
    return [(name, piece) for name, piece in pieces if piece]


_ENCODED = re.compile(r"\^([0-9A-Fa-f]{2})")


def _decoded(found: "re.Match[str]") -> str:
    return chr(int(found[1], 16))


def _encoded(binding: Binding, value: str) -> str:
    if binding.engine.lower() != "odbc":
        return value
    return value.replace("^", "^5E").replace(";", "^3B")
