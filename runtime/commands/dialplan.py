"""Commands about the dialplan: show, read again, global variables."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from asterism.dialplan import pattern
from asterism.dialplan.plan import MAX_INCLUDES, REGISTRAR, Context, Extension
from asterism.dialplan.source import Step
from asterism.runtime.declare import Table, command
from asterism.runtime.errors import ArgumentError, AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@command("dialplan show [<exten@context>]")
def dialplan_show(rt: "Runtime", place: str = "") -> list[str]:
    """Show the dialplan: all of it, one context, or what an extension would match in one and those it includes.

    `100@` looks for an extension in all contexts. Each priority ends with the file and line that it stands in.
    """
    exten, _, context = place.partition("@") if "@" in place else ("", "", place)
    contexts = rt.plan.contexts
    if context and context not in contexts:
        raise AsterismError(f"There is no existence of '{context}' context")
    lines: list[str] = []
    shown = _Shown(contexts, exten)
    # The newest context first, as Asterisk prints them.
    for name in [context] if context else reversed(contexts):
        lines += shown.context(contexts[name], ())
    if exten and not shown.extensions:
        missing = f"{exten}@{context} extension" if context else f"'{exten}' extension in all contexts"
        raise AsterismError("\n".join((*lines, f"There is no existence of {missing}")))
    return [*lines, shown.summary()]


class _Shown:
    """Prints contexts, and counts what it prints.

    Args:
        contexts: All of the dialplan.
        exten: The number that extensions must match; empty for all of them.
    """

    def __init__(self, contexts: Mapping[str, Context], exten: str) -> None:
        self._all, self._exten = contexts, exten
        self.extensions = self._priorities = self._contexts = 0

    def context(self, context: Context, through: tuple[str, ...]) -> list[str]:
        """One context; `through` are those that include it."""
        kind = "Included context" if through else "Context"
        lines = [line for each in context if self._wants(each) for line in self._extension(each)]
        titled = bool(lines) or not self._exten
        if titled:
            self._contexts += 1
            title = [f"[ {kind} '{context.name}' created by '{context.registrar}' ]"]
            lines = [*title, *(["Autohints support enabled"] if context.autohints else []), *lines]
        if not self._exten:
            lines += [_item("Include", each.text, each.registrar) for each in context.includes]
        lines += [_item("Ignore pattern", each) for each in context.ignore_patterns if self._ignores(each)]
        if self._exten and len(through) < MAX_INCLUDES:
            path = (*through, context.name)
            for each in context.includes:
                if each.context in self._all and each.context not in path:
                    lines += self.context(self._all[each.context], path)
        lines += [_item("Alt. Switch", each.text, each.registrar) for each in context.switches]
        return [*lines, ""] if titled else lines

    def _wants(self, extension: Extension) -> bool:
        wanted = self._exten
        return not wanted or extension.name == wanted or pattern.number_matches(extension.name, wanted)

    def _ignores(self, digits: str) -> bool:
        return not self._exten or pattern.number_matches(f"_{digits}.", self._exten)

    def _extension(self, extension: Extension) -> Iterator[str]:
        self.extensions += 1
        name = f"  '{extension.name}' =>"
        if extension.caller is not None:
            name = f"  '{extension.name}' (CID match '{extension.caller}') => "
        if extension.hint is not None:
            self._priorities += 1
            yield _line(name, f"hint: {extension.hint.application}", extension.hint)
            name = ""
        for priority in sorted(extension.steps):
            step = extension.steps[priority]
            self._priorities += 1
            label = f"     [{step.label}]" if step.label else ""
            yield _line(name or label, f"{priority}. {step.application}({step.data})", step)
            name = ""

    def summary(self) -> str:
        """The last line of `dialplan show`."""
        return (
            f"-= {self.extensions} extension{_s(self.extensions)} ({self._priorities} priorit"
            f"{'y' if self._priorities == 1 else 'ies'}) in {self._contexts} context{_s(self._contexts)}. =-"
        )


def _line(name: str, text: str, step: Step) -> str:
    origin = f"{step.file}:{step.line}" if step.line else step.file
    return f"{_padded(name, 19)} {_padded(text, 45)} [{origin}]"


def _item(kind: str, text: str, registrar: str = REGISTRAR) -> str:
    quoted = f"'{text}'"
    return f"{'  ' + kind + ' =>':<19} {_padded(quoted, 45)} [{registrar}]"


def _padded(text: str, width: int) -> str:
    """Fill a text up to a width that counts bytes, as Asterisk's does."""
    return text + " " * (width - len(text.encode("utf-8", "surrogateescape")))


def _s(number: int) -> str:
    return "" if number == 1 else "s"


@command("dialplan reload", see="core reload")
async def dialplan_reload(rt: "Runtime") -> list[str]:
    """Read extensions.conf again.

    When it cannot be read as a whole the old dialplan stays in force; what else is wrong is told with file and line.
    """
    before = rt.plan.contexts
    complaints = await rt.reload("dialplan")
    if complaints and rt.plan.contexts is before:
        raise AsterismError("\n".join((*complaints, "The dialplan stays as it was.")))
    return [*complaints, "Dialplan reloaded."]


@command("dialplan show globals")
def show_globals(rt: "Runtime") -> Table:
    """List the global variables."""
    rows = list(reversed(rt.variables.items()))
    return Table(
        [("Name", 20), ("Value", 0)],
        rows,
        ["", f"    -- {len(rows)} variable(s)"],
        header=False,
        line=lambda row: f"   {row[0]}={row[1]}",
    )


@command("dialplan set global <variable> <value>")
def set_global(rt: "Runtime", name: str, value: str) -> list[str]:
    """Set a global variable."""
    rt.set_global(name, value)
    return ["", f"    -- Global variable '{name}' set to '{value}'"]


@command("dialplan show chanvar <channel>")
def show_channel_variables(rt: "Runtime", name: str) -> list[str]:
    """List the variables of a channel."""
    channel = rt.channels.find(name)
    if channel is None:
        raise AsterismError(f"Channel '{name}' not found")
    names = reversed(list(channel.variables))  # The latest first, as Asterisk lists them.
    return [f"{channel.variables.spelled(each)}={channel.variables[each]}" for each in names]


@command("dialplan set chanvar <channel> <variable> <value>")
def set_channel_variable(rt: "Runtime", name: str, variable: str, value: str) -> list[str]:
    """Set a variable of a channel; _ or __ before its name as in the dialplan."""
    channel = rt.channels.find(name)
    if channel is None:
        raise AsterismError(f"Channel '{name}' not found")
    channel.set(variable, value)
    return ["", f"    -- Channel variable '{variable}' set to '{value}' for '{channel.name}'"]


@command("dialplan eval function <function(arguments)>")
async def eval_function(rt: "Runtime", text: str) -> list[str]:
    """Read a dialplan function without a channel: `dialplan eval function LEN(abc)`."""
    name, _, argument = text.partition("(")
    found = rt.modules.function(name.strip())
    failure = ["Return Value: Failure (-1)", "Result: "]
    if found is None:
        rt.log.error(f"Function {name} not registered")
        return failure
    if found.dangerous_read and not rt.live_dangerously:
        raise AsterismError(f"{name} may only be used in the dialplan, unless asterisk.conf says live_dangerously")
    try:
        value = found.read(rt.unbound({}), argument.removesuffix(")"))
        if inspect.isawaitable(value):
            value = await value
    except ArgumentError as error:
        rt.log.warning(str(error))
        return failure
    except AttributeError as error:
        rt.log.warning(f"{name}: {error}")
        return failure
    return ["Return Value: Success (0)", f"Result: {value}"]


_STATES = {
    "NOT_INUSE": "Idle",
    "INUSE": "InUse",
    "BUSY": "Busy",
    "UNAVAILABLE": "Unavailable",
    "RINGING": "Ringing",
    "RINGINUSE": "InUse&Ringing",
    "ONHOLD": "Hold",
}
"The states of hints, as lists show them."


async def _hints(rt: "Runtime", number: str = "") -> list[tuple[str, str, str, int]]:
    read = rt.modules.function("EXTENSION_STATE")
    found = []
    for context in rt.plan.contexts.values():
        for extension in context:
            step = extension.hint
            if step is None or (number and extension.name != number):
                continue
            place, state = f"{extension.name}@{context.name}", ""
            if read is not None:
                value = read.read(rt.unbound(), place)
                state = value if isinstance(value, str) else await value
            found.append((place, step.application, _STATES.get(state, "Unknown"), 0))
    return found


def _hint_line(row: Sequence[object]) -> str:
    return f"{row[0]:<30.30}: {row[1]:<60.60}  State:{row[2]:<15.15} Presence:{'not_set':<15} Watchers {row[3]:>2}"


_HINT_COLUMNS = (("Hint", 30), ("Devices", 60), ("State", 15), ("Watchers", 2))


@command("core show hints", see="core show hint")
async def show_hints(rt: "Runtime") -> Table:
    """List the hints of the dialplan, and what their devices are doing."""
    rows = await _hints(rt)
    if not rows:
        return Table(_HINT_COLUMNS, [], ["There are no registered dialplan hints"], header=False)
    above = ["", "    -= Registered Asterisk Dial Plan Hints =-"]
    footer = ["----------------", f"- {len(rows)} hints registered"]
    return Table(_HINT_COLUMNS, rows, footer, header=False, line=_hint_line, above=above)


@command("core show hint <exten>", see="core show hints")
async def show_hint(rt: "Runtime", number: str) -> Table:
    """Show the hints of one extension."""
    rows = await _hints(rt, number)
    footer = [f"{len(rows)} hint{_s(len(rows))} matching extension {number}"]
    if not rows:
        footer = [f"No hints matching extension {number}"]
    return Table(_HINT_COLUMNS, rows, footer, header=False, line=_hint_line)
