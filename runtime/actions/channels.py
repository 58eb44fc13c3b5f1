"""Actions on channels: what they are, their variables, where they go, their end."""

from typing import TYPE_CHECKING

from asterism.apps.set import assign
from asterism.dialplan.regex import BadPattern, from_outside
from asterism.functions.indirect import value_of_later
from asterism.functions.mute import mute
from asterism.runtime import features, optimizing, transfer
from asterism.runtime.actions.named import channel_of, given, priority_of
from asterism.runtime.channel import Channel
from asterism.runtime.danger import is_dangerous
from asterism.runtime.declare import action
from asterism.runtime.errors import AsterismError
from asterism.runtime.peers import MessageLeg
from asterism.runtime.request import Header, Item, Request, Response, client
from asterism.runtime.settings import is_true
from asterism.runtime.snapshots import channel_headers
from asterism.runtime.unbound import Unbound

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

CAUSE_MAX = 127


# --- what they are ------------------------------------------------------------------------------


@action("Status", privilege="system,call,reporting", headers="Channel Variables AllVariables")
async def status(rt: "Runtime", request: Request) -> Response:
    """List one channel, or all, and variables of each that `Variables` names."""
    name = request.get("Channel")
    found = [channel_of(rt, name)] if name else list(rt.channels.values())
    names = [each.strip() for each in request.get("Variables").split(",") if each.strip()]
    every = is_true(request.get("AllVariables"))
    items = [await _status(rt, each, names, every) for each in found]
    totals: list[Header] = [("Items", len(items))]
    return Response.listing("Channel status will follow", items, "StatusComplete", totals)


async def _status(rt: "Runtime", channel: Channel, names: list[str], every: bool) -> Item:
    snapshot = channel.snapshot()
    formats = tuple(channel.leg.formats)
    first = formats[0] if formats else "slin"
    headers: list[Header] = [
        ("Privilege", "Call"),
        *channel_headers(snapshot),
        ("Type", channel.technology),
        ("DNID", channel.dialed),
        ("EffectiveConnectedLineNum", snapshot.connected_number or "<unknown>"),
        ("EffectiveConnectedLineName", snapshot.connected_name or "<unknown>"),
        ("TimeToHangup", int(channel.absolute_timeout_at)),
        ("BridgeID", snapshot.bridge),
        ("Application", snapshot.application),
        ("Data", snapshot.app_data),
        ("Nativeformats", f"({'|'.join(formats) or 'slin'})"),
        ("Readformat", first),
        ("Readtrans", ""),
        ("Writeformat", first),
        ("Writetrans", ""),
        ("Callgroup", 0),
        ("Pickupgroup", 0),
        ("Seconds", int(rt.now() - snapshot.created_s)),
    ]
    safe = [name for name in names if rt.live_dangerously or not is_dangerous(rt, [name], write=False)]
    values = [(name, await value_of_later(channel, name) if name in safe else "") for name in names]
    if every:
        values += [(name, channel.variables[name]) for name in channel.variables]
    headers += [("Variable", f"{name}={value}") for name, value in values]
    return Item("Status", headers, marked_last=True)


# --- variables ----------------------------------------------------------------------------------


@action("Getvar", privilege="call,reporting")
async def getvar(rt: "Runtime", variable: str = "", channel: str = "") -> Response:
    """Read a variable or a function, of a channel or global."""
    given((variable, "No variable specified"))
    found = channel_of(rt, channel) if channel else None
    value = ""
    if rt.live_dangerously or not is_dangerous(rt, [variable], write=False):
        try:
            value = await value_of_later(found or Unbound(rt), variable)
        except AsterismError as error:
            rt.log.warning(f"Getvar {variable}: {error}")
    return Response.success(headers=[("Variable", variable), ("Value", value)])


@action("Setvar", privilege="call")
async def setvar(rt: "Runtime", variable: str = "", value: str = "", channel: str = "") -> Response:
    """Set a variable, or write a function, of a channel or global."""
    given((variable, "No variable specified"))
    found = channel_of(rt, channel) if channel else None
    is_function = variable.endswith(")") and "(" in variable
    function = rt.find_function(variable.partition("(")[0]) if is_function else None
    if is_function and (function is None or not function.writers):
        return Response.error("Variable not set")
    texts = [variable, value] if is_function else [variable]
    refused = is_dangerous(rt, texts) and not rt.live_dangerously
    if refused and (is_function or "system" not in client().rights):
        return Response.error("Variable not set")
    if not is_function and found is None:
        rt.set_global(variable, value)
        return Response.success("Variable Set")
    waiting = assign(found or Unbound(rt), rt.modules, variable, value)
    if waiting is not None:
        await waiting
    return Response.success("Variable Set")


# --- their end ----------------------------------------------------------------------------------


@action("Hangup", privilege="system,call")
def hangup(rt: "Runtime", channel: str = "", cause: str = "") -> Response:
    """Hang up a channel, or all whose name fits `/regular expression/`."""
    given((channel, "No channel specified"))
    number = 0
    if cause:
        if not cause.isdecimal() or int(cause) > CAUSE_MAX:
            rt.log.notice(f"Hangup: the cause {cause} is none of 0 to {CAUSE_MAX} and ignored")
        else:
            number = int(cause)
    if len(channel) > 2 and channel[0] == channel[-1] == "/":
        return _hangup_all(rt, channel[1:-1], number)
    channel_of(rt, channel).request_hangup(number)
    return Response.success("Channel Hungup")


def _hangup_all(rt: "Runtime", pattern: str, cause: int) -> Response:
    try:
        wanted = from_outside(pattern)
    except BadPattern:
        return Response.error(f"Regex compile failed: {pattern}")
    names = [name for name in rt.channels if wanted.fits(name)]
    items = [Item("ChannelHungup", [("Channel", name)]) for name in names]
    for name in names:
        channel = rt.channels.get(name)
        if channel is not None:
            channel.request_hangup(cause)
    return Response.listing("Channels hung up will follow", items, "ChannelsHungupListComplete")


@action("AbsoluteTimeout", privilege="system,call")
def absolute_timeout(rt: "Runtime", channel: str = "", timeout: str = "") -> Response:
    """End a call in so many seconds; 0 takes that back."""
    given((channel, "No channel specified"), (timeout, "No timeout specified"))
    found = channel_of(rt, channel)
    try:
        seconds = float(timeout)
    except ValueError:
        return Response.error("No timeout specified")
    if not 0 <= seconds < 1e9:
        return Response.error("No timeout specified")
    found.set_absolute_timeout(seconds)
    return Response.success("Timeout Set")


# --- where they go ------------------------------------------------------------------------------


@action(
    "Redirect",
    privilege="call",
    headers="Channel* Context* Exten* Priority* ExtraChannel ExtraContext ExtraExten ExtraPriority",
)
def redirect(rt: "Runtime", request: Request) -> Response:
    """Send a channel, and perhaps a second one, elsewhere in the dialplan."""
    name, second_name = request.get("Channel"), request.get("ExtraChannel")
    place = request.get("Context"), request.get("Exten"), request.get("Priority")
    needed = zip(("Channel", "Context", "Exten", "Priority"), (name, *place), strict=True)
    given(*((text, f"{what} not specified") for what, text in needed))
    wrong = _place_error(rt, *place)
    if wrong:
        return Response.error(wrong)
    first = channel_of(rt, name, f"Channel does not exist: {name}")
    if not second_name:
        return _moved(first, place, "Redirect")
    second = channel_of(rt, second_name, f"ExtraChannel does not exist: {second_name}")
    other = tuple(request.get(f"Extra{part}") or place[at] for at, part in enumerate(("Context", "Exten", "Priority")))
    wrong = _place_error(rt, *other)
    if wrong:
        return Response.error(f"Extra{wrong}")
    for channel, goal in ((first, place), (second, other)):
        if channel.ended or channel.far_end_gone:
            return Response.error("Redirect failed")
        channel.redirect(goal[0], goal[1], goal[2])
    return Response.success("Dual Redirect successful")


def _place_error(rt: "Runtime", context: str, exten: str, priority: str) -> str:
    if not priority.isdecimal() and not priority_of(rt, context, exten, priority):
        return "Priority is invalid"
    return ""


def _moved(channel: Channel, place: tuple[str, str, str], what: str) -> Response:
    if channel.ended or channel.far_end_gone:
        return Response.error(f"{what} failed")
    channel.redirect(*place)
    return Response.success(f"{what} successful")


@action("BlindTransfer", privilege="call")
def blind_transfer(rt: "Runtime", channel: str = "", context: str = "", exten: str = "") -> Response:
    """Send whom a channel talks to elsewhere in the dialplan; its own call is over."""
    given((channel, "No channel specified"), (exten, "No extension specified"))
    found = channel_of(rt, channel, "Channel specified does not exist")
    match transfer.blind(found, exten, context or found.context, external=True):
        case transfer.Result.SUCCESS:
            return Response.success("Transfer succeeded")
        case transfer.Result.NOT_PERMITTED:
            return Response.error("Transfer not permitted")
        case transfer.Result.INVALID:
            return Response.error("Transfer invalid")
        case _:
            return Response.error("Transfer failed")


@action("Atxfer", privilege="call")
def attended_transfer(rt: "Runtime", channel: str = "", exten: str = "", context: str = "") -> Response:
    """Let a channel call a number, to transfer the one it talks to there: by the keys that do it."""
    given((channel, "No channel specified"), (exten, "No extension specified"))
    found = channel_of(rt, channel, "Channel specified does not exist")
    code = features.setting(found, "atxfer")
    if not code:
        return Response.error("No attended transfer feature code found")
    if context:
        found.set("TRANSFER_CONTEXT", context)
    transfer.press(found, code + exten)
    return Response.success("Atxfer successfully queued")


@action("CancelAtxfer", privilege="call")
def cancel_attended_transfer(rt: "Runtime", channel: str = "") -> Response:
    """Let a channel give up its attended transfer, by the keys that do it."""
    given((channel, "No channel specified"))
    found = channel_of(rt, channel, "Channel specified does not exist")
    code = features.setting(found, "atxferabort")
    if not code:
        return Response.error("No disconnect feature code found")
    transfer.press(found, code)
    return Response.success("CancelAtxfer successfully queued")


# --- what they hear -----------------------------------------------------------------------------


@action("PlayDTMF", privilege="call")
def play_dtmf(rt: "Runtime", channel: str = "", digit: str = "", duration: str = "", receive: bool = False) -> Response:
    """Send a digit to the far end of a channel, or let the channel receive it."""
    found = channel_of(rt, channel, "Channel not found")
    given((digit, "No digit specified"))
    duration_ms = int(duration) if duration.isdecimal() and int(duration) else 100
    duration_ms = max(80, min(duration_ms, 60_000))
    key = digit[0].upper()
    if key not in "0123456789*#ABCD":
        return Response.error("No digit specified")
    if receive:
        from asterism.runtime.driver import Digit

        found.post(Digit(key, duration_ms, begun=False))
    else:
        found.leg.send_digit(key, duration_ms)
    return Response.success("DTMF successfully queued")


@action("MuteAudio", privilege="system")
def mute_audio(rt: "Runtime", channel: str = "", direction: str = "", state: str = "") -> Response:
    """Let nobody hear a channel, or let it hear nobody, while it is bridged.

    Args:
        direction: `in` for what comes from it, `out` for what goes to it, `all` for both.
        state: on or off.
    """
    given((channel, "Channel not specified"), (state, "State not specified"))
    found = channel_of(rt, channel)
    if not mute(found, direction or "all", is_true(state)):
        return Response.error("Failed to mute/unmute stream")
    return Response("Success")


@action("SendText", privilege="call", headers="Channel* Message* Content-Type")
def send_text(rt: "Runtime", request: Request) -> Response:
    """Send a text message inside a call, of a `Content-Type` if one is given and the device can have it."""
    name, message, kind = request.get("Channel"), request.get("Message"), request.get("Content-Type")
    given((name, "No channel specified"), (message, "No Message specified"))
    found = channel_of(rt, name)
    if found.far_end_gone:
        return Response.error("Failure")
    if kind and isinstance(found.leg, MessageLeg):
        found.leg.send_message(message, kind)
    else:
        found.leg.send_text(message)
    return Response.success("Success")


@action("LocalOptimizeAway", privilege="system,call")
def local_optimize_away(rt: "Runtime", channel: str = "") -> Response:
    """Let a Local channel be taken out of the way, though its dial string has said `/n`."""
    given((channel, "'Channel' not specified."))
    found = channel_of(rt, channel, "Channel does not exist.")
    if not optimizing.allow(found):
        return Response.error("Unable to find channel")
    return Response.success("Queued channel to be optimized away")
