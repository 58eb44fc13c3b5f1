"""Commands that change the dialplan in force; extensions.conf stays as it is, and the next reload forgets them."""

from typing import TYPE_CHECKING

from asterism.dialplan import parser
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.plan import REGISTRAR, Context, Extension, Included
from asterism.dialplan.reader import Line
from asterism.dialplan.source import Step
from asterism.runtime.declare import command
from asterism.runtime.errors import ArgumentError, AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


def _context(rt: "Runtime", name: str) -> Context | None:
    return rt.plan.contexts.get(name)


def _made(rt: "Runtime", name: str, what: str) -> tuple[Context, list[str]]:
    """Return a context, made where there is none, and what is to be said about that."""
    found = rt.plan.contexts.get(name)
    if found is not None:
        return found, []
    said = f"Context '{name}' did not exist prior to add {what} - the context will be created."
    return rt.plan.context(name), [said]


@command("dialplan add extension <exten,priority,application> into <context> [replace]")
def add_extension(rt: "Runtime", written: str, name: str, replace: str = "") -> list[str]:
    """Add a priority to a context of the dialplan in force.

    `dialplan add extension 6123,1,Dial(PJSIP/6123) into local`; the application's text may follow a comma as well.
    """
    try:
        item = parser.priority(Line("", 0, name, "exten", written))
    except DialplanError as error:
        raise ArgumentError(error.message) from None
    hint = item.priority.lower() == "hint"
    if not item.application or item.name is None:
        raise ArgumentError("")
    if not hint and not (item.priority.isdigit() and item.priority.isascii() and int(item.priority[:9])):
        raise ArgumentError(f"'{item.priority}' is not a valid priority")
    application, data = item.application, item.data
    if "," in application and not hint:
        application, _, data = application.partition(",")
    context, said = _made(rt, name, "extension")
    extension = context.make(item.name, item.caller)
    number = -1 if hint else int(item.priority[:9])
    step = Step(name, item.name, number, item.label, application, data, REGISTRAR, 0)
    there = extension.hint is not None if hint else number in extension.steps
    if there and not replace:
        raise AsterismError(f"Extension {extension.shown}@{name} with priority {item.priority} already exists")
    if hint:
        extension.hint = step
    else:
        extension.steps[number] = step
    rt.plan.changed()
    shown = f"{extension.name},{item.priority},{application}({data})"
    if there:
        return [*said, f"Extension {extension.shown}@{name} ({item.priority}) replace by '{shown}'"]
    return [*said, f"Extension '{shown}' added into '{name}' context"]


@command("dialplan remove extension <exten@context> [<priority>]")
def remove_extension(rt: "Runtime", place: str, priority: str = "") -> list[str]:
    """Remove an extension, or one of its priorities, from the dialplan in force.

    `100/555@ctx` removes what is for that caller only, `100@ctx` all of the extension.
    """
    written, at, name = place.rpartition("@")
    if not at or not written or not name:
        raise AsterismError(f"Missing extension or context name in third argument '{place}'")
    exten, slash, caller = written.partition("/")
    context = _context(rt, name)
    wanted = [
        one
        for one in (context or ())
        if one.name == exten and (not slash or one.caller == caller) and (not priority or _has(one, priority))
    ]
    if context is None or not wanted:
        raise AsterismError(f"Failed to remove extension {place}")
    for one in wanted:
        if priority == "hint":
            one.hint = None
        elif priority:
            del one.steps[int(priority)]
        if not priority or not (one.steps or one.hint):
            context.discard(one)
    rt.plan.changed()
    place = f"{exten}@{name}"
    number = -1 if priority == "hint" else priority
    return [f"Extension {place} with priority {number} removed" if priority else f"Whole extension {place} removed"]


def _has(extension: Extension, priority: str) -> bool:
    if priority == "hint":
        return extension.hint is not None
    return priority.isdigit() and priority.isascii() and int(priority[:9]) in extension.steps


@command("dialplan add include <included> into <context>")
def add_include(rt: "Runtime", text: str, name: str) -> list[str]:
    """Include a context in another one; the text may have times behind a comma."""
    context, said = _made(rt, name, "include")
    if any(include.text == text for include in context.includes):
        raise AsterismError(f"Context '{text}' already included in '{name}' context")
    context.includes.append(Included(text))
    rt.plan.changed()
    return [*said, f"Context '{text}' included in '{name}' context"]


@command("dialplan remove include <included> from <context>")
def remove_include(rt: "Runtime", text: str, name: str) -> list[str]:
    """Include a context no longer; the text as `dialplan show` prints it."""
    context = _context(rt, name)
    found = [include for include in (context.includes if context else []) if include.text == text]
    if context is None or not found:
        raise AsterismError(f"Failed to remove '{text}' include from '{name}' context")
    context.includes.remove(found[0])
    rt.plan.changed()
    return [f"We are not including '{text}' into '{name}' now"]


@command("dialplan add ignorepat <pattern> into <context>")
def add_ignore_pattern(rt: "Runtime", text: str, name: str) -> list[str]:
    """Let the dial tone go on after digits, in a context."""
    context = _context(rt, name)
    if context is None:
        raise AsterismError(f"Failed to add ignore pattern '{text}' into '{name}' context")
    if text in context.ignore_patterns:
        raise AsterismError(f"Ignore pattern '{text}' already included in '{name}' context")
    context.ignore_patterns.append(text)
    return [f"Ignore pattern '{text}' added into '{name}' context"]


@command("dialplan remove ignorepat <pattern> from <context>")
def remove_ignore_pattern(rt: "Runtime", text: str, name: str) -> list[str]:
    """Let the dial tone end after these digits."""
    context = _context(rt, name)
    if context is None:
        raise AsterismError(f"Failed to remove ignore pattern '{text}' from '{name}' context")
    if text not in context.ignore_patterns:
        raise AsterismError(f"There is no existence of '{text}' ignore pattern in '{name}' context")
    context.ignore_patterns.remove(text)
    return [f"Ignore pattern '{text}' removed from '{name}' context"]


@command("dialplan remove context <context>")
def remove_context(rt: "Runtime", name: str) -> list[str]:
    """Remove a whole context from the dialplan in force; calls in it end at their next priority."""
    if name not in rt.plan.contexts:
        return [f"There is no such context as '{name}'"]
    del rt.plan.contexts[name]
    rt.plan.changed()
    return [f"Removed context '{name}'"]
