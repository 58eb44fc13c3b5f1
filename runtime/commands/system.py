"""Commands about the process: its limits, threads, memory, and clock."""

import asyncio
import ctypes
import resource
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.runtime.declare import Table, command
from asterism.runtime.errors import AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_LIMITS = {
    "-c": (resource.RLIMIT_CORE, "core file size"),
    "-d": (resource.RLIMIT_DATA, "data segment"),
    "-f": (resource.RLIMIT_FSIZE, "file size"),
    "-l": (resource.RLIMIT_MEMLOCK, "memory locked"),
    "-m": (resource.RLIMIT_RSS, "resident memory"),
    "-n": (resource.RLIMIT_NOFILE, "file descriptors"),
    "-s": (resource.RLIMIT_STACK, "program stack"),
    "-t": (resource.RLIMIT_CPU, "cpu time"),
    "-u": (resource.RLIMIT_NPROC, "process limit"),
    "-v": (resource.RLIMIT_AS, "virtual memory"),
}

_TICKS_A_SECOND = 50


@command("ulimit [-c|-d|-f|-l|-m|-n|-s|-t|-u|-v] [<limit>]")
def ulimit(rt: "Runtime", switch: str = "", limit: str = "") -> list[str]:
    """Show the limits of the process, or one, or change it.

    -c core files, -d data, -f files, -l locked memory, -m resident memory, -n open files, -s stack, -t processor
    time, -u processes, -v virtual memory. The limit is a number, or unlimited.
    """
    if not switch:
        return [line for each in _LIMITS for line in _shown(each)]
    kind, what = _LIMITS[switch]
    if limit:
        if limit != "unlimited" and not limit.isdecimal():
            raise AsterismError(f"{limit} is no number.")
        _, most = resource.getrlimit(kind)
        try:
            resource.setrlimit(kind, (resource.RLIM_INFINITY if limit == "unlimited" else int(limit), most))
        except (OSError, ValueError) as error:
            raise AsterismError(f"Setting the {what} to {limit} failed: {error}") from None
    return _shown(switch)


def _shown(switch: str) -> list[str]:
    kind, what = _LIMITS[switch]
    limit, _ = resource.getrlimit(kind)
    text = "effectively unlimited" if limit == resource.RLIM_INFINITY else f"limited to {limit}"
    return [f"{what.capitalize()} ({switch}) {text}."]


@command("core show threads")
async def show_threads(rt: "Runtime") -> Table:
    """List the threads of the process, Python's and those of the SIP stack."""
    names = {each.native_id: each.name for each in threading.enumerate()}
    rows = await asyncio.get_running_loop().run_in_executor(None, _threads, names)
    return Table(
        [("Thread", 8), ("Name", 30), ("Language", 0)],
        rows,
        [f"{len(rows)} threads listed."],
        header=False,
        line=lambda row: f"{row[0]!s:>8} {row[1]!s:<30} {row[2]}",
    )


_PROCESSORS = (
    ("Processor", 70), ("Processed", 10), ("In Queue", 10), ("Max Depth", 10), ("Low water", 10), ("High water", 10),
    ("Low time(us)", 10), ("High time(us)", 10),
)  # fmt: skip


@command("core show taskprocessors [like <text>]")
def show_taskprocessors(rt: "Runtime", text: str = "") -> Table:
    """List the task processors: none, for one loop does what Asterisk hands to them."""
    heading = f"{_PROCESSORS[0][0]:<70} {' '.join(f'{title:>{width}}' for title, width in _PROCESSORS[1:])}"
    return Table(_PROCESSORS, [], ["", "0 taskprocessors", ""], header=False, above=["", heading])


def _threads(names: dict[int | None, str]) -> list[tuple[int, str, str]]:
    rows = []
    for folder in sorted(Path("/proc/self/task").iterdir(), key=lambda each: int(each.name)):
        number = int(folder.name)
        try:
            rows.append((number, names.get(number) or (folder / "comm").read_text().strip(),
                         "Python" if number in names else "native"))  # fmt: skip
        except OSError:
            continue  # It has ended meanwhile.
    return rows


@command("malloc trim")
async def malloc_trim(rt: "Runtime") -> str:
    """Give memory that is not in use back to the system."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_trim"):
        raise AsterismError("The C library of this system has no malloc_trim.")
    returned = await asyncio.get_running_loop().run_in_executor(None, libc.malloc_trim, 0)
    return "Returned some memory to the OS." if returned else "No memory returned to the OS."


@command("timing test [<rate>]")
async def timing_test(rt: "Runtime", rate: int = _TICKS_A_SECOND) -> list[str]:
    """Count for a second how often the loop keeps an appointment, 50 times or as often as said."""
    if not 0 < rate <= 1000:
        raise AsterismError(f"The rate must be from 1 to 1000, not {rate}.")
    loop = asyncio.get_running_loop()
    began, ticks = loop.time(), 0
    for number in range(1, rate + 1):
        await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
        ticks += loop.time() - (began + number / rate) < 1 / rate
    return [
        f"Attempting to test a timer with {rate} ticks per second.",
        "Using the 'asyncio' timing module for this test.",
        f"It has been {round((loop.time() - began) * 1000)} milliseconds, and we got {ticks} timer ticks",
    ]


@command("core show switches", see="dialplan show")
def show_switches(rt: "Runtime") -> Table:
    """List what a `switch =>` line of the dialplan may name."""
    rows = [(name.capitalize(), f"{name.capitalize()} Dialplan Switch") for name in sorted(rt.plan.switches)]
    return Table(
        [("Switch", 0), ("Description", 0)],
        rows,
        header=False,
        line=lambda row: f"{row[0]}: {row[1]}",
        above=["", "    -= Registered Asterisk Alternative Switches =-"],
    )
