"""sip.conf and pjsip.conf: what is read, what is complained about, and where."""

from pathlib import Path

import pytest
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.reader import read_text
from asterism.runtime.drivers.pjsip.model import Dialect, Pattern
from asterism.runtime.drivers.pjsip.options import Report, network, party
from asterism.runtime.drivers.pjsip.pjsip_conf import read_pjsip
from asterism.runtime.drivers.pjsip.sip_conf import read_sip
from hypothesis import given
from hypothesis import strategies as st


def sip(text: str) -> tuple[Dialect, list[str]]:
    report = Report()
    return read_sip(read_text(text, "sip.conf"), report), [str(finding) for finding in report.findings]


def pjsip(text: str) -> tuple[Dialect, list[str]]:
    report = Report()
    return read_pjsip(read_text(text, "pjsip.conf"), report), [str(finding) for finding in report.findings]


def test_options_of_general_are_every_peers_default() -> None:
    found, said = sip(
        "[general]\ncontext=all\nlanguage=de\ndisallow=all\nallow=alaw,gsm\nqualify=yes\ndtmfmode=info\n"
        "[a]\ntype=friend\nhost=dynamic\nlanguage=fr\nallow=ulaw\n"
    )
    peer = found.endpoints["a"]
    assert (peer.context, peer.language, peer.dtmf) == ("all", "fr", "info")
    assert peer.codecs == ("alaw", "gsm", "ulaw")
    assert found.aors["a"].lagged_ms == 2000
    assert said == []


def test_music_that_is_heard_and_suggested_on_hold() -> None:
    peers, said = sip("[general]\nmohinterpret=jazz\n[a]\ntype=friend\nhost=dynamic\nmohsuggest=rock\n[b](a)\n")
    assert [(peers.endpoints[each].music_class, peers.endpoints[each].music_suggested) for each in "ab"] == [
        ("jazz", "rock"), ("jazz", "rock"),
    ] and not said  # fmt: skip
    found, said = pjsip("[a]\ntype=endpoint\nallow=ulaw\n[b]\ntype=endpoint\nallow=ulaw\nmoh_suggest=rock\n")
    assert [found.endpoints[each].music_suggested for each in "ab"] == ["default", "rock"] and not said


def test_templates_add_up() -> None:
    found, _ = sip(
        "[t](!)\ntype=friend\nhost=dynamic\nnat=force_rport,comedia\nsetvar=A=1\n[a](t)\nnat=force_rport\nsetvar=B=2\n"
    )
    peer = found.endpoints["a"]
    assert peer.symmetric
    assert peer.variables == (("A", "1"), ("B", "2"))


def test_identify_by_where_requests_come_from() -> None:
    found, said = pjsip(
        "[a]\ntype=endpoint\nallow=ulaw\n[one]\ntype=identify\nendpoint=a\n"
        "match=192.0.2.1,192.0.2.0/24,192.0.2.1:5061,[2001:db8::1]:5062,2001:db8::2,pbx.example:5063,pbx.example\n"
        "[two]\ntype=identify\nendpoint=a\nmatch=192.0.2.1:word\n"
    )
    (one,) = found.identifies
    assert one.matches == (
        "192.0.2.1", "192.0.2.0/24", "192.0.2.1:5061", "[2001:db8::1]:5062", "2001:db8::2", "pbx.example:5063",
        "pbx.example",
    )  # fmt: skip
    assert len(said) == 1
    assert "pjsip.conf:8" in said[0]


def test_identify_by_header_and_request_uri() -> None:
    found, said = pjsip(
        "[a]\ntype=endpoint\nallow=ulaw\n"
        "[one]\ntype=identify\nendpoint=a\nmatch_header=X-Token: abc:d\nmatch_header=X-Token: /w.*/\n"
        "[two]\ntype=identify\nendpoint=a\nmatch_request_uri=sip:echo@there\n"
        "[three]\ntype=identify\nendpoint=a\nmatch_header=X-Token\n"
        "[four]\ntype=identify\nendpoint=a\nmatch_request_uri=/(/\n"
    )
    one, two = found.identifies
    assert one.patterns == (Pattern("X-Token", "abc:d"), Pattern("X-Token", "w.*", is_regex=True))
    assert two.patterns == (Pattern("", "sip:echo@there"),)
    assert found.general.order == ("ip", "username", "anonymous", "auth_username", "header", "request_uri")
    assert "pjsip.conf:13" in said[0]
    assert "match_header" in said[0]
    assert "pjsip.conf:17" in said[1]


@pytest.mark.parametrize(
    ("value", "rport", "comedia"),
    [
        ("no", "no", "no"),
        ("yes", "yes", "yes"),
        ("never", "no", "no"),
        ("route", "no", "no"),
        ("force_rport,comedia", "yes", "yes"),
        ("auto_force_rport,force_rport", "auto", "no"),
        ("auto_comedia", "no", "auto"),
        ("no,comedia", "no", "no"),
        ("", "auto", "no"),
    ],
)
def test_nat(value: str, rport: str, comedia: str) -> None:
    line = f"nat={value}\n" if value else ""
    peer = sip(f"[a]\ntype=friend\nhost=dynamic\n{line}")[0].endpoints["a"]
    assert ("auto" if peer.auto_force_rport else "yes" if peer.force_rport else "no") == rport
    assert ("auto" if peer.auto_comedia else "yes" if peer.symmetric else "no") == comedia


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[a]\nhost=dynamic\n", "sip.conf:1: [a] has no type and is skipped"),
        ("[a]\ntype=phone\n", "sip.conf:2: [a] type 'phone' is unknown, section skipped"),
        ("[a]\ntype=peer\nnosuch=1\n", "sip.conf:3: [a] unknown option 'nosuch'"),
        ("[a]\ntype=peer\nport=five\n", "sip.conf:3: [a] port: 'five' is not a whole number"),
        (
            "[a]\ntype=peer\ndtmfmode=x\n",
            "sip.conf:3: [a] dtmfmode: 'x' is none of rfc2833, info",
        ),
        ("[a]\ntype=peer\ninsecure=very\n", "sip.conf:3: insecure: 'very' is unknown"),
        ("[a]\ntype=peer\nallow=nosuch\n", "sip.conf:3: allow: unknown format 'nosuch'"),
        ("[a]\ntype=peer\npermit=1.2.3\n", "sip.conf:3: permit: '1.2.3' is no network; everybody is denied"),
        ("[general]\nencryption=yes\n", "sip.conf:2: option 'encryption' is not supported yet and has no effect"),
        ("[general]\nregister => nohost\n", "sip.conf:2: register: user and host are needed"),
        ("[general]\nregister => a:b:c:d@h\n", "sip.conf:2: register: too many colons"),
        ("[general]\ntcpenable=perhaps\n", "sip.conf:2: [general] tcpenable: 'perhaps' is neither yes nor no"),
    ],
)
def test_complaints_name_file_and_line(text: str, complaint: str) -> None:
    assert any(line.startswith(complaint) for line in sip(text)[1]), sip(text)[1]


def test_an_option_that_is_not_served_is_named_once() -> None:
    peers = "".join(f"[{name}]\ntype=friend\nhost=dynamic\nencryption=yes\nvideosupport=no\n" for name in "abc")
    assert len(sip(peers)[1]) == 1


def test_what_has_no_effect_is_told_and_what_has_one_is_not() -> None:
    _, said = sip("[a]\ntype=friend\nhost=dynamic\ncallgroup=1\npickupgroup=1\ntonezone=de\nusereqphone=yes\n")
    assert [each.partition(" is not")[0] for each in said] == ["sip.conf:6: option 'tonezone'"]
    _, said = pjsip(
        "[a]\ntype=endpoint\nallow=ulaw\ncall_group=1\nuser_eq_phone=yes\ntone_zone=de\n"
        "[s]\ntype=system\ntimer_t1=600\n[t]\ntype=transport\ncipher=AES128-SHA\n"
    )
    assert [each.partition(" is not")[0] for each in said] == [
        "pjsip.conf:6: option 'tone_zone'", "pjsip.conf:9: option 'timer_t1'", "pjsip.conf:12: option 'cipher'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "server", "client", "user", "auth", "secret", "extension", "expires"),
    [
        ("1234:password@sip.example", "sip:sip.example", "sip:1234@sip.example", "1234", "1234", "password", "s", 120),
        ("u:p:au@10.0.0.5:5062/99", "sip:10.0.0.5:5062", "sip:u@10.0.0.5", "u", "au", "p", "99", 120),
        (
            "tcp://t:s@10.0.0.3:25071/e~300",
            "sip:10.0.0.3:25071;transport=tcp",
            "sip:t@10.0.0.3",
            "t",
            "t",
            "s",
            "e",
            300,
        ),
        ("3456@dom:5082:s:a@10.0.0.4", "sip:10.0.0.4", "sip:3456@dom", "3456@dom:5082", "a", "s", "s", 120),
    ],
)
def test_register_lines(
    line: str, server: str, client: str, user: str, auth: str, secret: str, extension: str, expires: int
) -> None:
    found, said = sip(f"[general]\nregister => {line}\n")
    made = found.registrations[0]
    assert (made.server_uri, made.client_uri, made.user_shown) == (server, client, user)
    assert [(each.username, each.password) for each in made.auths] == [(auth, secret)]
    assert (made.contact_user, made.expires_s) == (extension, expires)
    assert said == []


def test_a_pjsip_object_with_a_wrong_option_is_dropped_alone() -> None:
    found, said = pjsip(
        "[good]\ntype=endpoint\nallow=ulaw\n[bad]\ntype=endpoint\nallow=ulaw\nnosuch=1\n"
        "[worse]\ntype=endpoint\nallow=ulaw\nauth=missing\n[x]\ntype=nosuch\n[y]\nallow=ulaw\n"
    )
    assert list(found.endpoints) == ["good"]
    assert said == [
        "pjsip.conf:7: [bad] unknown option 'nosuch'",
        "pjsip.conf:4: [bad] endpoint is dropped because of its wrong options",
        "pjsip.conf:12: [x] type 'nosuch' is unknown, section skipped",
        "pjsip.conf:14: [y] has no type and is skipped",
        "pjsip.conf:8: [worse] is dropped: there is no auth 'missing'",
    ]


def test_pjsip_secrets_as_digests() -> None:
    found, said = pjsip(
        "[a]\ntype=auth\nauth_type=md5\nusername=u\nmd5_cred=0123456789abcdef0123456789abcdef\n"
        "[b]\ntype=auth\nauth_type=md5\nusername=u\nmd5_cred=short\n"
    )
    assert found.auths["a"].digest("any") == "0123456789abcdef0123456789abcdef"
    assert said == ["pjsip.conf:6: [b] auth is dropped: md5_cred must be 32 hexadecimal digits"]


def test_networks_and_callers() -> None:
    assert network("192.0.2.1/255.255.255.0") == "192.0.2.0/24"
    assert network("[2001:db8::1]") == "2001:db8::1"
    assert (party('"X; Y" <1>').name, party('"X; Y" <1>').number) == ("X; Y", "1")
    assert (party("6001").number, party("Alice").name) == ("6001", "Alice")


def test_names_that_this_machine_knows(tmp_path: Path) -> None:
    pytest.importorskip("pjsua2")
    pytest.importorskip("asterism._native")
    from asterism.runtime.drivers.pjsip import outgoing

    known = tmp_path / "hosts"
    known.write_text("::1 localhost ip6\n127.0.0.1 localhost gate.lan # comment\n192.0.2.7 gate.lan\n")
    found = outgoing.hosts(known)
    assert dict(found) == {"localhost": "127.0.0.1", "ip6": "::1", "gate.lan": "127.0.0.1"}
    assert outgoing.reachable("sip:5@localhost:5070;transport=tcp") == "sip:5@127.0.0.1:5070;transport=tcp"
    assert outgoing.reachable("sip:provider.example") == "sip:provider.example"


words = st.sampled_from(
    ["type", "host", "allow", "disallow", "nat", "register", "permit", "qualify", "port", "secret", "callerid",
     "setvar", "insecure",
     "auth", "contact", "aors", "match", "bind", "endpoint", "max_contacts", "server_uri", "set_var"]
)  # fmt: skip
values = st.one_of(
    st.sampled_from(["peer", "friend", "user", "endpoint", "aor", "auth", "identify", "registration", "yes"]),
    st.text(max_size=30).filter(lambda text: "\n" not in text and "\r" not in text),
)


sections = st.sampled_from(["general", "a", "b", "authentication"])


@given(st.lists(st.tuples(sections, words, values), max_size=20))
def test_nothing_that_is_written_raises(lines: list[tuple[str, str, str]]) -> None:
    text = "".join(f"[{section}]\n{key}={value}\n" for section, key, value in lines)
    try:
        config = read_text(text, "x.conf")
    except DialplanError:
        return
    for translate in (read_sip, read_pjsip):
        report = Report()
        translate(config, report)
        assert all(finding.file for finding in report.findings)
