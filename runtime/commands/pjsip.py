"""Commands about pjsip.conf's endpoints and contacts."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from asterism.runtime.commands.sip import driver_of, matching
from asterism.runtime.declare import command, noun
from asterism.runtime.errors import AsterismError
from asterism.runtime.peers import ContactFacts, EndpointFacts, sip_driver
from asterism.runtime.states import DeviceState

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_LINE = "=" * 90

_ENDPOINT_HEADING = (
    "",
    " Endpoint:  <Endpoint/CID.....................................>  <State.....>  <Channels.>",
    "    I/OAuth:  <AuthId/UserName...........................................................>",
    "        Aor:  <Aor............................................>  <MaxContact>",
    "      Contact:  <Aor/ContactUri..........................> <Hash....> <Status> <RTT(ms)..>",
    "  Transport:  <TransportId........>  <Type>  <cos>  <tos>  <BindAddress..................>",
    "   Identify:  <Identify/Endpoint.........................................................>",
    "        Match:  <criteria.........................>",
    "    Channel:  <ChannelId......................................>  <State.....>  <Time.....>",
    "        Exten: <DialedExten...........>  CLCID: <ConnectedLineCID.......>",
    _LINE,
    "",
)

_CONTACT_HEADING = (
    "",
    "  Contact:  <Aor/ContactUri..............................> <Hash....> <Status> <RTT(ms)..>",
    _LINE,
    "",
)

_STATES = {
    DeviceState.NOT_INUSE: "Not in use",
    DeviceState.INUSE: "In use",
    DeviceState.BUSY: "Busy",
    DeviceState.INVALID: "Invalid",
    DeviceState.UNAVAILABLE: "Unavailable",
    DeviceState.RINGING: "Ringing",
    DeviceState.RINGINUSE: "Ring+Inuse",
    DeviceState.ONHOLD: "On Hold",
    DeviceState.UNKNOWN: "Unknown",
}


@command("pjsip show endpoints [like <pattern>]", see="pjsip show contacts, sip show peers")
def pjsip_show_endpoints(rt: "Runtime", pattern: str = "") -> list[str]:
    """List the endpoints of pjsip.conf with what belongs to them.

    With `like` only those whose name holds a match of the regular expression.
    """
    wanted = matching(pattern or None)
    found = [each for each in driver_of(rt).endpoints() if wanted.search(each.name)]
    if not found:
        return ["No objects found.", ""]
    lines = list(_ENDPOINT_HEADING)
    for endpoint in sorted(found, key=lambda each: each.name):
        lines += [*_endpoint_lines(rt, endpoint), ""]
    return [*lines, "", f"Objects found: {len(found)}", ""]


def _endpoint_lines(rt: "Runtime", endpoint: EndpointFacts) -> Iterator[str]:
    name = endpoint.name + (f"/{endpoint.caller_number}" if endpoint.caller_number else "")
    most = str(endpoint.busy_at) if endpoint.busy_at else "inf"
    yield f" Endpoint:  {name:<52.52} {_STATES[endpoint.state]:<12.12}  {len(endpoint.channels)} of {most}"
    for auth, user in endpoint.outbound_auths:
        yield f"    OutAuth:  {f'{auth}/{user}':<74}".rstrip()
    for auth, user in endpoint.auths:
        yield f"     InAuth:  {f'{auth}/{user}':<74}".rstrip()
    for aor, most_contacts in endpoint.aors:
        yield _aor_line(aor, most_contacts)
        for contact in endpoint.contacts:
            if contact.aor == aor:
                yield _contact_line(contact, "      Contact:  ", 42)
    if endpoint.transport is not None:
        transport, protocol, cos, tos, bind = endpoint.transport
        yield f"  Transport:  {transport:<21.21}  {protocol:>6}  {cos:>5}  {tos:>5}  {bind}"
    for identify, matches in endpoint.identifies:
        yield f"   Identify:  {identify}/{endpoint.name}"
        for match in matches:
            yield f"        Match: {_network(match)}"
    for channel in endpoint.channels:
        yield from _channel_lines(rt, channel)


def _aor_line(aor: str, most_contacts: int) -> str:
    return f"        Aor:  {aor:<39.39} {most_contacts:>12}"


def _network(match: str) -> str:
    if "/" in match or not re.fullmatch(r"[0-9a-fA-F:.]+", match):
        return match
    return f"{match}/{128 if ':' in match else 32}"


def _channel_lines(rt: "Runtime", name: str) -> Iterator[str]:
    channel = rt.channels.get(name)
    if channel is None:
        return
    snapshot = channel.snapshot()
    shown = f"{name}/{snapshot.application}" if snapshot.application else name
    seconds = int(rt.now() - snapshot.created_s)
    time = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    yield f"    Channel: {shown:<51.51} {snapshot.state.text:<13.13} {time:<11}"
    caller = f'"{snapshot.connected_name}" <{snapshot.connected_number}>'
    yield f"        Exten: {channel.dialed:<25.25} CLCID: {caller}"


def _status(contact: ContactFacts) -> str:
    return {"REACHABLE": "Avail", "LAGGED": "Avail", "UNREACHABLE": "Unavail"}.get(contact.status, "NonQual")


def _contact_line(contact: ContactFacts, label: str, width: int) -> str:
    rtt = f"{contact.rtt_ms:11.3f}" if contact.status in ("REACHABLE", "LAGGED") else f"{'-nan':>11}"
    return f"{label}{f'{contact.aor}/{contact.uri}':<{width}} {contact.digest[:10]} {_status(contact):<7} {rtt}"


@command("pjsip show contacts [like <pattern>]", see="pjsip show endpoints")
def pjsip_show_contacts(rt: "Runtime", pattern: str = "") -> list[str]:
    """List where the addresses of record of pjsip.conf can be reached.

    With `like` only those whose name holds a match of the regular expression.
    """
    wanted = matching(pattern or None)
    found = [each for each in driver_of(rt).contacts() if wanted.search(f"{each.aor};@{each.uri}")]
    if not found:
        return ["No objects found.", ""]
    lines = list(_CONTACT_HEADING)
    for contact in found:
        name = f"{contact.aor}/{contact.uri}"
        lines.append(_contact_line(contact, "  Contact:  ", 46).replace(name, name[:46], 1))
    return [*lines, "", f"Objects found: {len(found)}", ""]


@command("pjsip qualify <endpoint>", see="pjsip show contacts")
def pjsip_qualify(rt: "Runtime", name: str) -> list[str]:
    """Send an OPTIONS to all contacts of an endpoint now."""
    driver = driver_of(rt)
    if not driver.probe("PJSIP", name):
        raise AsterismError(f"Unable to retrieve endpoint {name}")
    found = next(each for each in driver.endpoints() if each.name == name)
    return [f"Qualifying AOR '{aor}' on endpoint '{name}'" for aor, _ in found.aors]


@command("pjsip set logger on|off", see="sip set debug")
def pjsip_set_logger(rt: "Runtime", state: str) -> list[str]:
    """Show every SIP message on the consoles, or none."""
    on = state.lower() == "on"
    driver_of(rt).trace("PJSIP", "*" if on else "")
    return [f"PJSIP Logging {'enabled' if on else 'disabled'}"]


@command("pjsip set logger host <address>", see="sip set debug ip")
def pjsip_set_logger_host(rt: "Runtime", address: str) -> list[str]:
    """Show the SIP messages from and to one address, `host` or `host:port`."""
    driver_of(rt).trace("PJSIP", address)
    return [f"PJSIP Logging Enabled for host: {address}"]


@command("pjsip reload", see="reload")
async def pjsip_reload(rt: "Runtime") -> list[str]:
    """Read pjsip.conf again; prints only what is wrong."""
    return await rt.reload("pjsip")


@noun("endpoint")
def endpoint(rt: "Runtime") -> "Iterator[tuple[str, str]]":
    """The endpoints of pjsip.conf."""
    found = sip_driver(rt.driver("PJSIP"))
    if found is not None:
        for each in found.endpoints():
            yield each.name, _STATES[each.state]
