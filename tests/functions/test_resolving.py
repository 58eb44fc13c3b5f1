"""ENUMLOOKUP and its kin, and SRVQUERY, against a name server of this process."""

import asyncio
import builtins
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import pytest
from asterism.functions.resolving import domain
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime

pytest.importorskip("dns")

import dns.asyncresolver
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

RECORDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("1.1.1.2.4.5.5.5.1.e164.arpa.", "NAPTR"): (
        '100 20 "u" "E2U+pjsip" "!^\\\\+?(.*)$!sip:second-\\\\1@example.com!" .',
        '100 10 "u" "E2U+pjsip" "!^\\\\+1(555)(.*)$!sip:\\\\2.\\\\1@example.com!i" .',
        '10 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .',
        '10 20 "u" "mailto+E2U" "!^.*$!mailto:info@example.com!" .',
        '10 30 "s" "E2U+sip" "!^.*$!sip:no@example.com!" .',
        '10 40 "u" "E2U+sip" "!^.*$sip:broken!" .',
    ),
    ("4.3.2.1.256.freenum.org.", "NAPTR"): ('1 1 "u" "E2U+sip" "!^(.*)$!sip:\\\\1@isn.example!" .',),
    ("1.1.1.2.4.5.5.5.1.e164.arpa.", "TXT"): ('"Example " "Caller"',),
    ("_sip._udp.example.com.", "SRV"): ("20 0 5061 second.example.com.", "10 5 5060 first.example.com."),
}


class NameServer(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        asked = query.question[0]
        kind = dns.rdatatype.to_text(asked.rdtype)
        found = RECORDS.get((asked.name.to_text(), kind))
        if found is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        else:
            reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *found))
        self._transport.sendto(reply.to_wire(), addr)


@pytest.fixture
async def rt(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TestRuntime]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.port = transport.get_extra_info("sockname")[1]
    resolver.nameservers = ["127.0.0.1"]
    monkeypatch.setattr(dns.asyncresolver, "default_resolver", resolver)
    async with TestRuntime(real_time=True) as found:
        yield found
    transport.close()


async def said(rt: TestRuntime, *steps: str) -> list[str]:
    lines = "\n same => n,".join(steps)
    rt.extensions(f"[default]\nexten => 1,1,{lines}\n")
    await (await rt.phone("alice").call("1@default")).over()
    ran = [line.partition(" ")[2] for line in rt.executed()]
    return [line[5:-1] for line in ran if line.startswith("NoOp(")]


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("ENUMLOOKUP(+155542111,sip)", "info@example.com"),
        ("ENUMLOOKUP(+155542111)", "42111.555@example.com"),
        ("ENUMLOOKUP(+1555421-11,,,2)", "second-155542111@example.com"),
        ("ENUMLOOKUP(+155542111,,u)", "sip:42111.555@example.com"),
        ("ENUMLOOKUP(+155542111,,c)", "2"),
        ("ENUMLOOKUP(+155542111,,,9)", ""),
        ("ENUMLOOKUP(+15554211,,c)", "0"),
        ("ENUMLOOKUP(+15554211)", ""),
        ("ENUMLOOKUP(1234*256,sip,,1,freenum.org)", "1234@isn.example"),
        ("ENUMLOOKUP()", ""),
        ("ENUMLOOKUP(1,sip,i)", ""),
        ("TXTCIDNAME(+155542111)", "Example Caller"),
        ("TXTCIDNAME(+1)", ""),
    ],
)
async def test_a_number(rt: TestRuntime, call: str, value: str) -> None:
    assert await said(rt, f"NoOp(<${{{call}}}>)") == [f"<{value}>"]


async def test_all_services(rt: TestRuntime) -> None:
    got = await said(
        rt, "NoOp(${ENUMLOOKUP(+155542111,ALL)} ${ENUMLOOKUP(+155542111,ALL,,2)} ${ENUMLOOKUP(+155542111,ALL,c)})",
        "NoOp(${ENUMLOOKUP(+155542111,sip)} ${ENUMLOOKUP(+155542111,mailto)})",
    )  # fmt: skip
    assert got == ["sip:info@example.com mailto:info@example.com 4", "info@example.com info@example.com"]
    assert any("is of no use" in line for line in rt.logged(Level.WARNING))


async def test_an_answer_read_piece_by_piece(rt: TestRuntime) -> None:
    got = await said(
        rt, "Set(id=${ENUMQUERY(+155542111)})",
        "NoOp(${ENUMRESULT(${id},getnum)} ${ENUMRESULT(${id},1)} ${ENUMRESULT(${id},2)} <${ENUMRESULT(${id},3)}>)",
        "NoOp(<${ENUMRESULT(99,1)}${ENUMRESULT(${id})}>)", "NoOp(${ENUMQUERY(+1)})",
    )  # fmt: skip
    assert got == ["2 42111.555@example.com second-155542111@example.com <>", "<>", "1"]


async def test_the_servers_of_a_service(rt: TestRuntime) -> None:
    name = "_sip._udp.example.com"
    got = await said(
        rt, f"Set(id=${{SRVQUERY({name})}})",
        "NoOp(${id} ${SRVRESULT(${id},getnum)} ${SRVRESULT(${id},1,host)}:${SRVRESULT(${id},1,port)})",
        f"NoOp(${{SRVRESULT({name},2,priority)}}/${{SRVRESULT({name},1,weight)}} <${{SRVRESULT({name},3,host)}}>)",
        f"NoOp(<${{SRVRESULT({name},1,nosuch)}}${{SRVRESULT({name},1)}}> ${{SRVRESULT(nobody.test,getnum)}})",
    )  # fmt: skip
    assert got == [f"{name} 2 first.example.com:5060", "20/5 <>", "<> 0"]


@pytest.mark.parametrize(
    ("number", "options", "name"),
    [
        ("+4930123", "", "3.2.1.0.3.9.4.e164.arpa"),
        ("1234*256", "", "4.3.2.1.256.e164.arpa"),
        ("some.name", "d", "some.name.e164.arpa"),
        ("", "", "e164.arpa"),
    ],
)
def test_the_name_of_a_number(number: str, options: str, name: str) -> None:
    assert domain(number, "e164.arpa", options) == name


async def test_without_dnspython(rt: TestRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    known = builtins.__import__

    def missing(name: str, *arguments: Any, **facts: Any) -> Any:
        if name.startswith("dns."):
            raise ImportError(name)
        return known(name, *arguments, **facts)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert await said(rt, "NoOp(<${ENUMLOOKUP(1)}>)") == ["<>"]
    assert any("extra 'dns'" in line for line in rt.logged(Level.WARNING))
