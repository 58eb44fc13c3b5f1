"""`asterism -rx COMMAND`: run one command, print what it says, end. Lean, as scripts call it often."""

import socket
import sys
from pathlib import Path

from asterism.runtime.console import wire


def no_server(path: Path) -> str:
    """What is said when nobody listens; scripts look for these words of Asterisk's."""
    return f"Unable to connect to remote asterisk (does {path} exist?)"


def run_once(path: Path, line: str) -> int:
    """Run a command on the server behind a control socket, and print its output.

    Returns:
        Exit status as Asterisk's: 0 when the server has taken the command, 1 when there is none, or it went away.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            sys.stderr.write(no_server(path) + "\n")
            return 1
        try:
            return _converse(connection, line)
        except BrokenPipeError:
            # Whoever read our output has had enough: `asterism -rx ... | head`.
            sys.stdout = None
            return 0
        except OSError:
            return 1


def _converse(connection: socket.socket, line: str) -> int:
    stream = connection.makefile("rwb")
    stream.write(wire.encode({"do": "run", "id": 1, "line": line}))
    stream.flush()
    for received in stream:
        frame = wire.decode(received)
        if frame.get("id") == 1:
            if "ok" in frame:
                sys.stdout.flush()
                return 0
            sys.stdout.write("".join(f"{each}\n" for each in frame.get("lines", ())))
        elif "error" in frame or "bye" in frame:
            sys.stderr.write(f"{frame.get('error') or frame.get('bye')}\n")
            return 1
    return 1
