"""The events of a call with two Dials through Local channels, as Asterisk 22 sends them.

`dial_events.txt` was recorded from its manager interface: the event and what matters of it, `Local/` left out of the
names. There each channel has a thread, so only the order of one channel's events means something.
"""

import asyncio
import re
from collections import defaultdict
from pathlib import Path

from asterism.runtime import events
from asterism.runtime.driver import Party
from asterism.runtime.events import ChannelSnapshot, Event
from asterism.runtime.testing import TestRuntime

DIALPLAN = """[d]
exten => s,1,Set(_X=1)
 same => n,Dial(Local/ans@d/n,5,g)
 same => n,NoOp(${DIALSTATUS})
 same => n,Dial(Local/busy@d/n&Local/ring@d/n,2)
 same => n,Hangup()
exten => ans,1,Ringing()
 same => n,Progress()
 same => n,Wait(0.2)
 same => n,Answer()
 same => n,Wait(1)
 same => n,Hangup(17)
exten => busy,1,Busy(1)
exten => ring,1,Ringing()
 same => n,Wait(9)
exten => h,1,NoOp(h)
"""


_UNSEEN = (events.FullyBooted, events.ApplicationStart, events.DeviceStateChange)
"What no client of the manager was told while this was recorded, or never is; states of devices are another matter."


def shown(event: Event) -> str:
    """An event as the recording shows it."""
    channel = getattr(event, "channel", None)
    name = channel.channel if isinstance(channel, ChannelSnapshot) else ""
    words: tuple[object, ...] = (name, getattr(event, "cause", ""))
    match event:
        case events.Newexten(place, exten, application, text):
            words = (name, exten, place.priority, application, text)
        case events.VarSet(_, variable, value):
            words = (name, variable, value)
        case events.DialBegin(_, dest, text) | events.DialState(_, dest, text):
            words = (name, dest.channel, text)
        case events.DialEnd(_, dest, status):
            words = (name, dest.channel, status)
        case events.BridgeEnter(bridge) | events.BridgeLeave(bridge):
            words = (name, len(bridge.channels))
        case events.LocalBridge(one, two, context, exten, optimized):
            words = (one.channel, two.channel, context, exten, optimized)
        case events.BridgeCreate(bridge):
            words = (bridge.kind, bridge.technology, bridge.creator or "<unknown>")
        case events.Newstate(place):
            words = (name, place.state.text)
        case events.Newchannel(place):
            words = (name, place.state.text, place.context, place.exten, "<unknown>", "<unknown>")
        case events.NewConnectedLine(place):
            words = (name, place.connected_number, place.connected_name)
        case events.NewCallerid(place):
            words = (name, place.caller_number, place.caller_name)
    return " ".join([event.name, *map(str, words)]).replace("Local/", "").rstrip()


def by_channel(lines: list[str]) -> dict[str, list[str]]:
    """The events of each channel (of a Dial, the called one), in order; times, never the same, left out."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        kind, *words = line.split()
        names = [word for word in words if ";" in word]
        channel = names[-1] if kind.startswith("Dial") else "".join(names[:1])
        found[channel].append(re.sub(r"(TIME(_MS)?) \d+$", r"\1", line))
    return found


async def test_the_events_of_two_dials(rt: TestRuntime) -> None:
    rt.extensions(DIALPLAN)
    await rt.originate("Local/s@d/n", application="Wait", app_data="20", caller=Party("555", "Al"))
    while rt.channels:
        await asyncio.sleep(1)
    ours = by_channel([shown(event) for event in rt.published if not isinstance(event, _UNSEEN)])
    theirs = by_channel((Path(__file__).parent / "dial_events.txt").read_text().splitlines())
    assert ours.keys() == theirs.keys()
    for channel, lines in theirs.items():
        assert ours[channel] == lines, channel
