"""Commands about the runtime itself: version, uptime, settings, help."""

import os
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING

from asterism import __version__
from asterism.runtime.declare import command

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_UNITS = (("year", 31_536_000), ("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))

_WARRANTY = """\
Asterism is given away for free. As far as the law allows there is no warranty
for it of any kind: nobody promises that it does what you need, or that it does
it without fault, and nobody pays for damage that comes from using it. Sections
11 and 12 of the GNU General Public License, version 2, say so in full."""

_LICENSE = """\
Asterism is free software: you may pass it on, and change it, under the terms of
the GNU General Public License as published by the Free Software Foundation,
version 2 or, at your option, any later version. The file LICENSE that came with
it holds the text."""


def span(seconds: float) -> str:
    """A length of time in words: `1 hour, 2 minutes, 3 seconds`."""
    left = int(seconds)
    parts = []
    for unit, length in _UNITS:
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {unit}{'s' if count != 1 else ''}")
    return ", ".join(parts) or "0 seconds"


def clock(seconds: float) -> str:
    """A length of time as a clock shows it: `01:02:03`."""
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


@command("core show version")
def show_version(rt: "Runtime") -> str:
    """Show which version this is, and what it runs on."""
    system = os.uname()
    return (
        f"Asterism {__version__} on a {system.machine} running {system.sysname} {system.release}"
        f" with Python {'.'.join(map(str, _python()))}"
    )


def _python() -> tuple[int, int, int]:
    import sys

    return sys.version_info[:3]


@command("core show uptime [seconds]")
def show_uptime(rt: "Runtime", form: str = "") -> list[str]:
    """Show since when it runs, and when configuration was last read.

    With `seconds` as plain numbers.
    """
    now = rt.now()
    up, reloaded = int(now - rt.started_s), int(now - rt.reloaded_s)
    if form:
        return [f"System uptime: {up}", f"Last reload: {reloaded}"]
    return [f"System uptime: {span(up)}", f"Last reload: {span(reloaded)}"]


@command("core waitfullybooted")
async def wait_fully_booted(rt: "Runtime") -> str:
    """Wait until everything is loaded and calls are taken."""
    await rt.wait_booted()
    # Asterisk's words: start scripts look for them.
    return "Asterisk has fully booted."


def _setting(name: str, value: object) -> str:
    return f"  {name + ':':<28} {value}"


def _enabled(value: bool) -> str:
    return "Enabled" if value else "Disabled"


@command("core show settings")
def show_settings(rt: "Runtime") -> list[str]:
    """Show the options that this process runs with, and its folders."""
    from asterism.runtime.grammar import ASKER

    options, asker = rt.options, ASKER.get()
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    calls = f"{options.maxcalls} (Current {rt.channels.calls})" if options.maxcalls else "Not set"
    started, reloaded = (time.strftime("%T", time.localtime(each)) for each in (rt.started_s, rt.reloaded_s))
    system = os.uname()
    silence = _enabled(options.transmit_silence)
    return [
        "",
        "PBX Core settings",
        "-----------------",
        _setting("Version", __version__),
        _setting("Maximum calls", calls),
        _setting("Maximum open file handles", files),
        _setting("Root console verbosity", rt.log.verbose_level),
        _setting("Current console verbosity", asker.verbose if asker else 0),
        _setting("Debug level", rt.log.debug_level),
        _setting("Dump core on crash", "Yes" if options.dumpcore else "No"),
        _setting("Maximum load average", f"{options.maxload:f}"),
        _setting("Minimum free memory", f"{options.minmemfree} MB"),
        _setting("Startup time", started),
        _setting("Last reload time", reloaded),
        _setting("System", f"{system.sysname}/{system.release} on {system.machine}"),
        _setting("System name", rt.system_name),
        _setting("Entity ID", rt.entity_id),
        _setting("Default language", options.defaultlanguage),
        _setting("Language prefix", _enabled(options.languageprefix)),
        _setting("User name and group", f"{options.runuser}/{options.rungroup}"),
        _setting("Running directory", Path.cwd()),
        _setting("Executable includes", _enabled(options.execincludes)),
        _setting("Live dangerously", _enabled(rt.live_dangerously)),
        f"  Transmit silence during rec: {silence}",
        _setting("Sounds search custom dir", _enabled(options.sounds_search_custom_dir)),
        f"  Min DTMF duration::          {options.mindtmfduration}",
        _setting("Shell on remote consoles", _enabled(not options.disable_remote_console_shell)),
        "",
        "* Subsystems",
        "  -------------",
        _setting("Manager (AMI)", _enabled("manager" in rt.front_ends)),
        _setting("Web Manager (AMI/HTTP)", _enabled("http" in rt.front_ends)),
        _setting("Call data records", _enabled(rt.has_config("cdr.conf"))),
        _setting("Realtime Architecture (ARA)", _enabled(rt.has_config("extconfig.conf"))),
        "",
        *_folders(rt),
        "",
    ]


def _folders(rt: "Runtime") -> list[str]:
    folders = rt.directories
    return [
        "* Directories",
        "  -------------",
        _setting("Configuration file", folders.etc / "asterisk.conf"),
        _setting("Configuration directory", rt.config_dir or folders.etc),
        _setting("Module directory", folders.modules),
        _setting("Spool directory", folders.spool),
        _setting("Log directory", folders.log),
        _setting("Run/Sockets directory", folders.run),
        _setting("PID file", folders.run / "asterisk.pid"),
        _setting("VarLib directory", folders.var_lib),
        _setting("Data directory", folders.data),
        _setting("ASTDB", folders.db / "astdb.sqlite3"),
        _setting("Keys directory", folders.keys),
        _setting("AGI Scripts directory", folders.agi),
        _setting("Cache directory", folders.cache),
    ]


@command("core show sysinfo")
def show_sysinfo(rt: "Runtime") -> list[str]:
    """Show the memory and load of the machine, and what this process takes of it."""
    memory = _memory()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    load = os.getloadavg()
    processes = sum(each.name.isdecimal() for each in Path("/proc").iterdir()) if Path("/proc").is_dir() else 0
    return [
        "",
        "System Statistics",
        "-----------------",
        f"  System Uptime:             {int(time.clock_gettime(time.CLOCK_BOOTTIME)) // 3600} hours",
        f"  Total RAM:                 {memory.get('MemTotal', 0)} KiB",
        f"  Free RAM:                  {memory.get('MemFree', 0)} KiB",
        f"  Buffer RAM:                {memory.get('Buffers', 0)} KiB",
        f"  Total Swap Space:          {memory.get('SwapTotal', 0)} KiB",
        f"  Free Swap Space:           {memory.get('SwapFree', 0)} KiB",
        "",
        f"  Number of Processes:       {processes} ",
        f"  Load Average:              {load[0]:.2f} {load[1]:.2f} {load[2]:.2f}",
        f"  Largest Resident Set:      {usage.ru_maxrss} KiB",
        f"  Processor Time:            {usage.ru_utime + usage.ru_stime:.1f} seconds",
        "",
    ]


def _memory() -> dict[str, int]:
    try:
        with open("/proc/meminfo", encoding="ascii") as file:  # noqa: PTH123 - no disk behind it
            return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in file)}
    except OSError:
        return {}


@command("core show license")
def show_license(rt: "Runtime") -> str:
    """Show under which conditions this program may be passed on."""
    return _LICENSE


@command("core show warranty")
def show_warranty(rt: "Runtime") -> str:
    """Show what is promised, which is nothing."""
    return _WARRANTY


@command("core show help [<command>...]")
def show_help(rt: "Runtime", words: list[str]) -> list[str]:
    """List the commands, or tell all about one.

    The beginning of a command lists those that begin so. Everywhere on the console Tab completes the word under
    way, and ? shows what may come next.
    """
    return _help(rt, words)


@command("help [<command>...]", see="core show help")
def help_(rt: "Runtime", words: list[str]) -> list[str]:
    """List the commands, or tell all about one: the same as core show help."""
    return _help(rt, words)


def _help(rt: "Runtime", words: list[str]) -> list[str]:
    return rt.commands.help(" ".join(words).split()).lines  # In quotes or not.


@command("core reload")
async def core_reload(rt: "Runtime") -> list[str]:
    """Read all configuration again.

    What is wrong keeps its old value, and is told here and in the log.
    """
    return await rt.reload()
