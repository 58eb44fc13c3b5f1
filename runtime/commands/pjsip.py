"""Commands that do something with PJSIP: probe, register, log, take endpoints out of service, read its file again."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.runtime.commands.sip import address_of, driver_of, host_of
from asterism.runtime.declare import Table, command, noun
from asterism.runtime.errors import AsterismError
from asterism.runtime.peers import EndpointFacts

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


def _endpoint(rt: "Runtime", name: str) -> EndpointFacts:
    for each in driver_of(rt).endpoints():
        if each.name == name:
            return each
    raise AsterismError(f"Unable to retrieve endpoint {name}")


@command("pjsip reload", see="reload")
async def pjsip_reload(rt: "Runtime") -> list[str]:
    """Read pjsip.conf again; prints only what is wrong."""
    return await rt.reload("pjsip")


# --- probes ----------------------------------------------------------------------------------------------


@command("pjsip qualify <endpoint>", see="pjsip show contacts")
def pjsip_qualify(rt: "Runtime", name: str) -> list[str]:
    """Send an OPTIONS to all contacts of an endpoint now."""
    found = _endpoint(rt, name)
    driver_of(rt).probe("PJSIP", name)
    return [f"Qualifying AOR '{aor}' on endpoint '{name}'" for aor, _ in found.aors]


@command("pjsip reload qualify aor <aor>", see="pjsip show qualify aor")
def pjsip_reload_qualify_aor(rt: "Runtime", name: str) -> list[str]:
    """Begin the probes of an address of record anew, as its options say."""
    if not driver_of(rt).synchronize(name):
        raise AsterismError(f"Unable to retrieve aor '{name}'")
    return [f"Synchronizing AOR '{name}'"]


@command("pjsip reload qualify endpoint <endpoint>", see="pjsip show qualify endpoint")
def pjsip_reload_qualify_endpoint(rt: "Runtime", name: str) -> list[str]:
    """Begin the probes of all addresses of record of an endpoint anew."""
    lines = []
    for aor, _ in _endpoint(rt, name).aors:
        driver_of(rt).synchronize(aor)
        lines.append(f"Synchronizing AOR '{aor}' on endpoint '{name}'")
    return lines


@command("pjsip show qualify aor <aor>", see="pjsip reload qualify aor")
def pjsip_show_qualify_aor(rt: "Runtime", name: str) -> list[str]:
    """Show how the contacts of an address of record are probed."""
    lines = _probing(rt, name)
    if not lines:
        raise AsterismError(f"Unable to retrieve aor '{name}' qualify options")
    return [f" * AOR '{name}'", *lines]


@command("pjsip show qualify endpoint <endpoint>", see="pjsip reload qualify endpoint")
def pjsip_show_qualify_endpoint(rt: "Runtime", name: str) -> list[str]:
    """Show how the contacts of all addresses of record of an endpoint are probed."""
    lines: list[str] = []
    for aor, _ in _endpoint(rt, name).aors:
        lines += [f" * AOR '{aor}' on endpoint '{name}'", *_probing(rt, aor), ""]
    return lines


def _probing(rt: "Runtime", aor: str) -> list[str]:
    said = driver_of(rt).parameters("aor", aor)
    if said is None:
        return []
    # Asterisk 22 prints 0 ms whatever the timeout is.
    return [
        f"  Qualify frequency    : {said['qualify_frequency']} sec",
        f"  Qualify timeout      : {round(float(said['qualify_timeout']) * 1000)} ms",
        f"  Qualify 2xx only     : {_yes(said['qualify_2xx_only'])}",
        f"  Authenticate qualify : {_yes(said['authenticate_qualify'])}",
    ]


def _yes(text: str) -> str:
    return "yes" if text == "true" else "no"


# --- registrations of ours -------------------------------------------------------------------------------


@command("pjsip send register <registration|*all>", see="pjsip show registrations, pjsip send unregister")
def pjsip_send_register(rt: "Runtime", name: str) -> list[str]:
    """Register with somebody else again, or with all."""
    return _register(rt, name, register=True)


@command("pjsip send unregister <registration|*all>", see="pjsip show registrations, pjsip send register")
def pjsip_send_unregister(rt: "Runtime", name: str) -> list[str]:
    """End a registration of ours, or all, until `pjsip send register`."""
    return _register(rt, name, register=False)


def _register(rt: "Runtime", name: str, *, register: bool) -> list[str]:
    everywhere = name == "*all"
    done = driver_of(rt).register("PJSIP", "" if everywhere else name, register=register)
    if everywhere:
        return ["Re-register all queued" if register else "Unregister all queued"]
    if not done:
        raise AsterismError(f"Unable to retrieve registration {name}")
    return []


# --- maintenance -----------------------------------------------------------------------------------------


@command("pjsip set maintenance on|off <endpoint|all>", see="pjsip show maintenance")
def pjsip_set_maintenance(rt: "Runtime", state: str, name: str) -> list[str]:
    """Take an endpoint out of service, or back, or all of them.

    New requests of it are answered 503, but for those that end something, and it is not called. Calls go on.
    """
    driver, on = driver_of(rt), state.lower() == "on"
    word = "ENABLED" if on else "DISABLED"
    names = [each.name for each in driver.endpoints()]
    if name.lower() == "all":
        for each in names:
            driver.maintain(each, on)
        return [f"Maintenance mode {word} for {_endpoints(len(names))}"]
    if on and name not in names:
        return [f"Endpoint '{name}' not found"]
    if on == (name in driver.maintained()):
        return [f"Endpoint '{name}' {'is already' if on else 'was not'} in maintenance mode"]
    driver.maintain(name, on)
    return [f"Maintenance mode {word} for endpoint '{name}'"]


@command("pjsip show maintenance [<endpoint>]", see="pjsip set maintenance")
def pjsip_show_maintenance(rt: "Runtime", name: str = "") -> Table:
    """List the endpoints that are out of service, or say whether one is."""
    names = driver_of(rt).maintained()
    if name:
        line = f"Endpoint '{name}' is {'' if name in names else 'NOT '}in maintenance mode"
        return Table([("Endpoint", 0), ("State", 0)], [], [line], header=False)
    return Table(
        [("Endpoint", 40), ("State", 0)],
        [(each, "ON") for each in names],
        ["", f"  {_endpoints(len(names))} in maintenance mode", ""],
        header=False,
        line=_maintenance_line,
        above=["", _maintenance_line(("Endpoint", "State")), _maintenance_line(("-" * 40, "-----"))],
    )


def _maintenance_line(row: Sequence[object]) -> str:
    return f"  {row[0]!s:<40}  {row[1]}"


def _endpoints(count: int) -> str:
    return f"{count} endpoint{'' if count == 1 else 's'}"


# --- the logger ------------------------------------------------------------------------------------------


@command("pjsip set logger {on|off}", see="sip set debug")
def pjsip_set_logger(rt: "Runtime", state: str) -> list[str]:
    """Show every SIP message on the consoles, or none.

    `off` also ends the choice of hosts and methods, and the file of `pjsip set logger pcap`.
    """
    on = state.lower() == "on"
    driver_of(rt).tracing.set("PJSIP", "*" if on else "")
    return [f"PJSIP Logging {'enabled' if on else 'disabled'}"]


@command("pjsip set logger {host|add} <address>", see="sip set debug ip")
async def pjsip_set_logger_host(rt: "Runtime", how: str, text: str) -> list[str]:
    """Show the SIP messages from and to one address; with `add` beside those that are shown already.

    Args:
        address: `host`, `host:port`, or a network such as 10.0.0.0/8.
    """
    address = await address_of(text)
    driver_of(rt).tracing.set("PJSIP", address, add=how.lower() == "add")
    return [f"PJSIP Logging Enabled for host: {host_of(address)}"]


@command("pjsip set logger {method|methodadd} <sip method>", see="pjsip set logger")
def pjsip_set_logger_method(rt: "Runtime", how: str, method: str) -> list[str]:
    """Show the SIP messages of one method, the answers too; with `methodadd` beside those that are shown already.

    Together with `pjsip set logger host` only those of these hosts.
    """
    methods = driver_of(rt).tracing.set_method(method, add=how.lower() == "methodadd")
    return [f"PJSIP Logging Enabled for SIP Methods: {', '.join(methods)}"]


_METHODS = (
    "ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "PUBLISH", "REFER", "REGISTER",
    "SUBSCRIBE", "UPDATE",
)  # fmt: skip


@noun("sip method")
def sip_method(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """The methods of SIP."""
    return ((method, "") for method in _METHODS)


@command("pjsip set logger verbose on|off", see="pjsip set logger pcap")
def pjsip_set_logger_verbose(rt: "Runtime", state: str) -> list[str]:
    """Show the SIP messages that are logged on the consoles, or write them to the pcap file only."""
    driver_of(rt).tracing.verbose = state.lower() == "on"
    return [f"PJSIP Logging to verbose has been {'enabled' if state.lower() == 'on' else 'disabled'}"]


@command("pjsip set logger pcap <file>", see="pjsip set logger")
async def pjsip_set_logger_pcap(rt: "Runtime", name: str) -> list[str]:
    """Write the SIP messages that are logged to a file for tcpdump and Wireshark too, until `pjsip set logger off`.

    The file stands in the folder of the logs, or anywhere when asterisk.conf says live_dangerously.
    """
    folder = rt.directories.log
    path = folder / name
    if (Path(name).is_absolute() or ".." in path.parts) and not rt.live_dangerously:
        raise AsterismError(f"'{name}' is not in {folder}, the folder of the logs")
    try:
        await driver_of(rt).tracing.write(path)
    except OSError as error:
        raise AsterismError(f"'{path}' cannot be written: {error.strerror}") from None
    return [f"PJSIP logging to pcap file '{path}'"]
