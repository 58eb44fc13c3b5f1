"""The program `asterism`: Asterisk's switches, and which part of the program they mean.

Kept lean, since scripts start it for every `-rx`: neither asyncio nor the runtime is imported before it is needed.
"""

import getopt
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from asterism import __version__
from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import AsteriskConf, Options

DEFAULT_CONF = Path("/etc/asterisk/asterisk.conf")

HELP = f"""\
Asterism {__version__}, an embeddable telephony runtime.
Usage: asterism [SWITCHES]
   -V              Print the version and end
   -h              Print this and end
   -C <file>       Read this asterisk.conf instead of {DEFAULT_CONF}

A server, in the foreground unless -F is given:
   -F              Go into the background
   -f              Stay in the foreground, whatever asterisk.conf says
   -c              Stay in the foreground with a console
   -v              More verbose; repeat for more
   -d              More debug messages; repeat for more
   -q              Print nothing in the foreground
   -m              Show no log on the console
   -g              Leave a core file in case of a crash
   -p              Run with real-time priority
   -U <user>       Run as this user
   -G <group>      Run as this group
   -L <load>       Take no new calls above this system load
   -M <number>     Calls at once
   -X              Let #exec in configuration files run programs
   -i -t -I        Accepted for Asterisk's sake, without effect

A console of a running server:
   -r              Attach to the server
   -R              The same, and come back when the server does
   -x <command>    Run one command on the server, print what it says, and end
   -s <socket>     The server's control socket, when it is not the configured one

Neither:
   --check <folder>  Read a configuration, say everything that looks wrong in it, and end; status 0 when nothing does

Either:
   -n              No colours
   -T              The time before every line
   -W -B           Colours for a light, for a black screen
"""


@dataclass
class Switches:
    """The command line, taken apart."""

    conf: Path = DEFAULT_CONF
    version: bool = False
    help: bool = False
    remote: bool = False
    reconnect: bool = False
    execute: str | None = None
    check: Path | None = None
    socket: Path | None = None
    foreground: bool = False
    background: bool = False
    console: bool = False
    mute: bool = False
    verbose: int = 0
    debug: int = 0
    load: float | None = None
    calls: int | None = None
    user: str = ""
    group: str = ""
    flags: frozenset[str] = frozenset()
    "The letters that set an option of asterisk.conf."


_OPTION_OF = {
    "q": "quiet", "g": "dumpcore", "p": "highpriority", "X": "execincludes", "i": "initcrypto",
    "n": "nocolor", "T": "timestamp", "W": "lightbackground", "B": "forceblackbackground",
}  # fmt: skip

_WITHOUT_EFFECT = "tI"

_FLAG_OF = {
    "V": "version", "h": "help", "r": "remote", "f": "foreground", "F": "background", "c": "console", "m": "mute",
}  # fmt: skip


def read_switches(arguments: Sequence[str]) -> Switches:
    """Read a command line.

    Raises:
        ConfigError: A switch is unknown, lacks its value, or its value is no number.
    """
    letters = "".join((*_OPTION_OF, *_WITHOUT_EFFECT, *_FLAG_OF, "vdRC:x:s:L:M:U:G:"))
    try:
        pairs, rest = getopt.gnu_getopt(list(arguments), letters, ["check="])
    except getopt.GetoptError as error:
        raise ConfigError(str(error)) from None
    if rest:
        raise ConfigError(f"what is '{rest[0]}'? A command needs -x before it")
    found = Switches()
    for switch, value in pairs:
        letter = switch[1]
        if switch == "--check":
            found.check = Path(value)
        elif letter in _FLAG_OF:
            setattr(found, _FLAG_OF[letter], True)
        elif letter in _OPTION_OF:
            found.flags |= {letter}
        else:
            _read_valued(found, letter, value)
    return found


def _read_valued(found: Switches, letter: str, value: str) -> None:
    match letter:
        case "v":
            found.verbose += 1
        case "d":
            found.debug += 1
        case "R":
            found.remote = found.reconnect = True
        case "x":
            found.remote, found.execute = True, value
        case "C":
            found.conf = Path(value)
        case "s":
            found.socket = Path(value)
        case "U":
            found.user = value
        case "G":
            found.group = value
        case "L" | "M":
            try:
                if letter == "L":
                    found.load = float(value)
                else:
                    found.calls = int(value)
            except ValueError:
                raise ConfigError(f"-{letter} needs a number, not '{value}'") from None
        case _:
            pass


def merged(options: Options, switches: Switches) -> Options:
    """asterisk.conf's options with what the command line says instead."""
    changed: dict[str, object] = {_OPTION_OF[letter]: True for letter in switches.flags}
    if switches.verbose:
        changed["verbose"] = switches.verbose
    if switches.debug:
        changed["debug"] = switches.debug
    if switches.load is not None:
        changed["maxload"] = switches.load
    if switches.calls is not None:
        changed["maxcalls"] = switches.calls
    if switches.user:
        changed["runuser"] = switches.user
    if switches.group:
        changed["rungroup"] = switches.group
    if switches.console:
        changed["console"] = True
    if switches.background:
        changed["alwaysfork"] = True
    if switches.foreground or switches.console:
        changed["nofork"] = True
    return replace(options, **changed)  # type: ignore[arg-type]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit status."""
    try:
        switches = read_switches(sys.argv[1:] if arguments is None else arguments)
    except ConfigError as error:
        sys.stderr.write(f"asterism: {error} (see asterism -h)\n")
        return 1
    if switches.version:
        sys.stdout.write(f"Asterism {__version__}\n")
        return 0
    if switches.help:
        sys.stdout.write(HELP)
        return 0
    if switches.check is not None:
        from asterism.runtime.console.check import run_check

        return run_check(switches.check)
    complaints: list[ConfigError] = []
    conf = _read_conf(switches.conf, complaints)
    options = merged(conf.options, switches)
    path = switches.socket or conf.directories.astrundir / conf.files.astctl
    if switches.execute is not None:
        from asterism.runtime.console.once import run_once

        try:
            return run_once(path, switches.execute)
        except KeyboardInterrupt:
            return 130
    if switches.remote:
        return _attach(path, options, switches)
    from asterism.runtime.console.service import Service

    return Service(replace(conf, options=options), switches.conf, path, complaints, mute=switches.mute).main()


def _read_conf(path: Path, complaints: list[ConfigError]) -> AsteriskConf:
    from asterism.runtime.asterisk_conf import load

    if not path.exists():
        sys.stderr.write(f"Unable to open specified master config file '{path}', using built-in defaults\n")
    try:
        return load(path, complaints.append)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return AsteriskConf()


def _attach(path: Path, options: Options, switches: Switches) -> int:
    import asyncio

    from asterism.runtime.console.remote import attach, may_colour
    from asterism.runtime.console.render import Painter

    painter = Painter(may_colour(options.nocolor), options.lightbackground, options.timestamp)
    try:
        return asyncio.run(
            attach(path, painter, verbose=options.verbose, reconnect=switches.reconnect, mute=switches.mute)
        )
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
