"""Macro, MacroIf, MacroExclusive and MacroExit: subroutines as Asterisk had them up to version 20."""

import asyncio
from weakref import WeakKeyDictionary

from asterism.apps.goto import is_true
from asterism.dialplan import machine
from asterism.dialplan.scope import Dialled, Failed, Jump, Outcome, Scope
from asterism.runtime import declare
from asterism.runtime.declare import application

MAX_DEPTH = 7
"""Macros within macros; more is taken for an endless recursion, as in Asterisk. MACRO_RECURSION changes it."""
EXIT = Dialled("")
"""What leaves the macro under way. Outside of one it is as if the caller had begun to dial: digits are waited for."""


def _number(text: str) -> int:
    return int(text[:9]) if text.isdigit() and text.isascii() else 0


def _restore(chan: Scope, name: str, before: str | None) -> None:
    if before is not None:
        chan.set(name, before)
    elif chan.variables.get(name):
        chan.unset(name)
    else:
        chan.variables.discard(name)


async def run_macro(chan: Scope, name: str, arguments: list[str]) -> Outcome:
    """Run the macro of a name on a channel; the Outcome leads where the dialplan goes on."""
    context = f"macro-{name}"
    variables = chan.variables
    depth = _number(variables.get("MACRO_DEPTH", "")) + 1
    if depth > (_number(variables.get("MACRO_RECURSION", "")) or MAX_DEPTH):
        chan.log("ERROR", "Macro(): possible infinite loop detected, returning early")
        return None
    if not await machine.exists(chan.source, chan, context, "s", 1):
        chan.warn(f"Context '{context}' for macro '{name}' lacks 's' extension, priority 1")
        return None
    stood, track = (chan.context, chan.exten, chan.priority), chan.track
    arguments_before = {f"ARG{index}": variables.get(f"ARG{index}") for index in range(1, len(arguments) + 1)}
    before = {key: variables.get(key) for key in ("MACRO_EXTEN", "MACRO_CONTEXT", "MACRO_PRIORITY", "MACRO_OFFSET")}
    for key, value in zip(before, (chan.exten, chan.context, str(chan.priority)), strict=False):
        chan.set(key, value)
    variables.discard("MACRO_OFFSET")
    chan.set("MACRO_DEPTH", str(depth))
    for index, argument in enumerate(arguments, 1):
        chan.set(f"ARG{index}", argument)
    chan.context, chan.exten, chan.priority = context, "s", 1
    ended: Outcome = None
    try:
        ended = await machine.confined(chan.source, chan, context, lambda: chan.set("MACRO_DEPTH", str(depth)))
        return await _after(chan, ended, stood, variables.get("MACRO_OFFSET", ""))
    finally:
        chan.set("MACRO_DEPTH", str(depth - 1))
        for key, old in (arguments_before | before).items():
            _restore(chan, key, old)
        chan.context, chan.exten, chan.priority = stood
        chan.track = track


async def _after(chan: Scope, ended: Outcome, stood: tuple[str, str, int], offset: str) -> Outcome:
    """Return where to go on: behind the Macro, or out of it where the macro has jumped."""
    if ended is not None and ended is not EXIT:
        return ended
    context, exten, priority = stood
    following = priority + 1 + _number(offset)
    if offset and await machine.exists(chan.source, chan, context, exten, following):
        return Jump(context, exten, following)
    return None


def _split(text: str) -> tuple[str, list[str]]:
    name, *arguments = text.split(",")
    return name, arguments


@application("Macro", see="Gosub, MacroIf, MacroExit, MacroExclusive")
async def macro(chan: Scope, text: declare.Text = "") -> Outcome:
    """Run a macro.

    Args:
        text: `name[,argument...]`: the context `macro-name` is run from its extension `s`; the arguments are
            ARG1, ARG2 ... there.

    Sets: MACRO_EXTEN, MACRO_CONTEXT, MACRO_PRIORITY and MACRO_DEPTH while it runs.
    Compat: app_macro of Asterisk 16. MACRO_OFFSET skips so many priorities afterwards.
    """
    name, arguments = _split(text)
    if not name:
        chan.warn("Macro() requires arguments: name[,argument...]")
        return Failed()
    return await run_macro(chan, name, arguments)


@application("MacroIf", see="Macro, GosubIf")
async def macroif(chan: Scope, text: declare.Text = "") -> Outcome:
    """Run one of two macros, or none, on a condition.

    Args:
        text: `condition?name[,argument...][:name[,argument...]]`.
    """
    condition, _, rest = text.partition("?")
    yes, colon, no = rest.partition(":")
    holds = is_true(condition)
    outcome: Outcome = await macro.body(chan, yes if holds else no) if holds or colon else None
    return outcome


_LOCKS: WeakKeyDictionary[object, dict[str, asyncio.Lock]] = WeakKeyDictionary()


@application("MacroExclusive", see="Macro")
async def macroexclusive(chan: Scope, text: declare.Text = "") -> Outcome:
    """Run a macro that only one call may be in at a time; the others wait.

    Args:
        text: `name[,argument...]`.
    """
    name, arguments = _split(text)
    if not name:
        chan.warn("MacroExclusive() requires arguments: name[,argument...]")
        return Failed()
    async with _LOCKS.setdefault(chan.source, {}).setdefault(name, asyncio.Lock()):
        return await run_macro(chan, name, arguments)


@application("MacroExit", see="Macro")
def macroexit(chan: Scope) -> Outcome:
    """Leave the macro under way.

    Compat: app_macro of Asterisk 16. Outside of a macro it waits for digits, as WaitExten does: `t`, or `e`, follows.
    """
    return EXIT
