"""A dialplan that is in force: contexts, their extensions in Asterisk's order, and finding a step in them."""

from collections.abc import Awaitable, Iterator
from typing import TYPE_CHECKING

from asterism.dialplan import pattern, timing
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.scope import Registry, Scope
from asterism.dialplan.source import Elsewhere, Found, Later, Step, Track
from asterism.dialplan.switches import Loopback, SwitchDriver, substituted

if TYPE_CHECKING:
    from asterism.dialplan.coroutines import Coroutines
    from asterism.dialplan.lua import LuaSwitch

MAX_INCLUDES = 128
"""Contexts that one look-up may walk through, as in Asterisk."""
MAX_TRACKS = 20_000
"""Numbers whose steps are remembered; dialled numbers have no bound of their own."""


class Extension:
    """One extension: a number or pattern, perhaps for one caller only.

    Args:
        name: As it was written first: without spaces, a pattern with its `_`.
        caller: Caller id or pattern of it; None for everybody.
    """

    __slots__ = ("_written", "bare", "caller", "hint", "hollow", "owner", "steps")

    def __init__(self, name: str, caller: str | None, owner: str = "") -> None:
        self._written = name
        self.bare = pattern.bare(name)
        self.caller = caller
        self.steps: dict[int, Step] = {}
        self.hint: Step | None = None
        self.hollow = False
        "Whether some spelling of it has `[]`: then `takes` has to be asked."
        self.owner = owner

    @property
    def name(self) -> str:
        """As shown: of several spellings (`1-2`, `12`) that of the hint, else of the lowest priority."""
        first = self.hint or (self.steps[min(self.steps)] if self.steps else None)
        return pattern.limited(first.exten) if first is not None else self._written

    def takes(self, number: str) -> bool:
        """Whether a number that matches has the digits that `[]` before a `!` asks for."""
        return not self.hollow or len(number) >= pattern.least(self.name)

    @property
    def shown(self) -> str:
        """Name as `dialplan show` prints it."""
        return self.name if self.caller is None else f"{self.name}/{self.caller}"

    def label(self, label: str) -> int:
        """Return the priority that has a label, 0 for none."""
        if not label:
            return 0
        for priority in sorted(self.steps):
            if self.steps[priority].label == label:
                return priority
        return 0

    def serves(self, caller: str) -> bool:
        """Whether it is for this caller."""
        if self.caller is None:
            return True
        if not self.caller or not caller:
            return self.caller == caller
        return pattern.number_matches(self.caller, caller)


REGISTRAR = "pbx_config"
"""Who Asterisk says has made what stands in extensions.conf."""


class Included:
    """`include => context` with its times."""

    __slots__ = ("context", "file", "line", "registrar", "text", "timing")

    def __init__(self, text: str, file: str = "", line: int = 0, registrar: str = REGISTRAR) -> None:
        self.text = text
        self.context, _, times = text.partition("|" if "|" in text else ",")
        self.timing = timing.parse(times)
        self.file = file
        self.line = line
        self.registrar = registrar

    def holds(self, scope: Scope) -> bool:
        """Whether it is in force now."""
        return self.timing is None or self.timing.holds(scope.now())


class Switched:
    """`switch => NAME/argument`."""

    __slots__ = ("argument", "evaluated", "file", "line", "name", "registrar")

    def __init__(self, text: str, evaluated: bool, file: str = "", line: int = 0, registrar: str = REGISTRAR) -> None:
        self.name, _, self.argument = text.partition("/")
        self.evaluated = evaluated
        self.file = file
        self.line = line
        self.registrar = registrar

    @property
    def text(self) -> str:
        """As `dialplan show` prints it."""
        return f"{self.name}/{self.argument}"


Group = list[Extension]
"""The extensions of one number or pattern: for one caller first, then for patterns of callers, then for all."""


class Context:
    """One context in force."""

    __slots__ = (
        "autohints", "file", "ignore_patterns", "includes", "line", "literals", "name", "patterns",
        "prefixes", "registrar", "switches", "texts",
    )  # fmt: skip

    def __init__(self, name: str, file: str = "", line: int = 0, registrar: str = REGISTRAR) -> None:
        self.name = name
        self.registrar = registrar
        self.file = file
        self.line = line
        self.literals: dict[str, Group] = {}
        self.patterns: pattern.Trie[Group] = pattern.Trie()
        self.texts: dict[tuple[pattern.Element, ...], Group] = {}
        self.includes: list[Included] = []
        self.switches: list[Switched] = []
        self.ignore_patterns: list[str] = []
        self.autohints = False
        self.prefixes: list[str] | None = None

    def extension(self, name: str, caller: str | None) -> Extension | None:
        """Return the extension of that very name (or one that means the same) and caller."""
        bare = pattern.bare(name)
        wanted = _caller_key(caller)
        return next((one for one in self._group(bare, _key(bare)) or () if _caller_key(one.caller) == wanted), None)

    def _group(self, bare: str, key: "_Key | None") -> Group | None:
        return self.literals.get(bare) if key is None else self.texts.get(key)

    def make(self, name: str, caller: str | None) -> Extension:
        """Return the extension of that name and caller, made where there is none."""
        name = pattern.limited(name)
        bare = pattern.bare(name)
        key = _key(bare)
        group = self._group(bare, key)
        if group is not None:
            wanted = _caller_key(caller)
            for one in group:
                if _caller_key(one.caller) == wanted:
                    one.hollow = one.hollow or "[]" in name
                    return one
        elif key is None:
            group = self.literals[bare] = []
            self.prefixes = None
        else:
            group = self.texts[key] = []
        extension = Extension(name, caller)
        extension.hollow = key is not None and "[]" in name
        group.append(extension)
        if len(group) > 1:
            group.sort(key=lambda one: _caller_key(one.caller))
        if key is not None:
            self._let_match(key, group)
        return extension

    def _let_match(self, key: "_Key", group: Group) -> None:
        """Put the patterns of a group that can match at all where they are looked for."""
        able = [one for one in group if "[" not in one.bare or not pattern.is_void(pattern.elements(one.bare[1:]))]
        if able:
            self.patterns.put(key, group if len(able) == len(group) else able)
        elif self.patterns.get(key) is not None:
            self.patterns.remove(key)

    def discard(self, extension: Extension) -> None:
        """Remove an extension."""
        key = _key(extension.bare)
        group = self._group(extension.bare, key) or []
        group.remove(extension)
        if key is not None:
            self._let_match(key, group)
            if not group:
                del self.texts[key]
        elif not group:
            del self.literals[extension.bare]
            self.prefixes = None

    def matching(self, number: str) -> Iterator[Group]:
        """Go through the groups that match a number, in order."""
        plain = pattern.plain(number)
        literal = self.literals.get(plain)
        if literal is not None:
            yield literal
        if self.texts:
            if plain[:1] == "_":
                # A pattern matches the number that is spelled as the pattern is.
                for group in self.texts.values():
                    if group[0].bare.lower() == plain.lower():
                        yield group
            for group in self.patterns.matches(plain):
                if group[0].takes(plain):
                    yield group

    def __iter__(self) -> Iterator[Extension]:
        """Go through the extensions in the order in which they are tried and shown."""
        for number in sorted(self.literals, key=_signed):
            yield from self.literals[number]
        for elements in sorted(self.texts):
            yield from self.texts[elements]

    def longer(self, number: str, caller: str) -> bool | None:
        """Whether more digits could make another extension; None: no answer here; False is final."""
        plain = pattern.plain(number)
        if self._longer_literal(plain, caller):
            return True
        for found in self.patterns.prospects(plain):
            if not any(one.serves(caller) and 1 in one.steps for one in found.leaf):
                continue
            if found.longer is None and found.leaf[0].takes(plain):
                return False
            if found.longer is not False:
                return True
        return None

    def _longer_literal(self, number: str, caller: str) -> bool:
        from bisect import bisect_right

        if self.prefixes is None:
            self.prefixes = sorted(self.literals)
        index = bisect_right(self.prefixes, number)
        while index < len(self.prefixes) and self.prefixes[index].startswith(number):
            if any(one.serves(caller) and 1 in one.steps for one in self.literals[self.prefixes[index]]):
                return True
            index += 1
        return False


_Key = tuple[pattern.Element, ...]


def _key(bare: str) -> _Key | None:
    """Return what a pattern is sorted and known by, None for a number."""
    return pattern.order(pattern.elements(bare[1:])) if pattern.is_pattern(bare) else None


_SIGNED = bytes((code + 128) & 255 for code in range(256))


def _signed(number: str) -> bytes:
    """Return what numbers are sorted by: their bytes, of which those beyond ASCII come first."""
    return number.encode("utf-8", "surrogateescape").translate(_SIGNED)


_EVERYBODY = (1, (0, "", ()))


def _caller_key(caller: str | None) -> tuple[int, pattern.SortKey]:
    return _EVERYBODY if caller is None else (0, pattern.sort_key(caller))


class Plan:
    """A dialplan in force. Meets `Source`.

    Its identity stays through reloads: `adopt` takes the contexts of a newly loaded plan.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.contexts: dict[str, Context] = {}
        self.globals: dict[str, str] = {}
        self.general: dict[str, str] = {}
        self.warnings: list[DialplanError] = []
        self.switches: dict[str, SwitchDriver] = {"loopback": Loopback()}
        self.autofallthrough = True
        self.lua: LuaSwitch | None = None
        "What extensions.lua says, where there is one."
        self.lua_lost = False
        self.coroutines: Coroutines | None = None
        "Extensions written in Python, where there are any."
        self._changes = 0
        self._tracks: dict[tuple[str, str], Track] = {}
        self._tracks_of = -1

    @property
    def generation(self) -> int:
        """Number of changes to the dialplan and to what is loaded."""
        return self._changes + self.registry.generation

    def changed(self) -> None:
        """Say that contexts were changed: calls under way look their next step up anew."""
        self._changes += 1

    def adopt(self, other: "Plan") -> None:
        """Take the contexts of a newly loaded plan; calls under way go on with their next priority in it."""
        self.contexts = other.contexts
        self.general = other.general
        self.warnings = other.warnings
        self.autofallthrough = other.autofallthrough
        self._adopt_lua(other)
        if self.coroutines is not None:
            self.coroutines.attach(self)
        self.changed()

    def _adopt_lua(self, other: "Plan") -> None:
        """Take the Lua part of a newly loaded plan; where it is lost the old one stays in force."""
        if other.lua_lost and self.lua is not None:
            self.lua.attach(self)
            return
        if other.lua is None:
            self.switches.pop("lua", None)
        else:
            self.switches["lua"] = other.lua
            if self.lua is not None:
                other.lua.supersede(self.lua)
        self.lua = other.lua

    def context(self, name: str, file: str = "", line: int = 0, registrar: str = REGISTRAR) -> Context:
        """Return a context, made where there is none."""
        found = self.contexts.get(name)
        if found is None:
            found = self.contexts[name] = Context(name, file, line, registrar)
        return found

    # --- finding ---------------------------------------------------------------------------

    def track(self, scope: Scope, context: str, exten: str) -> Track:
        """Return the track of a number."""
        generation = self.generation
        if self._tracks_of != generation or len(self._tracks) > MAX_TRACKS:
            self._tracks = {}
            self._tracks_of = generation
        track = self._tracks.get((context, exten))
        if track is None:
            track = Track(context, exten, not self._varies(context, exten), generation)
            self._tracks[context, exten] = track
        return track

    def _varies(self, context: str, exten: str) -> bool:
        """Whether what a number leads to depends on the caller, the time or a switch."""
        seen: set[str] = set()
        waiting = [context]
        while waiting:
            name = waiting.pop()
            found = self.contexts.get(name)
            if found is None or name in seen:
                continue
            seen.add(name)
            if found.switches or any(group[0].caller is not None for group in found.matching(exten)):
                return True
            for include in found.includes:
                if include.timing is not None:
                    return True
                waiting.append(include.context)
        return False

    def find(self, scope: Scope, context: str, exten: str, priority: int) -> Found:
        """Find a step, compiled."""
        found = self.contexts.get(context)
        if found is None:
            return None
        if not found.includes and not found.switches:
            step = self._own(found, scope, exten, priority)
        else:
            looking = self._look(scope, context, exten, priority, set())
            result = next(looking, None)
            if result is not None and not isinstance(result, Step):
                waiting = result
                return waiting if isinstance(waiting, Elsewhere) else Later(lambda: self._look_on(waiting, looking))
            step = result
        return self.ready(step) if step is not None else None

    def ready(self, step: Step) -> Step:
        """Compile a step for what is loaded now."""
        if step.generation != self.registry.generation:
            step.compile(self.registry)
        return step

    async def _look_on(
        self, waiting: Awaitable[Step | Elsewhere | None], others: "Iterator[_Place]"
    ) -> Step | Elsewhere | None:
        """Wait for a switch; where it has nothing, look further."""
        found = await waiting
        while found is None:
            other = next(others, None)
            if other is None:
                return None
            found = other if isinstance(other, Step | Elsewhere) else await other
        return self.ready(found) if isinstance(found, Step) else found

    def _own(self, context: Context, scope: Scope, exten: str, priority: int) -> Step | None:
        for group in context.matching(exten):
            for extension in group:
                step = extension.steps.get(priority)
                if step is not None and (extension.caller is None or extension.serves(scope.caller_number)):
                    return step
        return None

    def _look(self, scope: Scope, context: str, exten: str, priority: int, seen: set[str]) -> "Iterator[_Place]":
        """Go through what a context, its switches and its includes have for a number."""
        found = self.contexts.get(context)
        if found is None or context in seen or len(seen) >= MAX_INCLUDES:
            return
        seen.add(context)
        step = self._own(found, scope, exten, priority)
        if step is not None:
            yield step
        for switch in found.switches:
            driver, argument = self._switched(switch, scope)
            result = driver.find(self, scope, context, exten, priority, argument) if driver else None
            if result is not None:
                yield result
        for include in found.includes:
            if include.holds(scope):
                yield from self._look(scope, include.context, exten, priority, seen)

    def _switched(self, switch: Switched, scope: Scope) -> tuple[SwitchDriver | None, str]:
        """Return who serves a switch, and its argument."""
        driver = self.switches.get(switch.name.lower())
        if driver is None:
            scope.warn(f"No such switch '{switch.name}'")
            return None, ""
        argument = switch.argument
        return driver, substituted(argument, scope, self.registry) if switch.evaluated else argument

    def label(self, scope: Scope, context: str, exten: str, label: str) -> int:
        """Return the priority of a label, 0 where there is none."""
        for found in self.reachable(scope, context):
            for group in found.matching(exten):
                for extension in group:
                    if extension.serves(scope.caller_number):
                        priority = extension.label(label)
                        if priority:
                            return priority
        return 0

    def reachable(self, scope: Scope, context: str) -> Iterator[Context]:
        """Go through a context and what it includes now, each once."""
        seen: set[str] = set()

        def walk(name: str) -> Iterator[Context]:
            found = self.contexts.get(name)
            if found is None or name in seen or len(seen) >= MAX_INCLUDES:
                return
            seen.add(name)
            yield found
            for include in found.includes:
                if include.holds(scope):
                    yield from walk(include.context)

        yield from walk(context)

    def longer(self, scope: Scope, context: str, exten: str) -> bool | Awaitable[bool]:
        """Whether more digits could make another extension."""
        asking = self._ask_longer(scope, context, exten)
        answer = next(asking, False)
        return answer if isinstance(answer, bool) else Later(lambda: self._longer_later(answer, asking))

    def _ask_longer(self, scope: Scope, context: str, exten: str) -> "Iterator[bool | Awaitable[bool | None]]":
        """Go through the answers of the contexts and switches that have one, or may have."""
        for found in self.reachable(scope, context):
            answer: bool | Awaitable[bool | None] | None = found.longer(exten, scope.caller_number)
            if answer is not None:
                yield answer
            for switch in found.switches:
                driver, argument = self._switched(switch, scope)
                answer = driver.longer(self, scope, found.name, exten, argument) if driver else None
                if answer is not None:
                    yield answer

    async def _longer_later(
        self, waiting: Awaitable[bool | None], others: "Iterator[bool | Awaitable[bool | None]]"
    ) -> bool:
        answer = await waiting
        while answer is None:
            other = next(others, False)
            answer = other if isinstance(other, bool) else await other
        return answer


_Place = Step | Elsewhere | Awaitable[Step | Elsewhere | None]
"""What one place of a dialplan has for a number."""
