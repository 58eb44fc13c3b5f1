"""Other channels: sending them elsewhere, ending them, looking at one."""

from dataclasses import dataclass
from typing import Annotated

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, Text, application
from asterism.runtime.errors import Hangup
from asterism.runtime.log import escaped


@application("ChannelRedirect", see="Goto, SoftHangup, CHANNELREDIRECT_STATUS", ends_on_bad_arguments=True)
async def channel_redirect(chan: Channel, channel: str, place: Text) -> None:
    """Send another channel to a place in the dialplan.

    Args:
        channel: Its name.
        place: [[context,]extension,]priority; what is left out is that channel's own.
    Sets: CHANNELREDIRECT_STATUS: SUCCESS, or NOCHANNEL when there is no such channel.
    Compat: app_channelredirect.
    """
    other = chan.switch.channels.get(channel)
    if other is None:
        chan.warn(f"No such channel: {channel}")
        chan.set("CHANNELREDIRECT_STATUS", "NOCHANNEL")
        return
    parts = place.split(",")[:3]
    context, exten, priority = ([other.context, other.exten, "1"][: 3 - len(parts)] + parts)[:3]
    other.redirect(context, exten, priority)
    chan.set("CHANNELREDIRECT_STATUS", "SUCCESS")
    if other is chan:
        if chan.ended:
            raise Hangup(0)  # Its `h` is over; there is nowhere to go from there.
        await chan.pause()  # Where it is taken from here.


@dataclass(frozen=True)
class SoftHangupOptions:
    """Options of SoftHangup."""

    all: Annotated[bool, Option("a")] = False
    "All channels of the device."


@application("SoftHangup", see="Hangup, ChannelRedirect")
async def soft_hangup(chan: Channel, channel: str, options: SoftHangupOptions = SoftHangupOptions()) -> None:
    """Ask for the end of a channel, another one or this.

    Args:
        channel: Its name, in any case; with `a` technology/device.
        options: `a` ends all channels of the device.
    Compat: app_softhangup. Nothing happens when there is none.
    """
    wanted = channel.lower()
    for other in list(chan.switch.channels.values()):
        if wanted == (other.name.rpartition("-")[0] if options.all else other.name).lower():
            chan.notice(f"Soft hanging {other.name} up.")
            other.request_hangup(told=True)
    await chan.pause()  # Where its own end reaches this channel, if that was meant.


@application("DumpChan", see="Verbose, NoOp")
def dump_chan(chan: Channel, level: str = "") -> None:
    """Show what is known of the channel, and its variables, on the console.

    Args:
        level: Verbosity from which on it is shown; 0 when left out.
    Compat: app_dumpchan.
    """
    created_s = int(chan.now() - chan.created_s)
    elapsed = f"{created_s // 3600}h{created_s % 3600 // 60}m{created_s % 60}s"
    facts = {
        "Name": chan.name,
        "Type": chan.technology,
        "UniqueID": chan.uniqueid,
        "LinkedID": chan.linkedid,
        "CallerIDNum": chan.caller.number or "(N/A)",
        "CallerIDName": chan.caller.name or "(N/A)",
        "ConnectedLineIDNum": chan.connected.number or "(N/A)",
        "ConnectedLineIDName": chan.connected.name or "(N/A)",
        "DNIDDigits": chan.dialed or "(N/A)",
        "RDNIS": chan.redirecting.number or "(N/A)",
        "Language": chan.language,
        "State": f"{chan.state.text} ({int(chan.state)})",
        "NativeFormat": f"({'|'.join(chan.formats()) or 'none'})",
        "ElapsedTime": elapsed,
        "BridgeID": chan.bridge.uniqueid if chan.bridge is not None else "(Not bridged)",
        "Context": chan.context,
        "Extension": chan.exten,
        "Priority": str(chan.priority),
        "Application": chan.application,
        "Data": chan.app_data or "(Empty)",
    }
    rule = "=" * 80
    lines = ["", f"Dumping Info For Channel: {chan.name}:", rule, "Info:"]
    lines += [f"{name + '=':<20}{escaped(value)}" for name, value in facts.items()]
    lines += ["", "Variables:", *(f"{name}={escaped(value)}" for name, value in chan.variables.items()), rule]
    chan.verbose(int(level) if level.isdigit() else 0, "\n".join(lines))
