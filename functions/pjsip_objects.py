"""What pjsip.conf says and who is registered: PJSIP_ENDPOINT, PJSIP_AOR, PJSIP_CONTACT, AST_SORCERY."""

from collections.abc import Callable, Mapping

from asterism.functions import indirect
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError
from asterism.runtime.peers import ContactFacts, SipDriver, sip_driver


def _driver(chan: Channel) -> SipDriver | None:
    return sip_driver(chan.switch.driver("PJSIP"))


def _parameters(chan: Channel, kind: str, name: str) -> Mapping[str, str] | None:
    driver = _driver(chan)
    return driver.parameters(kind, name) if driver is not None else None


def _read(chan: Channel, kind: str, name: str, field: str) -> str:
    if not name or not field:
        raise ArgumentError(f"the name of the {kind} and of the option are needed")
    found = _parameters(chan, kind, name)
    if found is None:
        chan.warn(f"Failed to retrieve information for {kind} '{name}'")
        return ""
    if field not in found:
        chan.warn(f"Unknown property '{field}' for PJSIP {kind}")
    return found.get(field, "")


@function("PJSIP_ENDPOINT", see="PJSIP_AOR, PJSIP_CONTACT")
def pjsip_endpoint(chan: Channel, name: str = "", field: str = "") -> str:
    """Read an option of an endpoint of pjsip.conf.

    Args:
        name: Of the endpoint.
        field: Name of the option, such as `context`; or of a variable that set_var sets.
    Compat: func_pjsip_endpoint. Options that are not written are Asterisk's defaults.
    """
    return _read(chan, "endpoint", name, field)


@function("PJSIP_AOR", see="PJSIP_ENDPOINT, PJSIP_CONTACT")
def pjsip_aor(chan: Channel, name: str = "", field: str = "") -> str:
    """Read an option of an address of record of pjsip.conf, or who is there now.

    Args:
        name: Of the address of record.
        field: Name of the option; `contact` is a list of the contacts, joined by commas, for PJSIP_CONTACT.
    Compat: func_pjsip_aor.
    """
    driver = _driver(chan)
    if field != "contact" or driver is None or driver.parameters("aor", name) is None:
        return _read(chan, "aor", name, field)
    return ",".join(contact.name for contact in driver.contacts() if contact.aor == name)


_STATUS = {
    "REACHABLE": "Reachable", "LAGGED": "Reachable", "UNREACHABLE": "Unreachable", "UNKNOWN": "Unknown",
    "UNMONITORED": "NonQualified",
}  # fmt: skip


def _round_trip(contact: ContactFacts) -> str:
    return str(round(contact.rtt_ms * 1000)) if _STATUS.get(contact.status) == "Reachable" else "N/A"


_FACTS: Mapping[str, Callable[[ContactFacts], str]] = {
    "uri": lambda contact: contact.uri,
    "status": lambda contact: _STATUS.get(contact.status, "Unknown"),
    "rtt": _round_trip,
    "user_agent": lambda contact: contact.user_agent,
    "endpoint": lambda contact: contact.endpoint,
    "path": lambda contact: contact.path,
    "call_id": lambda contact: contact.call_id,
    "via_addr": lambda contact: contact.source[0],
    "via_port": lambda contact: str(contact.source[1]),
}
_EMPTY = {
    "path": "", "outbound_proxy": "", "via_addr": "", "via_port": "0", "call_id": "", "endpoint": "",
    "reg_server": "", "prune_on_boot": "no", "authenticate_qualify": "no", "qualify_2xx_only": "false",
    "qualify_frequency": "0", "qualify_timeout": "3.000000",
}  # fmt: skip
"What Asterisk knows of a contact as well, as it is for one that is configured."


@function("PJSIP_CONTACT", see="PJSIP_AOR, PJSIP_ENDPOINT")
def pjsip_contact(chan: Channel, name: str = "", field: str = "") -> str:
    """Read what is known of a place where somebody can be reached.

    Args:
        name: Of the contact, as PJSIP_AOR(...,contact) gives it.
        field: uri, status (Reachable, Unreachable, Unknown, NonQualified), rtt (microseconds, or N/A), user_agent,
            expiration_time (seconds since the epoch, 0 for ever).
    Compat: func_pjsip_contact. Its other fields are those of a contact that is configured.
    """
    if not name or not field:
        raise ArgumentError("the name of the contact and of the field are needed")
    driver = _driver(chan)
    contact = next((each for each in driver.contacts() if each.name == name), None) if driver is not None else None
    if contact is None:
        chan.warn(f"Failed to retrieve information for contact '{name}'")
        return ""
    if field == "expiration_time":
        return "0" if contact.static else str(int(chan.switch.now()) + contact.expires_s)
    if field in _FACTS:
        return _FACTS[field](contact)
    if field not in _EMPTY:
        chan.warn(f"Unknown property '{field}' for PJSIP contact")
    return _EMPTY.get(field, "")


@function("AST_SORCERY", see="PJSIP_ENDPOINT, AST_CONFIG")
def ast_sorcery(
    chan: Channel,
    module_name: str = "",
    object_type: str = "",
    object_id: str = "",
    field_name: str = "",
    retrieval_method: str = "concat",
    retrieval_details: str = "",
) -> str:
    """Read an option of an object of a module's configuration.

    Args:
        module_name: res_pjsip; there is no other.
        object_type: endpoint, aor, auth, or transport.
        object_id: Its name.
        field_name: Name of the option.
        retrieval_method: concat joins all values, single takes one of them.
        retrieval_details: What to join by, a comma by default; or which one, from 1.
    Compat: func_sorcery.
    """
    if not (module_name and object_type and object_id and field_name):
        raise ArgumentError("a module, a type, a name, and a field are needed")
    if retrieval_method not in ("", "concat", "single"):
        raise ArgumentError("the retrieval method is concat or single")
    if module_name != "res_pjsip":
        raise ArgumentError(f"there is no configuration of module '{module_name}'")
    found = None if object_type == "identify" else _parameters(chan, object_type, object_id)
    if found is None:
        return ""
    if retrieval_method == "single" and retrieval_details:
        number = indirect.integer(retrieval_details)
        if number is None or number <= 0:
            raise ArgumentError("which one to take is a number from 1")
        if number > 1:
            return ""
    return found.get(field_name, "")
