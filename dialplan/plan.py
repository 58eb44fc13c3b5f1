"""A dialplan that is in force: contexts, their extensions in Asterisk's order, and finding a step in them."""

from collections.abc import Awaitable, Iterator
from typing import Protocol

from asterism.dialplan import pattern, timing
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.scope import Registry, Scope
from asterism.dialplan.source import Elsewhere, Found, Step, Track

MAX_INCLUDES = 128
"""Contexts that one look-up may walk through, as in Asterisk."""
MAX_TRACKS = 20_000
"""Numbers whose steps are remembered; dialled numbers have no bound of their own."""


class SwitchDriver(Protocol):
    """Finds steps elsewhere: `switch => NAME/argument`."""

    def find(self, plan: "Plan", scope: Scope, context: str, exten: str, priority: int, argument: str) -> Found:
        """Find a step for a number that the context itself does not have."""
        ...


class Extension:
    """One extension: a number or pattern, perhaps for one caller only.

    Args:
        name: As shown: without spaces, a pattern with its `_`.
        caller: Caller id or pattern of it; None for everybody.
    """

    __slots__ = ("caller", "hint", "name", "owner", "steps")

    def __init__(self, name: str, caller: str | None, owner: str = "") -> None:
        self.name = name
        self.caller = caller
        self.steps: dict[int, Step] = {}
        self.hint: Step | None = None
        self.owner = owner

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


class Included:
    """`include => context` with its times."""

    __slots__ = ("context", "file", "line", "text", "timing", "written_times")

    def __init__(self, text: str, file: str = "", line: int = 0) -> None:
        self.text = text
        separator = min((text.find(mark) for mark in ",|" if mark in text), default=len(text))
        self.context, times = text[:separator], text[separator + 1 :]
        self.written_times = bool(times)
        self.timing = timing.parse(times, text[separator]) if times else None
        self.file = file
        self.line = line

    def holds(self, scope: Scope) -> bool:
        """Whether it is in force now."""
        return not self.written_times or (self.timing is not None and self.timing.holds(scope.now()))


class Switched:
    """`switch => NAME/argument`."""

    __slots__ = ("argument", "evaluated", "file", "line", "name")

    def __init__(self, text: str, evaluated: bool, file: str = "", line: int = 0) -> None:
        self.name, _, self.argument = text.partition("/")
        self.evaluated = evaluated
        self.file = file
        self.line = line

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
        "prefixes", "switches", "texts",
    )  # fmt: skip

    def __init__(self, name: str, file: str = "", line: int = 0) -> None:
        self.name = name
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
        return next((one for one in self._group(name) or () if one.caller == caller), None)

    def _group(self, name: str) -> Group | None:
        if pattern.is_pattern(name):
            return self.texts.get(pattern.elements(name[1:]))
        return self.literals.get(pattern.plain(name))

    def make(self, name: str, caller: str | None) -> Extension:
        """Return the extension of that name and caller, made where there is none.

        Raises:
            DialplanError: The pattern is none.
        """
        if pattern.is_pattern(name):
            key = pattern.elements(name[1:])
            group = self.texts.get(key)
            if group is None:
                group = self.texts[key] = []
                self.patterns.put(key, group)
        else:
            plain = pattern.plain(name)
            group = self.literals.get(plain)
            if group is None:
                group = self.literals[plain] = []
                self.prefixes = None
        for one in group:
            if one.caller == caller:
                return one
        extension = Extension(name, caller)
        group.append(extension)
        if len(group) > 1:
            group.sort(key=_caller_key)
        return extension

    def discard(self, extension: Extension) -> None:
        """Remove an extension."""
        group = self._group(extension.name) or []
        group.remove(extension)
        if group:
            return
        if pattern.is_pattern(extension.name):
            key = pattern.elements(extension.name[1:])
            del self.texts[key]
            self.patterns.remove(key)
        else:
            del self.literals[pattern.plain(extension.name)]
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
                    if group[0].name.lower() == number.lower():
                        yield group
            yield from self.patterns.matches(plain)

    def __iter__(self) -> Iterator[Extension]:
        """Go through the extensions in the order in which they are tried and shown."""
        for number in sorted(self.literals):
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
            if found.longer is None:
                return False
            if found.longer:
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


def _caller_key(extension: Extension) -> tuple[int, pattern.SortKey]:
    if extension.caller is None:
        return (1, (0, "", ()))
    try:
        return (0, pattern.sort_key(extension.caller))
    except DialplanError:
        return (0, (2, extension.caller, ()))


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
        self.switches: dict[str, SwitchDriver] = {"loopback": _Loopback()}
        self.autofallthrough = True
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
        self.changed()

    def context(self, name: str, file: str = "", line: int = 0) -> Context:
        """Return a context, made where there is none."""
        found = self.contexts.get(name)
        if found is None:
            found = self.contexts[name] = Context(name, file, line)
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
                if include.written_times:
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
            result = self._find(scope, context, exten, priority, set())
            if result is not None and not isinstance(result, Step):
                return result if isinstance(result, Elsewhere) else self._find_later(result)
            step = result
        return self.ready(step) if step is not None else None

    def ready(self, step: Step) -> Step:
        """Compile a step for what is loaded now."""
        if step.generation != self.registry.generation:
            step.compile(self.registry)
        return step

    async def _find_later(self, waiting: Awaitable[Step | None]) -> Step | None:
        step = await waiting
        return self.ready(step) if step is not None else None

    def _own(self, context: Context, scope: Scope, exten: str, priority: int) -> Step | None:
        for group in context.matching(exten):
            for extension in group:
                step = extension.steps.get(priority)
                if step is not None and (extension.caller is None or extension.serves(scope.caller_number)):
                    return step
        return None

    def _find(self, scope: Scope, context: str, exten: str, priority: int, seen: set[str]) -> Found:
        found = self.contexts.get(context)
        if found is None or context in seen or len(seen) >= MAX_INCLUDES:
            return None
        seen.add(context)
        step = self._own(found, scope, exten, priority)
        if step is not None:
            return step
        for switch in found.switches:
            result = self._switched(switch, scope, context, exten, priority)
            if result is not None:
                return result
        for include in found.includes:
            if include.holds(scope):
                result = self._find(scope, include.context, exten, priority, seen)
                if result is not None:
                    return result
        return None

    def _switched(self, switch: Switched, scope: Scope, context: str, exten: str, priority: int) -> Found:
        driver = self.switches.get(switch.name.lower())
        if driver is None:
            scope.warn(f"No such switch '{switch.name}'")
            return None
        argument = switch.argument
        if switch.evaluated:
            from asterism.dialplan import substitution
            from asterism.dialplan.compile import Compiler

            evaluate = Compiler(self.registry).now(substitution.parse(argument))
            argument = evaluate(scope) if evaluate else ""
        return driver.find(self, scope, context, exten, priority, argument)

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

    def longer(self, scope: Scope, context: str, exten: str) -> bool:
        """Whether more digits could make another extension."""
        for found in self.reachable(scope, context):
            answer = found.longer(exten, scope.caller_number)
            if answer is not None:
                return answer
        return False


class _Loopback:
    """`switch => Loopback/exten@context:priority/pattern`: another context, the number perhaps changed.

    The channel then stands there and goes on there.
    """

    def find(self, plan: Plan, scope: Scope, context: str, exten: str, priority: int, argument: str) -> Found:
        rest, slash, wanted = argument.partition("/")
        rest, _, at_priority = rest.partition(":")
        number, at, target = rest.partition("@")
        if not at:
            target = context
        if slash and not pattern.number_matches(wanted, exten):
            return None
        if (target, number) == (context, exten):
            return None
        new_priority = int(at_priority[:9]) if at_priority.isdigit() and at_priority.isascii() else priority
        found = plan.find(scope, target, number, new_priority)
        return Elsewhere(target, number, new_priority) if isinstance(found, Step) else found
