"""Commands about AGI: what there is, one in detail, commands for AsyncAGI, every line shown."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.runtime.agi import asynchronous
from asterism.runtime.agi.command import AgiCommand, beginning, commands
from asterism.runtime.agi.conversation import DEBUG
from asterism.runtime.declare import Table, command
from asterism.runtime.errors import AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@command("agi show commands", see="agi show commands topic")
def show_commands(rt: "Runtime") -> Table:
    """List the commands that an AGI program may use."""
    return _table(list(commands().values()))


@command("agi show commands topic <words>...", see="agi show commands")
def show_topic(rt: "Runtime", words: list[str]) -> Table | list[str]:
    """Explain an AGI command, or list those that begin with some words."""
    found = beginning(words)
    exact = next((each for each in found if each.words == tuple(word.lower() for word in words)), None)
    if exact is not None:
        return _explained(exact)
    if not found:
        return [f"No such command '{' '.join(words)}'."]
    return _table(found)


def _table(found: Sequence[AgiCommand]) -> Table:
    rows = [("Yes" if each.dead else "No", each.name.lower(), each.doc.synopsis) for each in found]
    return Table((("Dead", 5), ("Command", 30), ("Description", 0)), rows, line=_line)


def _line(row: Sequence[object]) -> str:
    dead, name, description = row
    return f"{dead!s:>5.5} {name!s:>30.30}   {description}"


def _explained(each: AgiCommand) -> list[str]:
    doc = each.doc
    lines = ["", f"  -= Info about AGI '{each.name}' =- ", "", "[Synopsis]", doc.synopsis, ""]
    if doc.description:
        lines += ["[Description]", *doc.description.splitlines(), ""]
    lines += ["[Syntax]", each.syntax, "", "[Runs Dead]", "Yes" if each.dead else "No", ""]
    if each.see:
        lines += ["[See Also]", each.see, ""]
    return lines


@command("agi exec <channel> <command> [<id>]", see="agi show commands")
def execute(rt: "Runtime", name: str, text: str, command_id: str = "") -> str:
    """Let a channel that runs AGI(agi:async) run a command.

    A command of several words is put into double quotes. The id comes back in the event AsyncAGIExec.
    """
    channel = rt.channels.find(name)
    if channel is None:
        raise AsterismError(f"Channel {name} does not exist.")
    queue = asynchronous.queue_of(channel)
    if queue is None or not queue.add(text, command_id):
        raise AsterismError(f"failed to add AGI command to queue of channel {channel.name}")
    return f"Added AGI command to channel {channel.name} queue"


@command("agi set debug on|off")
def set_debug(rt: "Runtime", switch: str) -> str:
    """Show every line of AGI, or no longer; of conversations that begin from now on."""
    rt.datastores[DEBUG] = switch == "on"
    return f"AGI Debugging {'Enabled' if switch == 'on' else 'Disabled'}"


@command("agi dump html <file>")
def dump_html(rt: "Runtime", name: str) -> str:
    """Write a page about all AGI commands into a file of the log folder."""
    folder = rt.directories.log
    path = folder / Path(name).name
    rows = "".join(
        f"<tr><td>{html.escape(each.name)}</td><td>{html.escape(each.syntax)}</td>"
        f"<td>{html.escape(each.doc.synopsis)}</td></tr>\n"
        for each in commands().values()
    )
    try:
        path.write_text(f"<!DOCTYPE html>\n<title>AGI</title>\n<table>\n{rows}</table>\n", encoding="utf-8")
    except OSError as error:
        raise AsterismError(f"Could not create file '{path}': {error.strerror}") from None
    return f"AGI HTML commands dumped to: {path}"
