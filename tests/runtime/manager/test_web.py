"""The manager over HTTP and WebSocket: the same actions, rights, and events."""

import asyncio
import hashlib
import ipaddress
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from asterism.runtime.errors import ConfigError
from asterism.runtime.events import UserEvent
from asterism.runtime.http.server import HttpServer
from asterism.runtime.manager.conf import Access
from asterism.runtime.manager.digest import NONCES_MAX, Nonces
from asterism.runtime.manager.packets import Packet
from asterism.runtime.manager.pages import ProvenLogin, as_html, as_text, as_xml
from asterism.runtime.manager.server import ManagerServer
from asterism.runtime.manager.sockets import Malformed, message_of, request_of
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.runtime.manager.conftest import MANAGER

aiohttp = pytest.importorskip("aiohttp")

LOGIN = {"action": "login", "username": "admin", "secret": "right"}


class Web:
    """A runtime with a manager on an HTTP server, and a browser."""

    def __init__(self, rt: TestRuntime, browser: Any) -> None:
        self.rt, self.browser = rt, browser

    @property
    def http(self) -> HttpServer:
        found = self.rt.front_ends["http"]
        assert isinstance(found, HttpServer)
        return found

    @property
    def url(self) -> str:
        return f"http://{self.http.places()[0][0]}"

    async def get(self, path: str, **headers: str) -> str:
        async with self.browser.get(f"{self.url}/{path}", params=headers) as response:
            assert response.status == 200
            return str(await response.text())

    @property
    def manager(self) -> ManagerServer:
        found = self.rt.front_ends["manager"]
        assert isinstance(found, ManagerServer)
        return found

    def proven(self) -> list[ProvenLogin]:
        assert self.manager._pages is not None
        return list(self.manager._pages._proven.values())

    def pages_nonces(self) -> Nonces:
        assert self.manager._pages is not None
        return self.manager._pages._nonces

    def browser_at(self, address: str) -> Any:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=(address, 0)))

    async def socket(self) -> Any:
        return await self.browser.ws_connect(f"{self.url}/ws", protocols=("ami",))


@pytest_asyncio.fixture(name="web")
async def make_web(tmp_path: Path) -> AsyncIterator[Web]:
    (tmp_path / "manager.conf").write_text(MANAGER.replace("port = 0", "port = 0\nwebenabled = yes"))
    (tmp_path / "http.conf").write_text("[general]\nenabled = yes\nbindport = 0\nredirect = / /rawman\n")
    places = dict.fromkeys(("astetcdir", "astvarlibdir", "astdbdir", "astrundir", "astlogdir", "astspooldir"), tmp_path)
    async with (
        TestRuntime(tmp_path, directories=DirectorySettings(**places), real_time=True) as rt,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser,
    ):
        yield Web(rt, browser)


async def test_a_login_lasts_from_request_to_request(web: Web) -> None:
    assert "Permission denied" in await web.get("rawman", action="ping")
    assert "Authentication accepted" in await web.get("rawman", **LOGIN)
    assert "Ping: Pong\r\n" in await web.get("rawman", action="ping", actionid="7")
    assert "Goodbye" in await web.get("rawman", action="logoff")
    assert "Permission denied" in await web.get("rawman", action="ping")


async def test_half_a_character_costs_only_itself(web: Web) -> None:
    socket = await web.socket()
    await socket.receive_json()
    await socket.send_str('{"Action": "Login", "Username": "admin", "Secret": "right", "Events": "off"}')
    await socket.send_str('{"Action": "Setvar", "Variable": "X", "Value": "a\\ud800b"}')
    answers = [await socket.receive_json() for _ in range(2)]
    assert [each["Response"] for each in answers] == ["Success", "Success"]
    assert web.rt.variables["X"] == "a?b"
    assert Packet([("Value", "a\ud800b")]).encode() == b"Value: a?b\r\n\r\n"
    await socket.close()


async def test_a_value_is_one_line(web: Web) -> None:
    """Over TCP a break would end a header; whoever comes by HTTP can say no more than that."""
    await web.get("rawman", **LOGIN)
    await web.get("rawman", action="setvar", variable="X", value="a\r\nEvent: Forged\x0b\u2028b")
    assert web.rt.variables["X"] == "a Event: Forged  b"
    answer = await web.get("rawman", **{"action": "userevent", "userevent": "One", "A\r\nB": "c\nd"})
    assert "Event Sent" in answer
    told = web.rt.heard(UserEvent)
    assert told.headers == {"A B": "c d"}


async def test_a_login_by_form(web: Web) -> None:
    async with web.browser.post(f"{web.url}/rawman", data=LOGIN) as response:
        assert "Authentication accepted" in await response.text()
        cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Max-Age=60" in cookie


async def test_a_login_ends_with_its_time(web: Web, tmp_path: Path) -> None:
    await web.get("rawman", **LOGIN)
    login = next(iter(web.rt.front_ends["manager"].connections))
    login._expiry._run()
    assert "Permission denied" in await web.get("rawman", action="ping")


async def test_events_wait(web: Web) -> None:
    await web.get("rawman", **LOGIN, events="user")
    web.rt.bus.publish(UserEvent(None, "One", {}))
    web.rt.bus.publish(UserEvent(None, "Two", {}))
    text = await web.get("rawman", action="waitevent", timeout="5")
    assert text.index("Waiting for Event completed.") < text.index("One") < text.index("Two")
    assert text.endswith("Event: WaitEventComplete\r\n\r\n")
    assert "UserEvent" not in await web.get("rawman", action="waitevent", timeout="0")


async def test_whoever_never_fetches_events_is_logged_off(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asterism.runtime.manager.client.LISTENER_EVENTS_MAX", 10)
    await web.get("rawman", **LOGIN, events="user")
    for _ in range(20):
        web.rt.bus.publish(UserEvent(None, "One", {}))
    assert "Permission denied" in await web.get("rawman", action="ping")


async def test_rights_hold(web: Web) -> None:
    await web.get("rawman", action="login", username="nobody", secret="right")
    assert "Permission denied" in await web.get("rawman", action="command", command="core show version")


async def test_xml(web: Web) -> None:
    await web.get("mxml", **LOGIN)
    root = ET.fromstring(await web.get("mxml", action="command", command="core show uptime"))
    generic = root[0][0]
    assert generic.attrib["response"] == "Success" and generic.attrib["output-2"].startswith("Last reload")


async def test_paths(web: Web) -> None:
    for path, status in (("nosuch", 404), ("", 200), ("ws", 400)):
        async with web.browser.get(f"{web.url}/{path}") as response:
            assert response.status == status and response.headers["Server"].startswith("Asterism/")
    async with web.browser.delete(f"{web.url}/rawman") as response:
        assert response.status == 501
    status = "\n".join((await web.rt.commands.run(web.rt, "http show status")).lines)
    assert "/rawman => Raw HTTP Manager Event Interface" in status and "127.0.0.1" in status
    assert status.endswith("\n\nEnabled Redirects:\n  / => /rawman\n")


async def test_a_wrong_file_keeps_the_old(web: Web, tmp_path: Path) -> None:
    url = web.url
    (tmp_path / "http.conf").write_text("[general]\nenabled = yes\nbindaddr = nowhere\n")
    with pytest.raises(ConfigError):
        await web.http.reload()
    assert web.url == url
    assert "Permission denied" in await web.get("rawman", action="ping")
    (tmp_path / "http.conf").write_text("[general]\nenabled = no\n")
    await web.http.reload()
    assert not web.http.places()


async def test_a_socket(web: Web) -> None:
    socket = await web.socket()
    assert (await socket.receive_json())["Banner"].startswith("Asterisk Call Manager/")
    await socket.send_json({"Action": "Ping"})
    assert await socket.receive_json() == {"Response": "Error", "Message": "Permission denied"}
    await socket.send_json({"Action": "Login", "Username": "admin", "Secret": "right", "Events": "user", "ActionID": 7})
    assert (await socket.receive_json())["ActionID"] == "7"
    web.rt.bus.publish(UserEvent(None, "One", {"a": "b"}))
    found = await socket.receive_json()
    assert (found["Event"], found["UserEvent"], found["a"]) == ("UserEvent", "One", "b")
    await socket.send_json({"Action": "Command", "Command": "core show uptime"})
    assert len((await socket.receive_json())["Output"]) == 2
    for wrong in ("{", "[]", '{"Action": {"a": 1}}', "1" * 5000):
        await socket.send_str(wrong)
        assert (await socket.receive_json())["Message"].startswith("Malformed message")
    await socket.send_json({"Action": "Logoff"})
    assert (await socket.receive_json())["Response"] == "Goodbye"
    assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    while web.rt.front_ends["manager"].connections:
        await asyncio.sleep(0)


async def test_a_socket_gets_what_it_missed(web: Web) -> None:
    first = await web.socket()
    ask = {"Action": "Login", "Username": "admin", "Secret": "right", "Events": "user"}
    await first.receive_json()
    await first.send_json({**ask, "SequenceNumber": True})
    run = (await first.receive_json())["SequenceRun"]
    web.rt.bus.publish(UserEvent(None, "One", {}))
    number = int((await first.receive_json())["SequenceNumber"])
    await first.close()
    web.rt.bus.publish(UserEvent(None, "Two", {}))
    again = await web.socket()
    await again.receive_json()
    await again.send_json({**ask, "SequenceNumber": number, "SequenceRun": run})
    assert (await again.receive_json())["MissedAll"] == "Yes"
    assert (await again.receive_json())["UserEvent"] == "Two"
    await again.close()


ANYTHING = st.lists(st.tuples(st.text(max_size=9), st.text(max_size=20)), max_size=6)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANYTHING)
def test_whatever_stands_in_a_packet_can_be_shown(headers: list[tuple[str, str]]) -> None:
    packet = Packet([("Event", "X"), *headers])
    assert ET.fromstring(as_xml([packet]))[0][0].attrib["event"] == "X"
    assert "<script" not in as_html([Packet([("a", "<script>")])]) and as_html([packet])
    as_text([packet]).encode()
    assert json.loads(message_of(packet))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=40))
def test_whatever_is_sent_is_read_or_refused(text: str) -> None:
    for each in (text, json.dumps({"Action": text, text: [text, 1]})):
        try:
            found = request_of(each)
        except Malformed:
            continue
        assert all("\n" not in value and "\r" not in value for _, value in found.headers)


def authorization(challenge: str, path: str, *, secret: str = "right", user: str = "admin", count: int = 1) -> str:
    """The header of RFC 7616 that answers a challenge."""
    found = dict(re.findall(r'(\w+)="([^"]*)"', challenge))

    def md5(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode()).hexdigest()

    ours, nc = md5(user, found["realm"], secret), f"{count:08x}"
    response = md5(ours, found["nonce"], nc, "c", "auth", md5("GET", path))
    return (
        f'Digest username="{user}", realm="{found["realm"]}", nonce="{found["nonce"]}", uri="{path}", '
        f'response="{response}", qop=auth, nc={nc}, cnonce="c", algorithm=MD5'
    )


class Prover:
    """A browser that knows digest authentication."""

    def __init__(self, web: Web) -> None:
        self.web, self.challenge = web, ""

    async def get(self, path: str, said: str = "") -> tuple[int, str]:
        headers = {"Authorization": said} if said else {}
        async with self.web.browser.get(f"{self.web.url}{path}", headers=headers) as response:
            self.challenge = response.headers.get("WWW-Authenticate", "")
            return response.status, await response.text()


async def test_digest_authentication(web: Web) -> None:
    prover = Prover(web)
    path = "/arawman?action=ping&actionid=7"
    assert (await prover.get(path))[0] == 401
    challenge = prover.challenge
    assert challenge.startswith('Digest algorithm=MD5, realm="asterisk", nonce="') and 'qop="auth"' in challenge
    status, text = await prover.get(path, authorization(challenge, path))
    assert status == 200 and "Ping: Pong" in text and "ActionID: 7" in text
    # The same once more is somebody who has listened.
    assert (await prover.get(path, authorization(challenge, path)))[0] == 401
    assert prover.challenge.endswith("stale=true")
    waiting = "/amxml?action=waitevent&timeout=5"
    web.rt.bus.publish(UserEvent(None, "One"))
    status, text = await prover.get(waiting, authorization(challenge, waiting, count=2))
    assert status == 200 and "event='UserEvent'" in text
    # Who has only seen the nonce cannot use it up, nor push it out.
    assert (await prover.get(path, authorization(challenge, path, secret="guess", count=9)))[0] == 401
    for _ in range(NONCES_MAX + 1):
        web.pages_nonces().make()
    status, text = await prover.get(path, authorization(challenge, path, count=3))
    assert status == 200
    # From elsewhere, where the user may not be, it is good no more.
    async with web.browser_at("127.0.0.27") as browser:
        said = authorization(challenge, path, count=4)
        async with browser.get(f"{web.url}{path}", headers={"Authorization": said}) as response:
            assert response.status == 200
    admin = web.manager.conf.users["admin"]
    lists = ((False, ipaddress.ip_network("127.0.0.27")),)
    web.manager.conf.users["admin"] = replace(admin, access=Access((lists,)))
    async with web.browser_at("127.0.0.27") as browser:
        said = authorization(challenge, path, count=5)
        async with browser.get(f"{web.url}{path}", headers={"Authorization": said}) as response:
            assert response.status == 401
    assert (await prover.get(path, authorization(challenge, path, count=6)))[0] == 200
    # A nonce is no cookie.
    nonce = re.findall(r'nonce="([^"]*)"', challenge)[0]
    web.browser.cookie_jar.update_cookies({"mansession_id": nonce})
    assert "Permission denied" in await web.get("rawman", action="ping")


async def test_each_request_is_looked_at_by_its_own_address(web: Web) -> None:
    admin = web.manager.conf.users["admin"]
    web.manager.conf.users["admin"] = replace(admin, access=Access((((False, ipaddress.ip_network("127.0.0.27")),),)))
    prover, path = Prover(web), "/arawman?action=ping"
    await prover.get(path)
    challenge = prover.challenge

    async def ask(count: int, browser: Any) -> int:
        headers = {"Authorization": authorization(challenge, path, count=count)}
        async with browser.get(f"{web.url}{path}", headers=headers) as response:
            return int(response.status)

    assert await ask(1, web.browser) == 200
    (login,) = web.proven()
    async with web.browser_at("127.0.0.27") as browser:
        asked = []
        async with login._turn:  # Somebody waits for an event.
            for count, each in enumerate((browser, web.browser), 2):
                asked.append(asyncio.create_task(ask(count, each)))
                while len(login._turn._waiters or ()) < len(asked):
                    await asyncio.sleep(0.01)
        assert await asyncio.gather(*asked) == [401, 200]


@pytest.mark.parametrize(
    ("path", "how"),
    [("/amanager?a=1", {"secret": "wrong"}), ("/amanager", {"user": "nosuch"}), ("/arawman", {"user": "elsewhere"})],
)
async def test_who_proves_nothing(web: Web, path: str, how: dict[str, str]) -> None:
    prover = Prover(web)
    await prover.get(path)
    challenge = prover.challenge
    assert (await prover.get(path, authorization(challenge, path, **how)))[0] == 401
    assert (await prover.get(path, authorization(prover.challenge, "/elsewhere")))[0] == 401
    for said in ("Digest", "Basic YTpi", 'Digest username="admin", nonce', "Digest ,,=,", 'Digest nc="x"'):
        assert (await prover.get(path, said))[0] == 401
