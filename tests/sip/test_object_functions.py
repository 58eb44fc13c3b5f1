"""PJSIP_ENDPOINT, PJSIP_AOR, PJSIP_CONTACT, AST_SORCERY: as Asterisk 22 answered for the same pjsip.conf."""

import asyncio

import pytest

from tests.sip.conftest import SERVER, until

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

CONF = f"""
[udp]
type=transport
protocol=udp
bind={SERVER}
[alice]
type=endpoint
allow=ulaw
[bob]
type=endpoint
aors=bob
auth=bob
allow=!all,ulaw,alaw
from_user=Bob
callerid="Bob B" <123>
direct_media=no
call_group=1,3
set_var=A=1
set_var=B=2
identify_by=username,ip
mailboxes=1@default,2@default
permit=127.0.0.0/8
deny=0.0.0.0/0
100rel=no
rtp_timeout=30
language=de
[bob]
type=aor
contact=sip:bob@127.0.0.24:5099
qualify_frequency=0
mailboxes=1@default
max_contacts=3
remove_existing=yes
[bob]
type=auth
auth_type=userpass
username=bob
password=x
"""
CONTACT = "bob@@321d40ccaea5cb80d172f45af913632f"
ANSWERS = {
    "PJSIP_ENDPOINT(bob,allow)": "(ulaw|alaw)",
    "PJSIP_ENDPOINT(bob,A)": "1",
    "PJSIP_ENDPOINT(bob,set_var)": "",
    "PJSIP_ENDPOINT(bob,nosuch)": "",
    "PJSIP_ENDPOINT(nosuch,allow)": "",
    "PJSIP_ENDPOINT(bob)": "",
    "PJSIP_ENDPOINT(bob,callerid)": '"Bob B" <123>',
    "PJSIP_ENDPOINT(bob,call_group)": "1, 3",
    "PJSIP_ENDPOINT(bob,mailboxes)": "1@default,2@default",
    "PJSIP_ENDPOINT(bob,direct_media)": "false",
    "PJSIP_ENDPOINT(bob,100rel)": "no",
    "PJSIP_ENDPOINT(bob,acl)": "deny/permit",
    "PJSIP_ENDPOINT(bob,rtp_timeout)": "30",
    "PJSIP_ENDPOINT(bob,dtls_verify)": "No",
    "PJSIP_ENDPOINT(bob,identify_by)": "username,ip",
    "PJSIP_ENDPOINT(alice,callerid)": "<unknown>",
    "PJSIP_ENDPOINT(alice,timers)": "yes",
    "PJSIP_AOR(bob,contact)": CONTACT,
    "PJSIP_AOR(bob,max_contacts)": "3",
    "PJSIP_AOR(bob,remove_existing)": "true",
    "PJSIP_AOR(bob,default_expiration)": "3600",
    "PJSIP_AOR(bob,nosuch)": "",
    "PJSIP_AOR(nosuch,contact)": "",
    f"PJSIP_CONTACT({CONTACT},uri)": "sip:bob@127.0.0.24:5099",
    f"PJSIP_CONTACT({CONTACT},status)": "NonQualified",
    f"PJSIP_CONTACT({CONTACT},rtt)": "N/A",
    f"PJSIP_CONTACT({CONTACT},expiration_time)": "0",
    f"PJSIP_CONTACT({CONTACT},qualify_timeout)": "3.000000",
    f"PJSIP_CONTACT({CONTACT},nosuch)": "",
    "PJSIP_CONTACT(nosuch,uri)": "",
    "AST_SORCERY(res_pjsip,endpoint,bob,from_user)": "Bob",
    "AST_SORCERY(res_pjsip,aor,bob,contact)": "sip:bob@127.0.0.24:5099",
    "AST_SORCERY(res_pjsip,endpoint,bob,from_user,single,1)": "Bob",
    "AST_SORCERY(res_pjsip,endpoint,bob,from_user,single,2)": "",
    "AST_SORCERY(res_pjsip,auth,bob,username)": "bob",
    "AST_SORCERY(nosuch,a,b,c)": "",
    "AST_SORCERY(res_pjsip,endpoint)": "",
}


async def test_as_asterisk_answers(served) -> None:  # type: ignore[no-untyped-def]
    text = "".join(f"exten => 1,{at},Set(r{at}=${{{call}}})\n" for at, call in enumerate(ANSWERS, 1))
    one = await served(pjsip=CONF, extensions=f"[default]\n{text} same => n,Wait(30)\n")
    call = asyncio.create_task(one.runtime.originate("Local/1@default/n", application="Wait", app_data="30"))
    last = f"r{len(ANSWERS)}"
    await until(lambda: any(last in each.variables for each in one.runtime.channels.values()))
    channel = next(each for each in one.runtime.channels.values() if last in each.variables)
    call.cancel()
    got = {call: channel.variables.get(f"r{at}") for at, call in enumerate(ANSWERS, 1)}
    assert got == ANSWERS
    assert "Unknown property 'nosuch' for PJSIP aor" in one.said
