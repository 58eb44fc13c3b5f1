"""CURL and CURLOPT, against a web server of this process; what Asterisk 22 answered is in `stored/curl.jsonl`."""

import asyncio
import builtins
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime

from tests.functions.test_recorded import differences
from tests.functions.webserver import HELD, serving

CASES = Path(__file__).with_name("stored") / "curl.jsonl"

pytest.importorskip("aiohttp")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving() as found:
        yield found


@pytest.fixture
async def real(url: str) -> AsyncIterator[TestRuntime]:
    """A runtime in real time: sockets know no other."""
    async with TestRuntime(real_time=True) as rt:
        yield rt


async def said(rt: TestRuntime, *steps: str) -> list[str]:
    """Run steps, and return what NoOp was given."""
    lines = "\n same => n,".join(step.replace(";", "\\;") for step in steps)
    rt.extensions(f"[default]\nexten => 1,1,{lines}\n")
    before = len(rt.executed())
    await (await rt.phone("alice").call("1@default")).over()
    ran = [line.partition(" ")[2] for line in rt.executed()[before:]]
    return [line[5:-1] for line in ran if line.startswith("NoOp(")]


def recorded(url: str) -> list[dict[str, Any]]:
    text = CASES.read_text("utf-8").replace("{url}", url).replace("{URL}", url.replace("http", "HTTP"))
    return [json.loads(line.replace("{host}", url.removeprefix("http://"))) for line in text.splitlines()]


async def test_as_recorded(real: TestRuntime, url: str) -> None:
    assert await differences(real, recorded(url)) == []


async def test_what_is_not_served(real: TestRuntime) -> None:
    assert await said(
        real, "NoOp(<${CURL(file:///etc/passwd)}${CURL(ftp://127.0.0.1/)}${CURL(http://a b)}${CURL(http://)}>)"
    ) == ["<>"]
    warned = "\n".join(real.logged(Level.WARNING))
    assert "CURL: 'file' is refused, only http and https are served ('file:///etc/passwd')" in warned
    assert "'ftp' is refused" in warned and "blanks or control characters" in warned and "names no host" in warned


async def test_redirections(real: TestRuntime, url: str) -> None:
    got = await said(
        real,
        f"NoOp(${{CURL({url}/redirect)}})",
        "Set(CURLOPT(followlocation)=yes)",
        f"NoOp(${{CURL({url}/redirect2)}})",
        "Set(CURLOPT(maxredirs)=1)",
        f"NoOp(<${{CURL({url}/redirect2)}}>)",
        f"NoOp(<${{CURL({url}/away)}}>)",
    )
    assert got == ["moved", "hello", "<>", "<>"]


async def test_status_codes_that_fail(real: TestRuntime, url: str) -> None:
    got = await said(
        real, "Set(CURLOPT(failurecodes)=404,500)", f"NoOp(<${{CURL({url}/404)}}${{CURL({url}/500)}}>)",
        f"NoOp(<${{CURL({url}/plain)}}|${{CURLOPT(failurecodes)}}>)",
    )  # fmt: skip
    assert got == ["<>", "<hello|404,500>"]
    assert any("returned response code (500)" in line for line in real.logged(Level.NOTICE))


async def test_a_server_that_is_slow(real: TestRuntime, url: str) -> None:
    assert await said(real, "Set(CURLOPT(httptimeout)=0.05)", f"NoOp(<${{CURL({url}/slow)}}>)") == ["<>"]
    assert any("timed out" in line for line in real.logged(Level.WARNING))


async def test_a_hangup_ends_a_request(real: TestRuntime, url: str) -> None:
    real.extensions(f"[default]\nexten => 1,1,NoOp(${{CURL({url}/slow)}})\nexten => h,1,NoOp(h)\n")
    call = await real.phone("alice").call("1@default")
    await asyncio.sleep(0.05)
    call.hangup()
    await call.over()
    assert real.executed()[-1] == "h@default:1 NoOp(h)"
    HELD.set()


async def test_digest(real: TestRuntime, url: str) -> None:
    got = await said(
        real, "Set(CURLOPT(userpwd)=me:secret)", "Set(CURLOPT(httpauth)=digest)", f"NoOp(${{CURL({url}/digest)}})",
        "Set(CURLOPT(httpauth)=kerberos)", f"NoOp(${{CURL({url}/digest)}})",
    )  # fmt: skip
    assert got == ["let in", "let in"]
    assert any("'kerberos' is not supported" in line for line in real.logged(Level.WARNING))


async def test_an_answer_into_a_file(real: TestRuntime, url: str, tmp_path: Path) -> None:
    await said(real, f"Set(CURL({url}/plain)={tmp_path}/got)", f"Set(CURL({url}/plain)={tmp_path}/no/such)")
    assert (tmp_path / "got").read_bytes() == b"hello"
    assert any("No such file" in line for line in real.logged(Level.WARNING))


async def test_an_answer_has_a_bound(real: TestRuntime, url: str) -> None:
    # A value is longer than what an application may be given.
    assert len((await said(real, f"NoOp(${{CURL({url}/endless)}})"))[0]) == 8191
    assert any("is longer than" in line for line in real.logged(Level.WARNING))


async def test_options_of_all_channels(real: TestRuntime, url: str) -> None:
    real.unbound()
    function = real.find_function("CURLOPT")
    assert function is not None
    function.assign(real.unbound(), "useragent", "everybody/1")
    function.assign(real.unbound(), "httpheader", "X-All: 1")
    got = await said(
        real, f"NoOp(${{CURL({url}/agent)}})", "Set(CURLOPT(httpheader)=X-Own: 2)", f"NoOp(${{CURL({url}/headers)}})"
    )
    assert got == ["everybody/1", "Accept: */*|X-All: 1|X-Own: 2"]


async def test_options_without_effect_say_so(real: TestRuntime) -> None:
    await said(real, "Set(CURLOPT(ftptext)=yes)", "Set(CURLOPT(proxytype)=socks5)", "Set(CURLOPT(nosuch)=1)")
    assert sum("has no effect" in line for line in real.logged(Level.WARNING)) == 2
    assert any("unrecognized option 'nosuch'" in line for line in real.logged(Level.ERROR))


async def test_without_aiohttp(rt: TestRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    known = builtins.__import__

    def missing(name: str, *arguments: Any, **facts: Any) -> Any:
        if name == "aiohttp":
            raise ImportError(name)
        return known(name, *arguments, **facts)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert await said(rt, "NoOp(<${CURL(http://127.0.0.1/)}>)") == ["<>"]
    assert any("extra 'http'" in line for line in rt.logged(Level.WARNING))
