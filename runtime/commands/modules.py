"""Commands about modules: which are loaded; load, unload, reload."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asterism.runtime.commands.nouns import summary
from asterism.runtime.declare import Application, Table, command
from asterism.runtime.errors import AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_COLUMNS = (("Module", 40), ("Description", 40), ("Use Count", 10), ("Status", 11), ("Support Level", 13))


@command("module show [like <text>]")
def module_show(rt: "Runtime", text: str = "") -> Table:
    """List the loaded modules, with `like` those whose name holds a text.

    The use count says how many channels run an application of the module now.
    """
    running = [each.application.lower() for each in rt.channels.snapshots()]
    rows = []
    for name, declarations in sorted(rt.modules.loaded.items()):
        if text.lower() not in name.lower():
            continue
        mine = {each.name.lower() for each in declarations if isinstance(each, Application)}
        uses = sum(application in mine for application in running)
        rows.append((name, summary(name), uses, "Running", "core"))

    return Table(_COLUMNS, rows, [f"{len(rows)} modules loaded"], line=_line)


def _line(row: Sequence[object]) -> str:
    return f"{row[0]:<40} {row[1]:<40.40} {row[2]:<10} {row[3]:<11} {row[4]:>13}"


@command("module load <name>")
def module_load(rt: "Runtime", name: str) -> str:
    """Load a module: a Python module by its full name, or one of the house's own by the last part of it."""
    try:
        rt.load(name)
    except Exception as error:
        raise AsterismError(f"Unable to load module {name}: {error}") from None
    return f"Loaded {name}"


@command("module unload <module>...")
def module_unload(rt: "Runtime", names: list[str]) -> list[str]:
    """Forget what modules declare; calls that run an application of theirs finish it."""
    lines: list[str] = []
    for name in names:
        if not rt.unload(name):
            raise AsterismError("\n".join((*lines, f"Unable to unload resource {name}")))
        lines.append(f"Unloaded {name}")
    return lines


@command("module reload [<module>...]", see="core reload")
async def module_reload(rt: "Runtime", names: list[str]) -> list[str]:
    """Read the configuration of modules again, or all configuration."""
    lines: list[str] = []
    for name in names or [""]:
        try:
            lines += await rt.reload(_part_of(name))
        except AsterismError:
            if rt.modules.full_name(name) in rt.modules.loaded:
                lines.append(f"The module '{name}' does not support reloads")
            else:
                lines.append(f"No such module '{name}'")
            continue
        if name:
            lines.append(f"Module '{name}' reloaded successfully.")
    return lines


_PARTS = {"pbx_config": "dialplan", "chan_sip": "sip", "chan_pjsip": "pjsip", "res_pjsip": "pjsip",
          "res_musiconhold": "musiconhold", "res_indications": "indications"}  # fmt: skip
"What Asterisk's modules that read configuration are here."


def _part_of(name: str) -> str:
    plain = name.lower().removesuffix(".so")
    return _PARTS.get(plain, plain.rpartition(".")[2])
