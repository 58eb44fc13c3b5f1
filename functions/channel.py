"""CHANNEL: what there is to know and to change about the channel itself."""

from collections.abc import Callable
from functools import partial
from typing import cast

from asterism.functions import indirect
from asterism.runtime import features, hangup_handlers, media
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, function
from asterism.runtime.pickup import groups_of
from asterism.runtime.records.record import ama_name, ama_number
from asterism.runtime.settings import is_true

_CAPABILITIES = ("SPEECH", "DIGITAL", "RESTRICTED_DIGITAL", "3K1AUDIO", "DIGITAL_W_TONES", "VIDEO")
_KEPT = ("userfield", "parkinglot", "hangupsource", "after_bridge_goto", "tenantid")
_SECURE = ("secure_bridge_signaling", "secure_bridge_media")
_ACROSS = {"accountcode": "peeraccount", "peeraccount": "accountcode"}
_ONE_HALF = frozenset(
    ("hangup_handler_push", "hangup_handler_pop", "hangup_handler_wipe", "after_bridge_goto", *_SECURE)
)
_GROUPS = ("callgroup", "pickupgroup", "namedcallgroup", "namedpickupgroup")


def _native(chan: Channel) -> str:
    return f"({'|'.join(chan.formats()) or 'slin'})"


def _kept(item: str) -> Callable[[Channel], str]:
    return lambda chan: str(chan.datastores.get(item, ""))


_READERS: dict[str, Callable[[Channel], str]] = {
    "name": lambda chan: chan.name,
    "channame": lambda chan: chan.name,
    "state": lambda chan: chan.state.text,
    "language": lambda chan: chan.language,
    "musicclass": lambda chan: chan.musicclass,
    "tonezone": lambda chan: chan.tonezone,
    "accountcode": lambda chan: chan.accountcode,
    "peeraccount": lambda chan: chan.peeraccount,
    "amaflags": lambda chan: str(ama_number(chan.amaflags)),
    "channeltype": lambda chan: chan.technology,
    "uniqueid": lambda chan: chan.uniqueid,
    "linkedid": lambda chan: chan.linkedid,
    "callid": lambda chan: f"[{chan.call}]",
    "exten": lambda chan: chan.exten,
    "context": lambda chan: chan.context,
    # Whoever asks is between two applications: a priority's data is put together before its application begins.
    "appname": lambda chan: "",
    "appdata": lambda chan: "",
    "checkhangup": lambda chan: "1" if chan.far_end_gone else "0",
    "max_forwards": lambda chan: str(chan.forwards_left),
    "audionativeformat": _native,
    "audioreadformat": lambda chan: next(iter(chan.formats()), "slin"),
    "audiowriteformat": lambda chan: next(iter(chan.formats()), "slin"),
    "videonativeformat": lambda chan: "(nothing)",
    "transfercapability": lambda chan: str(chan.datastores.get("transfercapability", "SPEECH")),
    "onhold": lambda chan: "0",
    "dtmf_features": features.allowed,
    **{item: _kept(item) for item in (*_KEPT, *_SECURE)},
    **{item: partial(groups_of, item=item) for item in _GROUPS},
}


@function("CHANNEL", see="CALLERID, TIMEOUT, HANGUPCAUSE")
def channel(chan: Channel, item: Text = "") -> str:
    """Read or change something about the channel.

    Args:
        item: To read: name, state, language, musicclass, tonezone, accountcode, peeraccount, userfield, amaflags,
            channeltype, uniqueid, linkedid, callid, exten, context, appname, appdata, checkhangup, max_forwards,
            audionativeformat, callgroup, pickupgroup, and their named forms, parkinglot, hangupsource,
            transfercapability, secure_bridge_signaling and secure_bridge_media, dtmf_features (what it may do with its
            keys in a bridge: T, K, H, W, X, as in Dial); in any case. And what the channel's driver knows, such as
            peerip, recvip, from, uri, useragent, peername for SIP, or `pjsip,call-id` and `rtp,dest` for PJSIP. To set:
            most of these, and hangup_handler_push, _pop, _wipe.
    Compat: func_channel. What is unknown logs a WARNING and is empty.
    """
    reader = _READERS.get(item.lower())
    found = chan.leg.read(item) if item.lower() == "onhold" or reader is None else None
    if found is not None:
        return found
    if reader is None:
        chan.warn(f"Unknown or unavailable item requested: '{item}'")
        return ""
    return reader(chan)


@channel.write
def _set(chan: Channel, item: Text = "", value: str = "") -> None:
    item = item.lower()
    writer = _WRITERS.get(item)
    if writer is None:
        chan.warn(f"Unknown or unavailable item requested: '{item}'")
        return
    writer(chan, value)
    other = media.beyond(chan)
    if other is not None and item not in _ONE_HALF:  # What is said of one half of a Local pair holds for the other.
        _WRITERS[_ACROSS.get(item, item)](cast(Channel, other), value)


def _language(chan: Channel, value: str) -> None:
    chan.language = value


def _music(chan: Channel, value: str) -> None:
    chan.musicclass = value


def _zone(chan: Channel, value: str) -> None:
    if value and value not in chan.switch.tones.zones:
        chan.error(f"Unknown country code '{value}' for tonezone. Check indications.conf for available country codes.")
    else:
        chan.tonezone = value


def _ama(chan: Channel, value: str) -> None:
    chan.amaflags = ama_name(ama_number(value))


def _peer_account(chan: Channel, value: str) -> None:
    chan.peeraccount = value


def _forwards(chan: Channel, value: str) -> None:
    left = indirect.integer(value)
    if left is None:
        chan.warn(f"Unable to set max forwards to '{value}'")
    else:
        chan.forwards_left = left


def _source(chan: Channel, value: str) -> None:
    if not chan.datastores.get("hangupsource"):
        chan.datastores["hangupsource"] = value


def _capability(chan: Channel, value: str) -> None:
    if value.upper() in _CAPABILITIES:
        chan.datastores["transfercapability"] = value.upper()
    else:
        chan.warn(f"'{value}' is no transfer capability")


def _features(chan: Channel, value: str) -> None:
    if set(value) <= set(features.KNOWN):
        features.set_allowed(chan, value)
    else:
        chan.error(f"Unknown DTMF features in '{value}': the old ones stay")


def _keep(item: str) -> Callable[[Channel, str], None]:
    def write(chan: Channel, value: str) -> None:
        chan.datastores[item] = value

    return write


def _required(item: str) -> Callable[[Channel, str], None]:
    """Whether whoever is called has to be encrypted: `1`, or empty."""

    def write(chan: Channel, value: str) -> None:
        chan.datastores[item] = "1" if is_true(value) else ""
        if is_true(value):
            chan.warn(f"CHANNEL({item}) is kept, but does not stop a call that is not encrypted")

    return write


def _group(item: str) -> Callable[[Channel, str], None]:
    def write(chan: Channel, value: str) -> None:
        names = [name.strip() for name in value.split(",") if name.strip()]
        if not item.startswith("named"):
            names = _numbers(chan, names)
        chan.datastores[item] = ", ".join(names)

    return write


def _numbers(chan: Channel, names: list[str]) -> list[str]:
    """Groups 0 to 63, each once, in order; ranges written out."""
    found: set[int] = set()
    for name in names:
        first, _, last = name.partition("-")
        low = indirect.integer(first)
        high = indirect.integer(last) if last else low
        if low is None or high is None:
            chan.warn(f"'{name}' is no group")
        else:
            found.update(range(max(low, 0), min(high, 63) + 1))
    return [str(group) for group in sorted(found) if 0 <= group <= 63]


def _handler(chan: Channel, text: str) -> str:
    """A hangup handler with the place it is given relative to written out."""
    place, bracket, arguments = text.partition("(")
    parts = place.split(",")
    here = [chan.context, chan.exten]
    return ",".join(here[: max(0, 3 - len(parts))] + parts) + bracket + arguments


def _push(chan: Channel, value: str) -> None:
    if value:
        hangup_handlers.push(chan, _handler(chan, value))


def _pop(chan: Channel, value: str) -> None:
    hangup_handlers.pop(chan)
    _push(chan, value)


def _wipe(chan: Channel, value: str) -> None:
    hangup_handlers.wipe(chan)
    _push(chan, value)


_WRITERS: dict[str, Callable[[Channel, str], None]] = {
    "language": _language,
    "musicclass": _music,
    "tonezone": _zone,
    "accountcode": lambda chan, value: chan.set_accountcode(value),
    "peeraccount": _peer_account,
    "amaflags": _ama,
    "max_forwards": _forwards,
    "transfercapability": _capability,
    "hangup_handler_push": _push,
    "hangup_handler_pop": _pop,
    "hangup_handler_wipe": _wipe,
    **{item: _keep(item) for item in _KEPT},
    "hangupsource": _source,
    "dtmf_features": _features,
    **{item: _required(item) for item in _SECURE},
    **{item: _group(item) for item in _GROUPS},
}
