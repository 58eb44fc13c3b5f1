"""System and TrySystem: commands of the machine's shell."""

from asterism.runtime import shell
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, application
from asterism.runtime.errors import Hangup


@application("System", see="TrySystem, SHELL, SYSTEMSTATUS")
async def system(chan: Channel, command: Text = "") -> None:
    """Run a command of the system's shell and wait for its end.

    Args:
        command: As for `sh -c`. Never put what a caller sent into it without FILTER.
    Sets: SYSTEMSTATUS: SUCCESS, APPERROR when the command ended with a status other than 0, FAILURE.
    Compat: app_system. A command that cannot be run (status 127, or killed) ends the call. It has no standard input,
        and is killed when the call ends before it does; Asterisk lets it run on.
    """
    if not await _run(chan, command):
        raise Hangup(0)


@application("TrySystem", see="System, SHELL, SYSTEMSTATUS")
async def try_system(chan: Channel, command: Text = "") -> None:
    """Run a command of the system's shell, and go on whatever comes of it.

    Args:
        command: As for `sh -c`. Never put what a caller sent into it without FILTER.
    Sets: SYSTEMSTATUS: SUCCESS, APPERROR when the command ended with a status other than 0, FAILURE.
    Compat: app_system, as System, but the call goes on in any case.
    """
    await _run(chan, command)


async def _run(chan: Channel, command: str) -> bool:
    """Run it and tell how; False when there was nothing to run."""
    if len(command) > 1 and command[0] == command[-1] == '"':
        chan.notice("It is not necessary to quote the command of System, and it makes no difference")
        command = command[1:-1]
    status = 127
    if command:
        async with shell.started(command) as process:
            status = await process.wait()
    if status == 127 or status < 0:
        chan.warn(f"Unable to execute '{command}'" if command else "System requires an argument (command)")
        chan.set("SYSTEMSTATUS", "FAILURE")
        return False
    chan.set("SYSTEMSTATUS", "APPERROR" if status else "SUCCESS")
    return True
