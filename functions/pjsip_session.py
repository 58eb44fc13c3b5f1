"""What a PJSIP call offers and was answered: codecs, DTMF, headers of the answer, parameters of From."""

import re

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, function
from asterism.runtime.errors import ArgumentError
from asterism.runtime.peers import INHERITABLE, SessionLeg

DTMF_MODES = ("rfc4733", "inband", "info", "auto", "auto_info")

# RFC 3261 25.1: of what the name and the value of a parameter of a URI are made.
_NAME = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+")
_VALUE = re.compile(r"[A-Za-z0-9.!%*_+`'~$&:/()\[\]-]*")

INHERITABLE_MAX = 99
"So many headers can be handed down."


def _leg(chan: Channel, function_name: str) -> SessionLeg | None:
    """The PJSIP leg of a channel; None on other channels, which logs a WARNING."""
    if chan.technology == "PJSIP" and isinstance(chan.leg, SessionLeg):
        return chan.leg
    chan.warn(f"Cannot call {function_name} on a non-PJSIP channel")
    return None


@function("PJSIP_RESPONSE_HEADER", see="PJSIP_RESPONSE_HEADERS, PJSIP_HEADER")
def pjsip_response_header(chan: Channel, action: str, name: str = "", number: str = "1") -> str:
    """Read a header of the 200 with which the far end took our call.

    Args:
        action: read.
        name: Name of the header; a `*` at its end stands for any rest.
        number: Which one, when there are several: from 1, or from -1 for the last.
    Compat: res_pjsip_header_funcs. It is for the called channel, once it has answered (Dial's option U).
    """
    if _leg(chan, "PJSIP_RESPONSE_HEADER") is None:
        return ""
    if action.lower() != "read" or not name:
        raise ArgumentError("what can be done is `read`, with the name of a header")
    if not re.fullmatch(r"-?\d{1,4}", number or "1"):
        raise ArgumentError(f"'{number}' is no number")
    return chan.leg.read(f"PJSIP_RESPONSE_HEADER,{number or 1},{name}") or ""


@function("PJSIP_RESPONSE_HEADERS", see="PJSIP_RESPONSE_HEADER")
def pjsip_response_headers(chan: Channel, prefix: str = "") -> str:
    """List the names of the headers of the 200 with which the far end took our call, joined by commas.

    Args:
        prefix: Only names that begin so, in any case.
    """
    if _leg(chan, "PJSIP_RESPONSE_HEADERS") is None:
        return ""
    return chan.leg.read(f"PJSIP_RESPONSE_HEADERS,{prefix}") or ""


@function("PJSIP_HEADER_PARAM", see="PJSIP_HEADER")
def pjsip_header_param(chan: Channel, header_name: str, parameter_type: str, parameter_name: str = "") -> str:
    """Read a parameter of From in the INVITE that made this call, or add one to the next.

    Args:
        header_name: From; there is no other.
        parameter_type: uri for one inside the brackets, header for one behind them. Only those of the URI can be set,
            on the called channel before it is called (Dial's option b).
        parameter_name: Its name.
    Compat: res_pjsip_header_funcs, which can set those behind the brackets too.
    """
    _of_from(header_name, parameter_type, parameter_name)
    if _leg(chan, "PJSIP_HEADER_PARAM") is None:
        return ""
    return chan.leg.read(f"from_parameter,{parameter_type.lower()},{parameter_name}") or ""


def _of_from(header: str, kind: str, name: str) -> None:
    if header.lower() != "from":
        raise ArgumentError("only From has parameters that can be told")
    if kind.lower() not in ("header", "uri"):
        raise ArgumentError(f"a parameter is one of header or uri, not '{kind}'")
    if not name:
        raise ArgumentError("the name of the parameter is needed")


@pjsip_header_param.write
def _set_param(chan: Channel, header: str, kind: str, name: str = "", value: str = "") -> None:
    _of_from(header, kind, name)
    leg = _leg(chan, "PJSIP_HEADER_PARAM")
    if leg is None:
        return
    if kind.lower() == "header":
        raise ArgumentError("a parameter behind the brackets of From cannot be set")
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise ArgumentError(f"'{name}={value}' is no parameter of a URI")
    if not leg.shape(parameter=(name, value)):
        chan.warn("PJSIP_HEADER_PARAM: a parameter can be set before the channel is called, and not later")


@function("PJSIP_DTMF_MODE", see="PJSIP_MEDIA_OFFER")
def pjsip_dtmf_mode(chan: Channel, nothing: str = "") -> str:
    """Read how DTMF is sent to the far end, or change that before it is called.

    Args:
        nothing: Always empty; what can be set is rfc4733, inband, info, auto, or auto_info.
    Compat: chan_pjsip, which can change it within a call too; here that logs a WARNING.
    """
    return "" if _leg(chan, "PJSIP_DTMF_MODE") is None else chan.leg.read("dtmf_mode") or ""


@pjsip_dtmf_mode.write
def _set_mode(chan: Channel, nothing: str = "", value: str = "") -> None:
    leg = _leg(chan, "PJSIP_DTMF_MODE")
    if leg is None:
        return
    if value not in DTMF_MODES:
        raise ArgumentError(f"'{value}' is none of {', '.join(DTMF_MODES)}")
    if not leg.shape(dtmf=value):
        chan.warn("PJSIP_DTMF_MODE: it can be changed before the channel is called, and not later")


@function("PJSIP_MEDIA_OFFER", see="PJSIP_SEND_SESSION_REFRESH, PJSIP_DTMF_MODE")
def pjsip_media_offer(chan: Channel, media: str) -> str:
    """Read which codecs are offered to the far end, or choose them before it is called.

    Args:
        media: audio. What can be set are names as `allow` takes them: `!all,g722`; the endpoint need not allow them.
    Compat: chan_pjsip, which has video too.
    """
    if _leg(chan, "PJSIP_MEDIA_OFFER") is None:
        return ""
    return (chan.leg.read("media_offer") or "") if _audio(media) else ""


def _audio(media: str) -> bool:
    if media.lower() not in ("audio", "video"):
        raise ArgumentError(f"what is offered is audio or video, not '{media}'")
    return media.lower() == "audio"


@pjsip_media_offer.write
def _set_offer(chan: Channel, media: str, value: str = "") -> None:
    leg = _leg(chan, "PJSIP_MEDIA_OFFER")
    if leg is None:
        return
    if not _audio(media):
        chan.warn("PJSIP_MEDIA_OFFER: video is not supported, nothing is offered")
        return
    offered, known = ((chan.leg.read(item) or "").split(",") for item in ("media_offer", "media_known"))
    wanted = [name for name in offered if name]
    for name in (part.strip().lower() for part in value.split(",")):
        if name in ("!all", "all"):
            wanted = list(known) if name == "all" else []
        elif name.startswith("!"):
            wanted = [each for each in wanted if each != name[1:]]
        elif name in known:
            wanted = [*(each for each in wanted if each != name), name]
        elif name:
            chan.warn(f"PJSIP_MEDIA_OFFER: there is no codec '{name}'")
    if not wanted:
        chan.warn("PJSIP_MEDIA_OFFER: no codec is left, those of the endpoint are offered")
    elif not leg.shape(codecs=wanted):
        chan.warn("PJSIP_MEDIA_OFFER: codecs can be chosen before the channel is called, and not later")


@function("PJSIP_SEND_SESSION_REFRESH", see="PJSIP_MEDIA_OFFER")
def pjsip_send_session_refresh(chan: Channel, update_type: str = "") -> str:
    """Write `invite` or `update` to describe the session of an answered call to the far end again.

    Args:
        update_type: Nothing: which it is, is the value.
    Compat: chan_pjsip; it can only be written.
    """
    raise ArgumentError("it can only be written")


@pjsip_send_session_refresh.write
def _refresh(chan: Channel, update_type: str = "", value: str = "") -> None:
    leg = _leg(chan, "PJSIP_SEND_SESSION_REFRESH")
    if leg is None:
        return
    if not chan.is_up:
        chan.warn(f"'{value}' not allowed on unanswered channel '{chan.name}'")
    elif value.lower() not in ("invite", "update"):
        raise ArgumentError(f"a session is refreshed by invite or update, not by '{value}'")
    else:
        leg.refresh(update=value.lower() == "update")


@function("PJSIP_INHERITABLE_HEADER", see="PJSIP_HEADER, SIPAddHeader")
def pjsip_inheritable_header(chan: Channel, action: str, name: str = "", number: str = "1") -> str:
    """Write headers that the PJSIP calls carry which this channel makes from now on, through Local channels too.

    Args:
        action: add; update, which changes one that was added; or remove.
        name: Name of the header; for remove, a `*` at its end stands for any rest.
        number: Which one is changed, when several were added: from 1.
    Compat: res_pjsip_header_funcs; any channel can hand them down. It can only be written.
    """
    raise ArgumentError("it can only be written")


@pjsip_inheritable_header.write
def _hand_down(chan: Channel, action: str, name: str = "", number: str = "1", value: Text = "") -> None:
    if not name:
        raise ArgumentError("the name of a header is needed")
    wanted = name.lower()
    held = [key for key in chan.variables if key.startswith(INHERITABLE)]
    mine = [key for key in held if _named(chan.variables[key], wanted)]
    match action.lower():
        case "add":
            free = (f"{INHERITABLE}{place:02d}" for place in range(1, INHERITABLE_MAX + 1))
            place = next((key for key in free if key not in chan.variables), "")
            if not place:
                chan.warn(f"PJSIP_INHERITABLE_HEADER: more than {INHERITABLE_MAX} headers are not handed down")
            else:
                chan.set(f"__{place}", f"{name}: {value}")
        case "update":
            which = int(number) if number.isdecimal() else 0
            if not 1 <= which <= len(mine):
                chan.warn(f"No headers had been previously added to this session for '{name}'.")
            else:
                chan.set(f"__{mine[which - 1]}", f"{name}: {value}")
        case "remove":
            for key in mine:
                chan.unset(key)
        case _:
            chan.error(f"Unknown action '{action}' is not valid, must be 'add', 'update', or 'remove'.")


def _named(header: str, wanted: str) -> bool:
    name = header.partition(":")[0].strip().lower()
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted
