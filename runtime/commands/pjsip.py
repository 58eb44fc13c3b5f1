"""Commands that do something with PJSIP: probe, log, read its file again."""

from typing import TYPE_CHECKING

from asterism.runtime.commands.sip import driver_of
from asterism.runtime.declare import command
from asterism.runtime.errors import AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


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
    driver_of(rt).tracing.set("PJSIP", "*" if on else "")
    return [f"PJSIP Logging {'enabled' if on else 'disabled'}"]


@command("pjsip set logger host <address>", see="sip set debug ip")
def pjsip_set_logger_host(rt: "Runtime", address: str) -> list[str]:
    """Show the SIP messages from and to one address, `host` or `host:port`."""
    driver_of(rt).tracing.set("PJSIP", address)
    return [f"PJSIP Logging Enabled for host: {address}"]


@command("pjsip reload", see="reload")
async def pjsip_reload(rt: "Runtime") -> list[str]:
    """Read pjsip.conf again; prints only what is wrong."""
    return await rt.reload("pjsip")
