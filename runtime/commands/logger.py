"""Commands about the log: where it goes, in which levels; put its files aside; show less of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asterism.functions.log_group import GROUP
from asterism.runtime.declare import Table, command
from asterism.runtime.errors import AsterismError
from asterism.runtime.grammar import ASKER
from asterism.runtime.log import LogFiles

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_CHANNELS = (("Channel", 35), ("Type", 8), ("Formatter", 9), ("Status", 9), ("Configuration", 0))


def _files(rt: "Runtime") -> LogFiles:
    """Who keeps the log; an embedded runtime leaves that to the program around it."""
    if rt.log.files is None:
        raise AsterismError("The log of this runtime is kept by the program that it is embedded in.")
    return rt.log.files


@command("logger show channels", see="logger add channel, logger show levels")
def logger_show_channels(rt: "Runtime") -> Table:
    """List where the log goes: files, syslog, consoles, each with its format and levels."""
    files = _files(rt)
    return Table(
        _CHANNELS,
        files.rows(),
        [""],
        line=_channel_line,
        above=[f"Logger queue limit: {files.queue_limit}", ""],
        underline=True,
    )


def _channel_line(row: Sequence[object]) -> str:
    name, kind, form, status, levels = map(str, row)
    if status == "Enabled":
        return f"{name:<35.35} {kind:<8.8} {form:<9.9}  {status:<9.9}  - {levels} "
    return f"{name:<35.35} {kind:<8.8} {form:<9.9}  {status:<9.9} {levels}"


@command("logger show levels", see="logger show channels")
def logger_show_levels(rt: "Runtime") -> Table:
    """List the levels of the log, with logger.conf's custom ones."""
    return Table(
        [("Level", 5), ("Name", 0)],
        _files(rt).levels,
        [""],
        line=lambda row: f"{row[0]:>5} {row[1]}",
        underline=True,
    )


@command("logger rotate [<log file>]", see="logger reload")
def logger_rotate(rt: "Runtime", name: str = "") -> None:
    """Put the log files aside and begin new ones, by rotatestrategy of logger.conf; or one file alone."""
    _files(rt).rotate(name)


@command("logger reload [<file>]", see="logger rotate")
def logger_reload(rt: "Runtime", file: str = "") -> list[str]:
    """Read logger.conf again, or another file instead of it, and open the log files anew."""
    return _files(rt).reload(file)


@command("logger add channel <name> <levels>", see="logger remove channel")
def logger_add_channel(rt: "Runtime", name: str, levels: str) -> list[str]:
    """Write the log to one more place, until it is removed or the server restarts.

    The name is a file, or syslog.FACILITY; the levels are written as in logger.conf: notice,warning,verbose(3), with
    [json] or [plain] before them for another format.
    """
    files = _files(rt)
    try:
        files.add(name, levels)
    except AsterismError as error:
        return [str(error)]
    return []


@command("logger remove channel <name>", see="logger add channel")
def logger_remove_channel(rt: "Runtime", name: str) -> str:
    """No more write the log to a place that was added."""
    files = _files(rt)
    try:
        files.remove(name)
    except AsterismError as error:
        return str(error)
    return f"Removed dynamic logger channel '{name}'"


@command("logger mute [silent]", see="logger set level")
def logger_mute(rt: "Runtime", silent: str = "") -> list[str]:
    """Show no log on this console, or show it again; with silent nothing is said about it."""
    console = ASKER.get()
    if console is None:
        raise AsterismError("Only a console can be muted.")
    console.muted = not console.muted
    if silent:
        return []
    return ["Console is muted." if console.muted else "Console is not muted anymore."]


@command("logger set level {DEBUG|TRACE|NOTICE|WARNING|ERROR|VERBOSE|DTMF} {on|off}", see="logger mute")
def logger_set_level(rt: "Runtime", level: str, state: str) -> str:
    """Show a level of the log on this console, or no more."""
    console = ASKER.get()
    if console is None:
        raise AsterismError("Only a console shows levels.")
    if state.lower() == "on":
        console.hidden.discard(level.upper())
    else:
        console.hidden.add(level.upper())
    return f"Logger status for '{level.upper()}' has been set to '{state.lower()}'."


GROUPS = "log groups"
"Under this name a runtime keeps the groups whose calls alone are shown."


def _groups(rt: "Runtime") -> list[str]:
    found: list[str] = rt.datastores.setdefault(GROUPS, [])
    return found


def _show_groups(rt: "Runtime") -> None:
    """Show the verbose lines of calls with a channel in one of the groups alone; of all calls when there is none."""
    wanted = _groups(rt)

    def shown(call: str) -> bool:
        return any(each.call == call and each.datastores.get(GROUP) in wanted for each in rt.channels.values())

    rt.log.shown_calls = shown if wanted else None


@command("logger filter changroup <group> {on|off}", see="logger filter show, logger filter reset, LOG_GROUP")
def logger_filter_changroup(rt: "Runtime", group: str, state: str) -> str:
    """Show what calls run only where a channel of the call is in a group that is on; LOG_GROUP puts it there.

    Consoles and log files leave out the verbose lines of all other calls; warnings and errors are shown as ever.
    """
    groups, on = _groups(rt), state.lower() == "on"
    if on and group not in groups:
        groups.insert(0, group)
    elif not on and group in groups:
        groups.remove(group)
    _show_groups(rt)
    return f"Logging of channel group '{group}' is now {'enabled' if on else 'disabled'}"


@command("logger filter show", see="logger filter changroup, logger filter reset")
def logger_filter_show(rt: "Runtime") -> list[str]:
    """List the groups of channels whose calls alone are shown."""
    groups = _groups(rt)
    if not groups:
        return ["No filtering currently active"]
    lines = [f"{number:>3} {name:<32}" for number, name in enumerate(groups, 1)]
    return [*lines, f"{len(groups)} channel group{'s' if len(groups) != 1 else ''} currently enabled"]


@command("logger filter reset", see="logger filter changroup, logger filter show")
def logger_filter_reset(rt: "Runtime") -> str:
    """Show what all calls run again."""
    count = len(_groups(rt))
    _groups(rt).clear()
    _show_groups(rt)
    return f"Log filtering has been reset ({count} filter{'s' if count != 1 else ''} removed)"


@command("console filter [<text>...]", see="logger mute, logger set level")
def console_filter(rt: "Runtime", words: list[str]) -> str:
    """Show on this console only lines of the log that hold a text; off shows all again.

    The text may be a channel's name, a call's id such as C-0000002a, a file, or a /regular expression/; case does not
    matter. Without a text the filter in force is told. What commands print is never left out. The key F2 begins it.
    """
    console = ASKER.get()
    if console is None:
        raise AsterismError("Only a console has a filter.")
    text = " ".join(words)
    if text:
        console.filter = "" if text.lower() == "off" else text
    return f"Lines with '{console.filter}' are shown." if console.filter else "All lines are shown."
