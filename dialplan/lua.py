"""extensions.lua: dialplans in Lua, as Asterisk's pbx_lua has them.

A context is a table of functions, found by number or pattern. When a call comes to one, its function runs in a
coroutine: each application, variable and function that it asks for is *yielded* to this side, which awaits it and
sends the answer back in. A channel has one Lua state, which lives as long as the channel.

The package lupa is imported here only, and only when there is such a file.
"""

import inspect
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from asterism.dialplan import pattern
from asterism.dialplan.compile import MAX_DATA, limited, variable
from asterism.dialplan.errors import DialplanError, Ended, Interrupt
from asterism.dialplan.lua_prelude import PRELUDE
from asterism.dialplan.nodes import Variable
from asterism.dialplan.scope import BUILTINS, LOCATION, Failed, Outcome, Scope
from asterism.dialplan.source import Found, Step

if TYPE_CHECKING:
    from asterism.dialplan.plan import Plan

FILE = "extensions.lua"
REGISTRAR = "pbx_lua"
SWITCH = "Lua"
MAX_MEMORY = 256 * 1024 * 1024
"""Bytes that one state may take."""
MAX_INSTRUCTIONS = 20_000_000
"""Instructions between two questions to Asterism; more holds up every other call, and ends this one."""
MAX_AFTER_HANGUP = 100
"""Applications that a function may try after the hangup, which it caught with pcall."""
MAX_INCLUDES = 128
_GONE = 5
"""What an application throws in Lua once the channel has been sent elsewhere, and _ENDED once it is over."""
_ENDED = -1

_REQUEST = b"\0asterism"
"""What a coroutine yields first when it asks this side for something."""

_OURS = b"@asterism"
"""What Lua calls the code below in its tracebacks."""


class State:
    """One Lua state with the file's text run in it.

    Args:
        source: The file's text.
        folder: Where `require` looks as well.

    Raises:
        DialplanError: Lua refuses the text.
    """

    def __init__(self, source: bytes, folder: str) -> None:
        self.lua = _runtime()
        path = f"{folder}/?.lua;{folder}/?/init.lua;".encode("utf-8", "surrogateescape")
        self.lua.globals().package.path = path + (self.lua.globals().package.path or b"")
        boot, self.begin, self.line_of = self.lua.execute(PRELUDE, MAX_INSTRUCTIONS, _refuse_exit, _REQUEST, name=_OURS)
        try:
            boot(source, f"@{FILE}".encode())
        except Exception as error:
            raise _told(error) from None
        self._contexts: dict[str, _Numbers | None] = {}

    def table(self, name: str) -> Any:
        """Return a global table, None where it is none."""
        value = self.lua.globals()[name.encode()]
        return value if _is_table(value) else None

    def numbers(self, context: str) -> "_Numbers | None":
        """Return what a context has, worked out once."""
        if context not in self._contexts:
            every = self.table("extensions")
            table = every[context.encode("utf-8", "surrogateescape")] if every is not None else None
            self._contexts[context] = _Numbers(table) if _is_table(table) else None
        return self._contexts[context]

    def find(self, context: str, exten: str) -> Any:
        """Return what a number leads to in a context and those that it includes, None for nothing."""
        for numbers in self.reachable(context):
            found = numbers.match(exten)
            if found is not None:
                return found
        return None

    def longer(self, context: str, exten: str) -> bool:
        """Whether more digits could make another number."""
        return any(numbers.longer(exten) for numbers in self.reachable(context))

    def reachable(self, context: str) -> "Iterator[_Numbers]":
        """Go through a context and what it includes, each once."""
        seen: set[str] = set()
        waiting = [context]
        while waiting and len(seen) < MAX_INCLUDES:
            name = waiting.pop(0)
            numbers = self.numbers(name)
            if numbers is None or name in seen:
                continue
            seen.add(name)
            yield numbers
            waiting = [*numbers.includes, *waiting]


class _Numbers:
    """The numbers and patterns of one context."""

    def __init__(self, table: Any) -> None:
        self.literals: dict[str, Any] = {}
        self.patterns: pattern.Trie[Any] = pattern.Trie()
        self.includes: list[str] = []
        for key, value in table.items():
            name = _text(key)
            if name == "include":
                self.includes = [_text(one) for one in value.values()] if _is_table(value) else []
                continue
            bare = pattern.bare(pattern.limited(name))
            if not pattern.is_pattern(bare):
                self.literals[bare] = value
                continue
            row = pattern.elements(bare[1:])
            if not pattern.is_void(row):
                self.patterns.put(pattern.order(row), value)

    def match(self, exten: str) -> Any:
        """Return what a number leads to here."""
        number = pattern.plain(exten)
        found = self.literals.get(number)
        return next(self.patterns.matches(number), None) if found is None else found

    def longer(self, exten: str) -> bool:
        number = pattern.plain(exten)
        if any(name.startswith(number) and name != number for name in self.literals):
            return True
        return any(found.longer for found in self.patterns.prospects(number))


class LuaSwitch:
    """Finds steps in extensions.lua. Meets `asterism.dialplan.switches.SwitchDriver`."""

    def __init__(self, source: bytes, folder: str) -> None:
        self._source, self._folder = source, folder
        self._shared = State(source, folder)
        self._states: WeakKeyDictionary[Scope, State] = WeakKeyDictionary()

    def supersede(self, other: "LuaSwitch") -> None:
        """Take over the channels that began with an older file: they go on with it."""
        self._states = other._states

    def attach(self, plan: "Plan") -> None:
        """Put contexts and hints of the file into a plan."""
        from asterism.dialplan.plan import Switched

        plan.switches[SWITCH.lower()] = self
        for name in _names(self._shared.table("extensions")):
            context = plan.context(name, FILE, 0, REGISTRAR)
            if not any(switch.name == SWITCH for switch in context.switches):
                context.switches.append(Switched(f"{SWITCH}/", False, FILE, 0, REGISTRAR))
        hints = self._shared.table("hints")
        for name in _names(hints):
            context = plan.context(name, FILE, 0, REGISTRAR)
            found = hints[name.encode("utf-8", "surrogateescape")]
            for exten, device in found.items() if _is_table(found) else ():
                extension = context.make(pattern.spelled(_text(exten)), None)
                if extension.hint is None:
                    extension.hint = Step(name, extension.name, -1, "", _text(device), "", REGISTRAR, 0)

    def find(self, plan: "Plan", scope: Scope, context: str, exten: str, priority: int, argument: str) -> Found:
        """Find the function of a number; it has one priority."""
        if priority != 1:
            return None
        state = self._state(scope)
        body = state.find(context, exten)
        if body is None:
            return None
        line = int(state.line_of(body)) if callable(body) and not _is_table(body) else 0
        step = Step(context, exten, priority, "", SWITCH, exten, FILE, line)
        step.generation = plan.registry.generation
        step.run = lambda chan: self._run(chan, state, body, context, exten)
        return step

    def longer(
        self, plan: "Plan", scope: Scope, context: str, exten: str, argument: str
    ) -> bool | Awaitable[bool | None] | None:
        """Whether more digits could make another number of the file."""
        return True if self._state(scope).longer(context, exten) else None

    def _state(self, scope: Scope) -> State:
        """Return a channel's own state; whoever asks without a channel shares one."""
        if not scope.name:
            return self._shared
        state = self._states.get(scope)
        if state is None:
            state = self._states[scope] = State(self._source, self._folder)
        return state

    async def _run(self, scope: Scope, state: State, body: Any, context: str, exten: str) -> Outcome:
        return await _Call(scope, state).run(body, context, exten)


class _Call:
    """One run of an extension's function."""

    def __init__(self, scope: Scope, state: State) -> None:
        self.scope, self.state = scope, state
        self.outcome: Outcome = None
        self.interrupt: Interrupt | None = None
        self.tried = 0

    async def run(self, body: Any, context: str, exten: str) -> Outcome:
        names = [text.encode("utf-8", "surrogateescape") for text in (context, exten)]
        thread = self.state.begin.coroutine(body, *names)
        answer: tuple[object, ...] | None = None
        while True:
            try:
                got = thread.send(answer)
            except StopIteration:
                return self.outcome
            except Exception as error:
                self.scope.warn(f"{FILE}: {error}")
                return Failed()
            got = got if isinstance(got, tuple) else (got,)
            if got[0] != _REQUEST:
                return self.over(got)
            answer = await self.answer(*got[1:])

    def over(self, got: tuple[Any, ...]) -> Outcome:
        """The function is over: go where an application led, or end as it ended."""
        if self.interrupt is not None:
            raise self.interrupt
        if got[0] == b"error":
            trace = "\n".join(line for line in _text(got[2]).splitlines() if _is_theirs(line))
            self.scope.log("ERROR", f"Error executing lua extension: {_text(got[1])}{trace}")
            return Failed()
        return self.outcome

    async def answer(self, kind: bytes, name: Any = None, value: Any = None) -> tuple[object, ...]:
        """Do what the function asks for."""
        match kind:
            case b"app":
                return await self.application(_text(name), _text(value))
            case b"get":
                found = await self.read(_text(name))
                return b"value", None if found is None else found.encode("utf-8", "surrogateescape")
            case b"set":
                await self.write(_text(name), _text(value))
                return b"value", None
            case _:
                return b"value", self.scope.ended

    async def application(self, name: str, data: str) -> tuple[object, ...]:
        """Run an application; it throws a number once the call does not go on here."""
        scope = self.scope
        program = scope.source.registry.application(name)
        if program is None:
            return b"error", f"application '{name}' not found".encode("utf-8", "surrogateescape")
        data = limited(data, MAX_DATA)
        if self.interrupt is not None:
            self.tried += 1
            if self.tried > MAX_AFTER_HANGUP:
                raise self.interrupt
        if scope.tracing:
            scope.trace(program.name, data)
        try:
            result = program.run(scope, data)
            outcome: Outcome = await result if inspect.isawaitable(result) else result
        except Ended as ended:
            self.interrupt = ended
            return b"error", _ENDED
        except Interrupt as interrupt:
            self.interrupt = interrupt
            return b"error", _GONE
        outcome = outcome or scope.jump
        scope.jump = None
        if outcome is None:
            return b"value", None
        self.outcome = outcome
        return b"error", _ENDED if isinstance(outcome, Failed) else _GONE

    async def read(self, name: str) -> str | None:
        """Read a variable or `FUNCTION(argument)`; None for one that is not there."""
        scope = self.scope
        function, opening, argument = name.partition("(")
        if not opening or not name.endswith(")"):
            known = name in LOCATION or name in BUILTINS or name in scope.variables or name in scope.globals
            return variable(Variable(name))(scope) if known else None
        found = scope.source.registry.function(function)
        if found is None:
            scope.log("ERROR", f"Function {function} not registered")
            return None
        try:
            value = found.read(scope, argument[:-1])
            return value if isinstance(value, str) else await value
        except Exception as error:
            scope.warn(f"{function}: {error}")
            return None

    async def write(self, name: str, value: str) -> None:
        """Set a variable or `FUNCTION(argument)`."""
        scope = self.scope
        function, opening, argument = name.partition("(")
        if not opening or not name.endswith(")"):
            scope.set(name, value)
            return
        found = scope.source.registry.function(function)
        if found is None:
            scope.log("ERROR", f"Function {function} not registered")
            return
        try:
            waiting = found.assign(scope, argument[:-1], value)
            if waiting is not None:
                await waiting
        except Exception as error:
            scope.warn(f"{function}: {error}")


def load(folder: str | Path) -> LuaSwitch | None:
    """Read the extensions.lua of a configuration folder; None where there is none.

    Raises:
        DialplanError: It cannot be read, or Lua refuses it.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        return None
    try:
        return LuaSwitch(path.read_bytes(), str(folder))
    except OSError as error:
        raise DialplanError(f"cannot read: {error.strerror}", FILE) from None


def _runtime() -> Any:
    """Make a Lua state: LuaJIT, which is the Lua 5.1 of Asterisk's module, where lupa has it."""
    try:
        from lupa import luajit21 as lupa
    except ImportError:
        try:
            import lupa
        except ImportError:
            raise DialplanError("the Python package lupa is needed to run Lua", FILE) from None
    return lupa.LuaRuntime(
        encoding=None, unpack_returned_tuples=True, register_eval=False, register_builtins=False, max_memory=MAX_MEMORY
    )


def _refuse_exit(*status: object) -> None:
    raise RuntimeError("os.exit() would end every call: return instead")


def _told(error: Exception) -> DialplanError:
    """Turn Lua's message into one with file and line."""
    text = str(error).partition("\nstack traceback:")[0] or type(error).__name__
    place, _, message = text.partition(": ")
    file, _, line = place.rpartition(":")
    if file.endswith(FILE) and line.isdigit():
        return DialplanError(message, FILE, int(line))
    return DialplanError(text, FILE)


def _is_theirs(line: str) -> bool:
    """Whether a line of a traceback is about the dialplan's own code."""
    return _OURS.decode()[1:] + ":" not in line and not line.endswith("in function 'xpcall'")


def _is_table(value: object) -> bool:
    return hasattr(value, "items") and hasattr(value, "values") and not isinstance(value, dict)


def _names(table: Any) -> list[str]:
    return [_text(key) for key in table] if table is not None else []


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


__all__ = ["FILE", "LuaSwitch", "State", "load"]
