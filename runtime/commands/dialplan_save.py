"""`dialplan save`: the dialplan in force as text."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.dialplan.plan import REGISTRAR, Context, Extension, Plan
from asterism.dialplan.source import Step
from asterism.runtime.declare import command
from asterism.runtime.errors import AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_TRUE = ("1", "yes", "true", "y", "t", "on")
FILE = "extensions.conf"
LUA = "pbx_lua"
"""The origin of what comes from extensions.lua and is not saved."""


@command("dialplan save [<file>]", see="dialplan reload")
async def dialplan_save(rt: "Runtime", name: str = "") -> list[str]:
    """Write the dialplan in force into extensions.conf, or another file of the configuration folder.

    Only when [general] says static=yes and writeprotect=no. Comments, templates and includes of files are lost; the
    file that was there stays beside it as extensions.conf.old.
    """
    general = rt.plan.general
    if general.get("static", "no").lower() not in _TRUE or general.get("writeprotect", "no").lower() in _TRUE:
        raise AsterismError(f"I can't save dialplan now, see '{FILE}' example file.")
    folder = rt.config_dir
    if folder is None:
        raise AsterismError("There is no configuration folder to save the dialplan into.")
    path = (folder / (name or FILE)).resolve()
    if path.is_dir():
        path /= FILE
    if not path.is_relative_to(folder.resolve()) and not rt.live_dangerously:
        raise AsterismError(f"'{name}' is not in the configuration folder")
    text = "".join(f"{line}\n" for line in written(rt.plan, rt.variables))
    try:
        await asyncio.to_thread(_write, path, text)
    except OSError as error:
        raise AsterismError(f"Failed to create extensions config file '{path}': {error.strerror}") from None
    return [f"Dialplan successfully saved into '{path}'"]


def _write(path: Path, text: str) -> None:
    """Put the new file in place of the old one at once, so that there is always a whole one."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, "utf-8", "surrogateescape")
    if path.exists():
        path.replace(path.with_name(path.name + ".old"))
    fresh.replace(path)


def written(plan: Plan, variables: dict[str, str]) -> Iterator[str]:
    """Go through the lines of an extensions.conf that says what is in force."""
    yield "[general]"
    for key, value in plan.general.items():
        yield f"{key}={_escaped(value)}"
    yield ""
    yield "[globals]"
    for name, value in variables.items():
        yield f"{name} => {_escaped(value)}"
    for context in plan.contexts.values():
        if context.registrar == REGISTRAR:
            yield ""
            yield f"[{context.name}]"
            yield from _context(context)


def _context(context: Context) -> Iterator[str]:
    if context.autohints:
        yield "autohints=yes"
    for extension in context:
        yield from _extension(extension)
    for include in context.includes:
        yield f"include => {_escaped(include.text)}"
    for switch in context.switches:
        if switch.registrar == REGISTRAR:
            kind = "eswitch" if switch.evaluated else "lswitch" if "$" in switch.text else "switch"
            yield f"{kind} => {_escaped(switch.text)}"
    for digits in context.ignore_patterns:
        yield f"ignorepat => {_escaped(digits)}"


def _extension(extension: Extension) -> Iterator[str]:
    name = extension.shown
    if extension.hint is not None and _is_own(extension.hint):
        yield f"exten => {name},hint,{_escaped(extension.hint.application)}"
    for priority in sorted(extension.steps):
        step = extension.steps[priority]
        if _is_own(step):
            label = f"({step.label})" if step.label else ""
            yield f"exten => {name},{priority}{label},{step.application}({_escaped(step.data)})"


def _is_own(step: Step) -> bool:
    """Whether a step stands in extensions.conf or users.conf, or was added on the console."""
    return step.file != LUA


def _escaped(text: str) -> str:
    return text.replace(";", "\\;")
