"""What log watchers read of somebody who tried to get in: the forms of fail2ban's filter for Asterisk."""

import re
from types import SimpleNamespace

import pytest
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime

pytest.importorskip("asterism._native", exc_type=ImportError)

from asterism.runtime.drivers.pjsip import security

HOST = r"(?P<host>[\d.]+|\[[\da-f:]+\])"

# The expressions of the filter, HOST put in.
FAILED = [
    rf"^Registration from '[^']*' failed for '{HOST}(:\d+)?' - (?:Wrong password|No matching peer found"
    r"|Device does not match ACL)$",
    rf"^Request (?:'[^']*' )?from '(?:[^']*|.*?)' failed for '{HOST}(?::\d+)?'\s\(callid: [^\)]*\) - "
    r"(?:No matching endpoint found|Not match Endpoint(?: Contact)? ACL|(?:Failed|Error) to authenticate)\s*$",
    r'^SecurityEvent="(?:FailedACL|InvalidAccountID|ChallengeResponseFailed|InvalidPassword)"'
    r'(?:(?:,(?!RemoteAddress=)\w+="[^"]*")*|.*?),RemoteAddress="IPV[46]/[^/"]+/(?P<host>[^/]+)/\d+"'
    r'(?:,(?!RemoteAddress=)\w+="[^"]*")*$',
]


def banned(rt: TestRuntime) -> list[str]:
    """Whom the filter would ban, line by line."""
    lines = rt.logged(Level.NOTICE) + rt.logged(Level.SECURITY)
    return [found["host"] for line in lines for form in FAILED if (found := re.match(form, line))]


@pytest.mark.parametrize("service", ["SIP", "PJSIP"])
@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
@pytest.mark.parametrize("event", ["InvalidPassword", "InvalidAccountID", "FailedACL", "ChallengeResponseFailed"])
@pytest.mark.parametrize(
    "user",
    [
        "6001",
        "x' failed for '9.9.9.9:1' - Wrong password",
        'x",RemoteAddress="IPV4/UDP/9.9.9.9/1',
        "x\r\n[Nov 22 03:00:00] NOTICE[1] a.c: 9.9.9.9 failed to authenticate",
        "x\x1b[2J",
    ],
)
async def test_the_filter_bans_who_did_it(rt: TestRuntime, service: str, method: str, event: str, user: str) -> None:
    told = SimpleNamespace(
        event=event, method=method, user=user, sip_call_id=f"{user})", protocol="udp",
        local=("127.0.0.1", 5060), source=("198.51.100.7", 1234),
    )  # fmt: skip
    security.tell(rt, service, told)  # type: ignore[arg-type]
    assert banned(rt) == ["198.51.100.7", "198.51.100.7"]
    assert not [line for line in rt.logged(Level.NOTICE) + rt.logged(Level.SECURITY) if re.search(r"[\x00-\x1f]", line)]
