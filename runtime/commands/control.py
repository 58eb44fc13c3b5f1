"""Commands that stop, restart, and change how much is said."""

import sys
from typing import TYPE_CHECKING

from asterism.runtime.asterisk_names import is_asterisks
from asterism.runtime.declare import command
from asterism.runtime.errors import ArgumentError, AsterismError
from asterism.runtime.grammar import ASKER

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@command("core stop now")
def stop_now(rt: "Runtime") -> None:
    """Stop at once: all calls are hung up."""
    rt.spawn(rt.stop(), "stop")


@command("core stop gracefully")
def stop_gracefully(rt: "Runtime") -> list[str]:
    """Take no new calls, and stop when those under way have ended."""
    rt.spawn(rt.stop(gracefully=True), "stop")
    return _waiting(rt, "halt")


@command("core stop when convenient")
def stop_when_convenient(rt: "Runtime") -> list[str]:
    """Stop as soon as there is no call; new calls are taken until then."""
    rt.spawn(rt.stop(when_convenient=True), "stop")
    return _waiting(rt, "halt")


@command("core restart now")
def restart_now(rt: "Runtime") -> None:
    """Restart at once: all calls are hung up."""
    rt.spawn(rt.stop(restart=True), "restart")


@command("core restart gracefully")
def restart_gracefully(rt: "Runtime") -> list[str]:
    """Take no new calls, and restart when those under way have ended."""
    rt.spawn(rt.stop(gracefully=True, restart=True), "restart")
    return _waiting(rt, "restart")


@command("core restart when convenient")
def restart_when_convenient(rt: "Runtime") -> list[str]:
    """Restart as soon as there is no call; new calls are taken until then."""
    rt.spawn(rt.stop(when_convenient=True, restart=True), "restart")
    return _waiting(rt, "restart")


def _waiting(rt: "Runtime", what: str) -> list[str]:
    if not rt.channels:
        return []
    return [f"Waiting for inactivity to perform {what}; 'core abort shutdown' takes it back."]


@command("core abort shutdown")
def abort_shutdown(rt: "Runtime") -> None:
    """Take back a stop or restart that still waits for calls to end."""
    rt.stop_cancel()


def _shown(level: int) -> str:
    return str(level) if level else "OFF"


def level_of(text: str) -> int:
    """A level as commands take it; off is 0."""
    if text.lower() == "off":
        return 0
    if not text.isdecimal():
        raise ArgumentError("")
    return min(int(text), 100)


def changed(what: str, old: int, new: int) -> str:
    """What has become of a level, in words."""
    if old == new:
        return f"{what} is still {_shown(new)}."
    return f"{what} was {_shown(old)} and is now {_shown(new)}."


@command("core set verbose [atleast] <level|off> [silent]")
def set_verbose(rt: "Runtime", atleast: str, level: str, silent: str = "") -> list[str]:
    """Set how deep this console sees verbose messages.

    0 or off shows none; each console has its own level. With atleast a higher one stays, with silent nothing is
    said about it. -v when the console starts does the same.
    """
    console = ASKER.get()
    new = level_of(level)
    if console is None:
        raise AsterismError("Only a console has a verbosity.")
    old = console.verbose
    if not (atleast and new < old):
        console.verbose = new
    return [] if silent else [changed("Console verbose", old, console.verbose)]


@command("core set debug [atleast] <level|off> [<part>]")
def set_debug(rt: "Runtime", atleast: str, level: str, part: str = "") -> list[str]:
    """Set how deep all consoles and log files see debug messages.

    0 or off shows none. With atleast a higher level stays. With a part only its messages are meant: a module of
    Asterisk's (res_pjsip, app_dial), or a word of a Python module's name. -d when the server starts does the same.
    """
    new = level_of(level)
    if not part:
        old = rt.log.debug_level
        if not (atleast and new < old):
            rt.log.set_debug(new)
        return [changed("Core debug", old, rt.log.debug_level)]
    word, shown = part_of(part), part.removesuffix(".so")
    old = rt.log.debug_of.get(word, 0)
    if old == new or (atleast and new < old):
        return [f"Core debug is still {old} for '{shown}'."]
    rt.log.set_debug(new, word)
    return [f"Core debug was {old} and has been set to {new} for '{shown}'."]


@command("core set debug category <category[:level]|off> [<category>...]", see="core set debug")
def set_debug_category(rt: "Runtime", first: str, names: list[str]) -> list[str]:
    """Show debug messages by what they are about, as deep as a level behind a colon says; 10 when none does.

    A category is a word of a module's name: sip, agi, dialplan. With off those that follow are shown no more, or
    none of them when none follows.
    """
    if first.lower() == "off":
        for each in names or tuple(rt.log.debug_of):
            rt.log.set_debug(0, part_of(each.partition(":")[0]))
        return []
    wanted = []
    for each in (first, *names):
        name, colon, level = each.partition(":")
        wanted.append((name, level_of(level) if colon else _DEEPEST))
    unknown = [name for name, _ in wanted if part_of(name) not in _words()]
    for name, depth in wanted:
        if name not in unknown:
            rt.log.set_debug(depth, part_of(name))
    return [f"There are no debug messages of the category '{name}'." for name in unknown]


_DEEPEST = 10
"How deep a category is shown that comes without a level."


def _words() -> set[str]:
    """The words that the names of our modules are made of."""
    ours = (name for name in tuple(sys.modules) if name.startswith("asterism."))
    return {word for name in ours for word in name.lower().replace("_", ".").split(".")}


def part_of(name: str) -> str:
    """The word in the name of a Python module that one of Asterisk's stands for: `res_pjsip.so` is pjsip."""
    plain = name.lower().removesuffix(".so").removesuffix(".c").removesuffix(".py")
    return plain.rpartition("_")[2] if is_asterisks(plain) else plain
