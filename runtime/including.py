"""What configuration takes from the machine: the output of `#exec` programs, and how much memory is free."""

import subprocess
import sys

from asterism.dialplan.errors import DialplanError

EXEC_WITHIN_S = 30.0
"How long a program of an `#exec` line may take."

ALWAYS = sys.maxsize


def output_of(command: str) -> str:
    """Run a program of an `#exec` line by the shell, and return what it wrote, errors too, as Asterisk does.

    Raises:
        DialplanError: It could not be run, or took too long.
    """
    try:
        done = subprocess.run(
            command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=EXEC_WITHIN_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DialplanError(f"#exec {command}: {error}") from None
    return done.stdout.decode("utf-8", "replace")


def free_memory_mb() -> int:
    """Memory that could be had now; very much where the system does not tell."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:  # noqa: PTH123 - no disk behind it
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) // 1024
    except (OSError, ValueError):
        pass
    return ALWAYS
