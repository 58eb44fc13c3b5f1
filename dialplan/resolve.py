"""Nodes to a plan: priorities numbered, labels bound, includes in order; and everything suspicious listed."""

import gc
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from asterism.dialplan import parser, pattern, reader, substitution, users
from asterism.dialplan.compile import Compiler, check
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.nodes import Context as ContextNode
from asterism.dialplan.nodes import Dialplan, IgnorePattern, Include, Priority, Switch
from asterism.dialplan.plan import Context, Included, Plan, Switched
from asterism.dialplan.scope import Registry, Scope
from asterism.dialplan.source import Step
from asterism.dialplan.subroutine import wrapped

_TRUE = ("1", "yes", "true", "y", "t", "on")
_NO_PRIORITY = -2
_NUMBER = re.compile(r"[+-]?[0-9]+", re.ASCII)

MakeScope = Callable[[dict[str, str]], Scope]
"""Makes the scope that has no channel, in which `[globals]` and names are worked out while loading."""


def load(
    folder: str | Path,
    registry: Registry,
    scope: MakeScope,
    *,
    file: str = "extensions.conf",
    globals: dict[str, str] | None = None,
    execute: reader.Execute | None = None,
    tables: reader.Tables | None = None,
    lua: bool = True,
) -> Plan:
    """Load a configuration folder's dialplan.

    Args:
        folder: Where extensions.conf and its includes are.
        registry: What is loaded, to name the applications and functions that are not.
        scope: Makes a scope without a channel over a dict of globals.
        file: Another name of the main file.
        globals: Global variables that stay (`clearglobalvars=no`); the new ones are put into this very dict.
        execute: Runs `#exec` lines.
        tables: Files that are in tables and not on disk.
        lua: Read the folder's extensions.lua too, where there is one.

    Returns:
        The plan; `plan.warnings` has what was skipped or looks wrong, with file and line.

    Raises:
        DialplanError: The whole file is lost, as Asterisk loses it.
    """
    with _no_collection():
        plan = resolve(reader.read(file, folder, execute, tables), registry, scope, globals)
    _add_users(plan, Path(folder), tables)
    if lua:
        _add_lua(plan, Path(folder))
    return plan


def _add_users(plan: Plan, folder: Path, tables: reader.Tables | None) -> None:
    """Add what the folder's users.conf says."""
    if not (folder / users.FILE).exists() and users.FILE not in (tables or {}):
        return
    try:
        config = reader.read(users.FILE, folder, tables=tables)
    except DialplanError as error:
        plan.warnings.append(error)
        return
    plan.warnings += config.warnings
    users.add(plan, config)


def _add_lua(plan: Plan, folder: Path) -> None:
    """Add what the folder's extensions.lua says."""
    if not (folder / "extensions.lua").exists():
        return
    from asterism.dialplan import lua

    try:
        plan.lua = lua.load(folder)
        if plan.lua is not None:
            plan.lua.attach(plan)
    except DialplanError as error:
        plan.warnings.append(error)
        plan.lua_lost = True


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector away: it would go through a big dialplan again and again while it grows."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def load_text(
    text: str, registry: Registry, scope: MakeScope, *, folder: str | Path | None = None,
    file: str = "extensions.conf", globals: dict[str, str] | None = None,
) -> Plan:  # fmt: skip
    """Load a dialplan from text, as `load` does."""
    return resolve(reader.read_text(text, file, folder), registry, scope, globals)


def resolve(config: reader.Config, registry: Registry, scope: MakeScope, globals: dict[str, str] | None = None) -> Plan:
    """Make a plan of a configuration that was read."""
    nodes, warnings = parser.parse(config)
    plan = Plan(registry)
    plan.warnings = warnings
    plan.general = nodes.general
    plan.warnings += _general(config)
    plan.autofallthrough = nodes.general.get("autofallthrough", "yes").lower() in _TRUE
    if globals is not None:
        if nodes.general.get("clearglobalvars", "no").lower() in _TRUE:
            globals.clear()
        plan.globals = globals
    resolving = _Resolving(plan, registry, scope(plan.globals))
    resolving.globals(nodes)
    for context in nodes.contexts:
        resolving.context(context)
    resolving.includes()
    return plan


_GENERAL = frozenset(
    ("static", "writeprotect", "autofallthrough", "clearglobalvars", "extenpatternmatchnew", "userscontext")
)


def _general(config: reader.Config) -> list[DialplanError]:
    """Tell which settings of `[general]` are unknown or without effect."""
    found = []
    for line in config.lines("general"):
        key = line.key.lower()
        if key == "priorityjumping":
            found.append(DialplanError("priorityjumping is long gone and has no effect", line.file, line.lineno))
        elif key not in _GENERAL:
            found.append(DialplanError(f"unknown setting '{line.key}' in [general]", line.file, line.lineno))
    return found


class _Resolving:
    def __init__(self, plan: Plan, registry: Registry, scope: Scope) -> None:
        self.plan = plan
        self.registry = registry
        self.compiler = Compiler(registry)
        self.scope = scope
        self.checked: set[tuple[str, str]] = set()

    def substituted(self, text: str) -> str:
        """Put global variables into a text that is needed while loading."""
        if "$" not in text:
            return text
        evaluate = self.compiler.now(substitution.parse(text))
        return evaluate(self.scope) if evaluate else ""

    def standing(self, context: str, exten: str, text: str) -> str:
        """Put variables into a text that belongs to one number, as if a channel stood there."""
        scope = self.scope
        scope.context, scope.exten = context, exten
        try:
            return self.substituted(text)
        finally:
            scope.context, scope.exten = "", ""

    def warn(self, message: str, file: str, line: int) -> None:
        self.plan.warnings.append(DialplanError(message, file, line))

    def globals(self, nodes: Dialplan) -> None:
        # In file order, so that a value sees those before it.
        for name, value, _, _ in nodes.globals:
            self.plan.globals[name.lstrip("_") if name.strip("_") else name] = self.substituted(value)

    def context(self, node: ContextNode) -> None:
        context = self.plan.context(node.name, node.file, node.line)
        context.autohints = context.autohints or node.autohints
        last_name = ""
        last_caller: str | None = None
        last_priority = _NO_PRIORITY
        for item in node.items:
            if isinstance(item, Priority):
                if item.name is None:
                    if not last_name:
                        self.warn("'same' without an extension before it", item.file, item.line)
                        continue
                elif "$" in item.name:
                    last_name, last_caller = parser.named(self.substituted(item.name))
                else:
                    last_name, last_caller = item.name, item.caller
                last_priority = self.priority(context, item, last_name, last_caller, last_priority)
            else:
                self.item(context, item)

    def priority(self, context: Context, item: Priority, name: str, caller: str | None, last: int) -> int:
        """Number one priority and add it; returns its number, which `n` counts from."""
        written = item.priority
        hint = False
        if written in ("n", "next"):
            if last == _NO_PRIORITY:
                self.warn("'n' on the first entry of a context", item.file, item.line)
                return last
            number = last + 1
        elif written in ("s", "same"):
            if last == _NO_PRIORITY:
                self.warn("'s' on the first entry of a context", item.file, item.line)
                return last
            number = last
        elif written == "hint":
            hint, number = True, -1
        elif numeric := _NUMBER.match(written):
            number = wrapped(int(numeric[0][:30]))
            if number < 1:
                self.warn(f"invalid priority '{written}'", item.file, item.line)
                return last
        else:
            number = self.labelled(context, name, caller, written)
            if number == 0:
                self.warn(f"invalid priority or label '{written}'", item.file, item.line)
                return last
        if number == 0:
            self.warn("'n' after a hint is no priority", item.file, item.line)
            return last
        number += 0 if hint else item.plus
        if number >= 0 or hint:
            self.add(context, item, name, caller, number, hint)
        return number

    def labelled(self, context: Context, name: str, caller: str | None, label: str) -> int:
        found = context.extension(name, caller)
        return found.label(label) if found else 0

    def add(self, context: Context, item: Priority, name: str, caller: str | None, number: int, hint: bool) -> None:
        if not name:
            self.warn("an extension needs a name", item.file, item.line)
            return
        extension = context.make(name, caller)
        step = Step(context.name, name, number, item.label, item.application, item.data, item.file, item.line)
        if hint:
            if "${" in item.application and not pattern.is_pattern(name):
                step.application = self.standing(context.name, name, item.application)
            if extension.hint is not None:
                self.warn(f"second hint for '{extension.shown}', the first is kept", item.file, item.line)
                return
            extension.hint = step
            return
        if number in extension.steps:
            self.warn(
                f"priority {number} of '{extension.shown}' in '{context.name}' is there already, the first is kept",
                item.file, item.line,
            )  # fmt: skip
            return
        if item.label and extension.label(item.label):
            self.warn(
                f"label '{item.label}' of '{extension.shown}' is used already, the first is kept", item.file, item.line
            )
            step.label = ""
        extension.steps[number] = step
        key = (item.application, item.data)
        if key not in self.checked:
            self.checked.add(key)
            self.plan.warnings += check(step, self.registry)

    def item(self, context: Context, item: Include | Switch | IgnorePattern) -> None:
        text = item.text
        if isinstance(item, Include):
            text = self.substituted(text)
            if any(include.text == text for include in context.includes):
                self.warn(f"'{text}' is included already", item.file, item.line)
                return
            context.includes.append(Included(text, item.file, item.line))
        elif isinstance(item, Switch):
            text = self.substituted(text) if item.kind == "switch" else text
            context.switches.append(Switched(text, item.kind == "eswitch", item.file, item.line))
        else:
            text = self.substituted(text)
            if text in context.ignore_patterns:
                self.warn(f"'{text}' is ignored already", item.file, item.line)
                return
            context.ignore_patterns.append(text)

    def includes(self) -> None:
        """List the includes of contexts that are not there; they stay, as Asterisk keeps them."""
        for context in self.plan.contexts.values():
            for include in context.includes:
                if include.context not in self.plan.contexts:
                    self.warn(
                        f"context '{context.name}' includes '{include.context}' that is not there",
                        include.file, include.line,
                    )  # fmt: skip


__all__ = ["load", "load_text", "pattern", "resolve"]
