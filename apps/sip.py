"""SIPAddHeader and SIPRemoveHeader: headers that the next outgoing SIP calls carry."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, application

HEADERS_MAX = 51
"""Headers that can be added: chan_sip says 50 and takes 51."""

VARIABLE = "SIPADDHEADER"
"""The variables that carry them, inherited for ever; a number of two digits follows."""


@application("SIPAddHeader", see="SIPRemoveHeader, SIP_HEADER, PJSIP_HEADER")
def sip_add_header(chan: Channel, header: Text = "") -> None:
    """Add a header to the SIP calls that this channel makes from now on.

    Args:
        header: `Name: value`. It is kept in a variable that callees inherit, through Local channels too.
    Compat: chan_sip. Headers are sent in reverse order. Those that SIP itself needs (From, Contact ...), and values
        with line breaks, are not sent.
    """
    if not header:
        chan.warn("This application requires the argument: Header")
        return
    for number in range(1, HEADERS_MAX + 1):
        if not chan.variables.get(f"{VARIABLE}{number:02d}"):
            chan.set(f"__{VARIABLE}{number:02d}", header)
            return
    chan.warn("Too many SIP headers added, max 50")


@application("SIPRemoveHeader", see="SIPAddHeader")
def sip_remove_header(chan: Channel, header: Text = "") -> None:
    """Remove headers that SIPAddHeader has added.

    Args:
        header: The beginning of `Name: value` in any case; every header that begins so goes. All of them when left out.
    """
    for name in [name for name in chan.variables if name.startswith(VARIABLE)]:
        if chan.variables[name].lower().startswith(header.lower()):
            chan.unset(name)
