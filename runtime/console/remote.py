"""`asterism -r`: attach to a running server, and what consoles have in common."""

import asyncio
import os
import sys
from pathlib import Path

from asterism import __version__
from asterism.runtime.console.link import Link
from asterism.runtime.console.once import no_server
from asterism.runtime.console.plain import PlainConsole, say
from asterism.runtime.console.render import Painter

RECONNECT_S = 1.0
"How long -R waits between two attempts."

RULE = "=" * 73

BANNER = f"""\
Asterism {__version__}, an embeddable telephony runtime. Copyright (C) 2026 its authors.
It comes with ABSOLUTELY NO WARRANTY ('core show warranty' tells what that means).
It is free software under the GNU General Public License ('core show license'
tells under which conditions you may pass it on).
{RULE}"""


def is_capable() -> bool:
    """Whether there is a terminal that lines can be edited on."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def may_colour(nocolor: bool) -> bool:
    """Whether colours are wanted, and can be seen."""
    return not nocolor and "NO_COLOR" not in os.environ and is_capable()


async def converse(link: Link, painter: Painter, *, local: bool = False) -> bool:
    """Let the operator talk to a server until either leaves; returns whether he left with Ctrl-C."""
    painter.pid = int(link.hello.get("pid", 0))
    if is_capable():
        # Here, since it takes a while to import, and -rx and servers have no use for it.
        from asterism.runtime.console.terminal import Terminal

        terminal = Terminal(link, painter, local=local)
        await terminal.run()
        return terminal.interrupted
    await PlainConsole(link, painter, prompt=sys.stdin.isatty()).run()
    if local:
        # A server started with `-c < /dev/null` still shows its log.
        await link.over.wait()
    return False


async def attach(path: Path, painter: Painter, *, verbose: int, reconnect: bool, mute: bool) -> int:
    """Be a remote console.

    Args:
        path: The control socket.
        painter: How records look.
        verbose: Depth of verbose lines.
        reconnect: Come back when the server does, as -R.
        mute: Show no log.

    Returns:
        Exit status: 1 when no server was there.
    """
    say(BANNER)
    waiting = False
    while True:
        try:
            link = await Link.connect(path)
        except OSError:
            if not reconnect:
                sys.stderr.write(no_server(path) + "\n")
                return 1
            if not waiting:
                say(f"Waiting for a server on {path} ...")
            waiting = True
            await asyncio.sleep(RECONNECT_S)
            continue
        waiting = False
        say(f"Connected to {link.name} currently running on {link.hello.get('host')} (pid = {link.hello.get('pid')})")
        link.attach(verbose, mute)
        await converse(link, painter)
        lost = link.over.is_set()
        await link.close()
        if not lost:
            return 0
        say(f"Disconnected from Asterism server{': ' if link.last_words else ''}{link.last_words}")
        if not reconnect:
            return 0
