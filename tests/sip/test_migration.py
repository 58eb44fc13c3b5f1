"""The two examples of the migration from chan_sip run as they stand, in both dialects."""

import re
import socket
from typing import Any

import pytest
from asterism.runtime.drivers.pjsip.driver import PjsipDriver

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

SIP_PHONES = """
[general]
udpbindaddr=0.0.0.0

[6001]
type=friend
host=dynamic
disallow=all
allow=ulaw
context=internal
secret=1234

[6002]
type=friend
host=192.0.2.1
disallow=all
allow=ulaw
context=internal
secret=1234
"""

PJSIP_PHONES = """
[simpletrans]
type=transport
protocol=udp
bind=0.0.0.0

[6001]
type = endpoint
context = internal
disallow = all
allow = ulaw
aors = 6001
auth = auth6001

[6001]
type = aor
max_contacts = 1

[auth6001]
type=auth
auth_type=userpass
password=1234
username=6001

[6002]
type = endpoint
context = internal
disallow = all
allow = ulaw
aors = 6002
auth = auth6002

[6002]
type = aor
contact = sip:6002@192.0.2.1:5060

[auth6002]
type=auth
auth_type=userpass
password=1234
username=6001
"""

SIP_TRUNK = """
[general]
udpbindaddr=0.0.0.0

register => myaccountname:1234567890@203.0.113.1:5060

[mytrunk]
type=friend
secret=1234567890
username=myaccountname
host=203.0.113.1
disallow=all
allow=ulaw
context=from-external
"""

PJSIP_TRUNK = """
[simpletrans]
type=transport
protocol=udp
bind=0.0.0.0

[mytrunk]
type=registration
outbound_auth=mytrunk
server_uri=sip:myaccountname@203.0.113.1:5060
client_uri=sip:myaccountname@203.0.113.1:5060

[mytrunk]
type=auth
auth_type=userpass
password=1234567890
username=myaccountname

[mytrunk]
type=aor
contact=sip:203.0.113.1:5060

[mytrunk]
type=endpoint
context=from-external
disallow=all
allow=ulaw
outbound_auth=mytrunk
aors=mytrunk

[mytrunk]
type=identify
endpoint=mytrunk
match=203.0.113.1
"""

EXTENSIONS = "[internal]\nexten => 100,1,Answer()\n[from-external]\nexten => s,1,Answer()\n"


def bindable(files: dict[str, str]) -> dict[str, str]:
    """The files as they stand, or at another port when somebody else on this machine has 5060."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("0.0.0.0", 5060))
        except OSError:
            probe.bind(("0.0.0.0", 0))
            port = probe.getsockname()[1]
            return {name: re.sub(r"(bind(?:addr)?=0\.0\.0\.0)", rf"\1:{port}", text) for name, text in files.items()}
    return files


def complaints(pbx: Any) -> list[str]:
    return [record.text for record in pbx.records if record.level.name in ("WARNING", "ERROR")]


def driver_of(pbx: Any) -> PjsipDriver:
    found = pbx.runtime.driver("SIP")
    assert isinstance(found, PjsipDriver), pbx.said
    return found


@pytest.mark.parametrize(
    "files", [{"sip": SIP_PHONES}, {"pjsip": PJSIP_PHONES}, {"sip": SIP_PHONES, "pjsip": PJSIP_PHONES}]
)
async def test_phones(served: Any, files: dict[str, str]) -> None:
    pbx = await served(extensions=EXTENSIONS, **bindable(files))
    assert complaints(pbx) == []
    driver = driver_of(pbx)
    assert len(driver._stack.listening) == 1
    if "sip" in files:
        assert [peer.name for peer in driver.peers()] == ["6001", "6002"]
        assert driver.peer("6002").address == "192.0.2.1"
    if "pjsip" in files:
        assert [each.name for each in driver.endpoints()] == ["6001", "6002"]
        assert [each.uri for each in driver.contacts()] == ["sip:6002@192.0.2.1:5060"]


@pytest.mark.parametrize(
    "files", [{"sip": SIP_TRUNK}, {"pjsip": PJSIP_TRUNK}, {"sip": SIP_TRUNK, "pjsip": PJSIP_TRUNK}]
)
async def test_trunk(served: Any, files: dict[str, str]) -> None:
    pbx = await served(extensions=EXTENSIONS, **bindable(files))
    assert complaints(pbx) == []
    driver = driver_of(pbx)
    states = [each.state for each in driver._registrations]
    # chan_pjsip goes on saying how it stood before.
    assert states == [{"sip": "Request Sent", "pjsip": "Unregistered"}[file] for file in files]
    if "pjsip" in files:
        endpoint, departure = driver._presence.router.find("PJSIP", "5551234@mytrunk")
        assert departure.uri == "sip:5551234@203.0.113.1:5060"
        assert [auth.username for auth in endpoint.outbound_auths] == ["myaccountname"]
    if "sip" in files:
        endpoint, departure = driver._presence.router.find("SIP", "mytrunk/5551234")
        assert departure.uri == "sip:5551234@203.0.113.1:5060"
        assert [auth.username for auth in endpoint.outbound_auths] == ["myaccountname"]
