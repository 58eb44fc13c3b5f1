"""Commands about modules, Asterisk's (`app_dial.so`) and Python's: which are loaded; load, unload, reload."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from asterism.runtime.asterisk_names import BUILT_IN, RELOADS, unit_of
from asterism.runtime.commands.nouns import summary
from asterism.runtime.declare import Application, Table, command
from asterism.runtime.errors import AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_COLUMNS = (("Module", 30), ("Description", 40), ("Use Count", 10), ("Status", 11), ("Support Level", 13))


def listed(rt: "Runtime") -> list[tuple[str, str, int]]:
    """The modules that are here, by name, with what they are and how many channels use them now."""
    uses = _uses(rt)
    parts = dict(BUILT_IN) | rt.running_parts()
    found = {f"{name}.so" if "_" in name else name: text for name, text in parts.items()}
    for unit, declarations in rt.modules.units().items():
        found[f"{unit}.so"] = declarations[0].doc.synopsis
    for name, declared in rt.modules.loaded.items():
        if any(not unit_of(each.name) for each in declared) or not declared:
            found.setdefault(name, summary(name))
    return [(name, text, uses[name.removesuffix(".so")]) for name, text in sorted(found.items())]


def _uses(rt: "Runtime") -> Counter[str]:
    """How many channels use each module: run one of its applications, or come from it."""
    homes = {each.name: name for name, declared in rt.modules.loaded.items() for each in declared}
    uses: Counter[str] = Counter()
    for each in rt.channels.snapshots():
        application = rt.modules.application(each.application)
        if application is not None:
            uses[unit_of(application.name) or homes.get(application.name, "")] += 1
            uses[homes.get(application.name, "")] += bool(unit_of(application.name))
        technology = each.channel.partition("/")[0]
        uses[{"SIP": "chan_sip", "PJSIP": "chan_pjsip"}.get(technology, "")] += 1
    return uses


@command("module show [like <text>]")
def module_show(rt: "Runtime", text: str = "") -> Table:
    """List the modules, with `like` those whose name holds a text.

    Names that end with .so are Asterisk's, for the applications and functions that its module of that name has;
    others are Python modules. The use count says how many channels need the module now.
    """
    rows = [
        (name, description, uses, "Running", "core")
        for name, description, uses in listed(rt)
        if text.lower() in name.lower()
    ]
    return Table(_COLUMNS, rows, [f"{len(rows)} modules loaded"], line=_line)


def _line(row: Sequence[object]) -> str:
    return f"{row[0]!s:<30} {row[1]!s:<40.40} {row[2]!s:<10} {row[3]!s:<11} {row[4]!s:>13}"


@command("module load <name>...", see="module unload")
def module_load(rt: "Runtime", names: list[str]) -> list[str]:
    """Load modules: Asterisk's that were left out or unloaded, or Python modules by their full name."""
    lines: list[str] = []
    for name in names:
        unit = name.removesuffix(".so")
        if not rt.modules.load_unit(unit):
            known = rt.modules.serves(unit) or unit in rt.running_parts()
            try:
                if known or not rt.load(name):
                    raise ImportError("it is loaded already")
            except Exception as error:
                why = "" if name.endswith(".so") else f": {error}"
                raise AsterismError("\n".join((*lines, f"Unable to load module {name}{why}"))) from None
        lines.append(f"Loaded {name}")
    return lines


@command("module unload [-f|-h] <module>...", see="module load")
def module_unload(rt: "Runtime", force: str, names: list[str]) -> list[str]:
    """Forget what modules declare, unless a channel uses them now.

    With -f they go all the same, and calls that run an application of theirs finish it; with -h such calls are hung
    up first.
    """
    lines: list[str] = []
    for name in names:
        if not unload(rt, name, force):
            raise AsterismError("\n".join((*lines, f"Unable to unload resource {name}")))
        lines.append(f"Unloaded {name}")
    return lines


def unload(rt: "Runtime", name: str, force: str = "") -> bool:
    """Unload a module that is not in use; False when it is in use, not there, or built in.

    Args:
        force: `-f` to unload it even when it is in use; `-h` to hang up who uses it.
    """
    unit = name.removesuffix(".so")
    if _uses(rt)[unit] and not force:
        return False
    mine = {each.name for each in rt.modules.units().get(unit, ())} | {
        each.name for each in rt.modules.loaded.get(rt.modules.full_name(unit), ()) if isinstance(each, Application)
    }
    if not rt.unload(name):
        return False
    if force == "-h":
        for channel in tuple(rt.channels.values()):
            if channel.application in mine:
                channel.request_hangup()
    return True


@command("module refresh [recursively] <module>...", see="module unload, module load")
def module_refresh(rt: "Runtime", how: str, names: list[str]) -> list[str]:
    """Unload modules and load them again; `recursively` is for Asterisk's sake, since modules here need no others."""
    lines: list[str] = []
    for name in names:
        if not unload(rt, name):
            raise AsterismError("\n".join((*lines, f"Unable to unload resource {name}")))
        if not rt.modules.load_unit(name):
            rt.load(name)
        lines.append(f"Unloaded and loaded {name}")
    return lines


@command("module reload [<module>...]", see="core reload")
async def module_reload(rt: "Runtime", names: list[str]) -> list[str]:
    """Read the configuration of modules again, or all configuration."""
    lines: list[str] = []
    for name in names or [""]:
        try:
            lines += await rt.reload(part_of(name))
        except AsterismError:
            plain = name.removesuffix(".so")
            if rt.modules.serves(plain) or plain in rt.running_parts():
                lines.append(f"The module '{name}' does not support reloads")
            else:
                lines.append(f"No such module '{name}'")
            continue
        if name:
            lines.append(f"Module '{name}' reloaded successfully.")
    return lines


@command("reload [<module>...]", see="module reload, core reload")
async def reload(rt: "Runtime", names: list[str]) -> list[str]:
    """Read the configuration of modules again, or all configuration: the same as module reload."""
    lines: list[str] = await module_reload.body(rt, names)
    return lines


def part_of(name: str) -> str:
    """What `Runtime.reload` calls the configuration of a module."""
    plain = name.lower().removesuffix(".so")
    return RELOADS.get(plain, plain.rpartition(".")[2])
