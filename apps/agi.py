"""AGI, EAGI and DeadAGI: programs outside that run the call."""

import contextlib
from dataclasses import dataclass
from urllib.parse import quote

from asterism.dialplan.errors import Interrupt
from asterism.dialplan.scope import Failed
from asterism.runtime.agi import asynchronous, environment, network, process
from asterism.runtime.agi.conversation import Conversation, Wire
from asterism.runtime.agi.ear import Ear
from asterism.runtime.agi.events import AsyncAGIEnd, AsyncAGIStart
from asterism.runtime.arguments import split_arguments
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, application
from asterism.runtime.log import escaped

_SEE = "EAGI, DeadAGI, AGISTATUS"


@application("AGI", see=_SEE)
async def agi(chan: Channel, command: Text = "") -> Failed | None:
    """Let a program outside run the call.

    A script is started for the call and spoken to over its standard input and output. `agi://` asks a server that
    runs already (FastAGI), `hagi://` one of those that the SRV records of `_agi._tcp.host` name. `agi:async` takes the
    commands from the manager (action AGI). When the call is hung up a script gets the signal HUP and a server the
    line HANGUP, unless AGISIGHUP is `no`; both may go on until they are done, unless AGIEXITONHANGUP is `yes`.

    Args:
        command: `script[,argument...]`, below astagidir unless it begins at the root;
            `agi://host[:4573][/path][,argument...]`; `hagi://host[/path]`; `agi:async`.
    Sets: AGISTATUS: SUCCESS, FAILURE, NOTFOUND, HANGUP.
    Compat: res_agi. The dialplan goes on behind it whatever AGISTATUS says.
    """
    return await _agi(chan, command, enhanced=False)


@application("EAGI", see="AGI, AGISTATUS")
async def eagi(chan: Channel, command: Text = "") -> Failed | None:
    """Let a script run the call, and hear it too.

    The caller's voice is read from the descriptor 3: 16-bit signed little-endian mono, 8000 samples a second, or
    what EAGI_AUDIO_FORMAT says (slin16 ...). A script that does not read loses what it did not hear, nothing else.

    Args:
        command: `script[,argument...]`, as for AGI.
    Sets: AGISTATUS: SUCCESS, FAILURE, NOTFOUND, HANGUP.
    Compat: res_agi; scripts only, FastAGI and AsyncAGI cannot hear.
    """
    return await _agi(chan, command, enhanced=True)


@application("DeadAGI", see="AGI")
async def deadagi(chan: Channel, command: Text = "") -> Failed | None:
    """Let a program run behind the end of a call; AGI does that too.

    Args:
        command: As for AGI.
    Sets: AGISTATUS.
    Compat: res_agi, where it is deprecated.
    """
    chan.warn("DeadAGI has been deprecated, please use AGI in all cases!")
    return await _agi(chan, command, enhanced=False)


@dataclass(frozen=True)
class _Order:
    """What is to be run."""

    command: str
    arguments: list[str]
    enhanced: bool

    def block(self, chan: Channel, script: str | None = None) -> str:
        """The lines that the program is told first."""
        return environment.block(chan, self.command, self.arguments, enhanced=self.enhanced, network_script=script)


async def _agi(chan: Channel, text: str, *, enhanced: bool) -> Failed | None:
    arguments = split_arguments(text)
    if not arguments or not arguments[0]:
        chan.warn("AGI requires an argument (script)")
        return Failed()
    order = _Order(arguments[0], arguments[1:], enhanced)
    lower = order.command.lower()
    if lower.startswith(("agi:async", "agi://", "hagi://")) and enhanced:
        chan.warn("EAGI: only a script can hear the call, not FastAGI or AsyncAGI")
        status = "FAILURE"
    elif lower.startswith("agi:async"):
        status = await _asynchronous(chan, order)
    elif lower.startswith(("agi://", "hagi://")):
        status = await _network(chan, order)
    else:
        status = await _script(chan, order)
    chan.set("AGISTATUS", status)
    return None


async def converse(chan: Channel, wire: Wire, block: str, *, breaks: bool = False) -> str:
    """Let a program talk with the channel until it is done; what AGISTATUS has become.

    Args:
        chan: Whose call.
        wire: The way to the program.
        block: The lines that it is told first.
        breaks: ASYNCAGI BREAK ends it.
    """
    conversation = Conversation(chan, wire, breaks=breaks)
    if not breaks:
        conversation.say(block)
    status = await conversation.run()
    chan.set("AGISTATUS", status)
    conversation.leave()
    return status


# --- scripts ---------------------------------------------------------------------------------------


async def _script(chan: Channel, order: _Order) -> str:
    path = process.path_of(chan.switch.directories.agi, order.command)
    async with contextlib.AsyncExitStack() as stack:
        ear = await stack.enter_async_context(Ear(chan)) if order.enhanced else None
        try:
            script = await process.launch(
                chan,
                path,
                order.arguments,
                environment.process_environment(chan),
                ear=-1 if ear is None else ear.descriptor,
            )
        except process.NotThere:
            chan.warn(f"Failed to execute '{escaped(str(path))}': File does not exist.")
            return "NOTFOUND"
        except process.NotRun as error:
            chan.verbose(1, f"{escaped(order.command)}: Failed to execute '{escaped(str(path))}': {error}")
            return "FAILURE"
        chan.verbose(3, f"Launched AGI Script {escaped(str(path))}")
        if ear is not None:
            ear.begin()
        status = await converse(chan, script, order.block(chan))
        chan.verbose(3, f"<{chan.name}>AGI Script {escaped(order.command)} completed, returning {status}")
        return status


# --- servers ----------------------------------------------------------------------------------------


async def _network(chan: Channel, order: _Order) -> str:
    try:
        address = network.address_of(order.command)
        by_service = order.command.lower().startswith("hagi")
        connect = network.connect_by_service if by_service else network.connect
        connection = await connect(address, order.command)
    except network.NotReached as error:
        chan.warn(escaped(str(error)))
        return "FAILURE"
    except Interrupt:
        chan.set("AGISTATUS", "HANGUP")
        raise
    return await converse(chan, connection, order.block(chan, address.script))


# --- the manager ---------------------------------------------------------------------------------------


async def _asynchronous(chan: Channel, order: _Order) -> str:
    if chan.ended:
        return "HANGUP"  # Nobody could ever end it.
    queue = asynchronous.Queue(chan)
    request = _Order("async", [], enhanced=False)
    chan.datastores[asynchronous.KEY] = queue
    try:
        chan.tell(AsyncAGIStart, quote(request.block(chan), safe=""))
        return await converse(chan, queue, "", breaks=True)
    finally:
        del chan.datastores[asynchronous.KEY]
        chan.tell(AsyncAGIEnd)
