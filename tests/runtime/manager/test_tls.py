"""The manager and HTTP over TLS, with a certificate made for the test."""

import asyncio
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from asterism.runtime.errors import ConfigError
from asterism.runtime.http.server import HttpServer
from asterism.runtime.log import Level
from asterism.runtime.manager.server import ManagerServer
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime
from asterism.runtime.tls import TlsOptions, server_context

from tests.runtime.manager.conftest import MANAGER, Client

PORT = 20_000 + os.getpid() % 20_000
"""One of each process, so that several may test at once; 0 would be the port for TLS itself."""

OPENSSL = shutil.which("openssl")


@pytest.fixture(name="folder")
def make_folder(tmp_path: Path) -> Path:
    """A configuration folder with a certificate."""
    if OPENSSL is None:
        pytest.skip("openssl is not installed")
    command = [OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem"), "-subj", "/CN=localhost"]
    subprocess.run([*command, *names, "-days", "2"], check=True, capture_output=True)
    (tmp_path / "extensions.conf").write_text("[default]\n")
    return tmp_path


def runtime_in(folder: Path) -> TestRuntime:
    places = dict.fromkeys(("astetcdir", "astvarlibdir", "astdbdir", "astrundir", "astlogdir", "astspooldir"), folder)
    return TestRuntime(folder, directories=DirectorySettings(**places), real_time=True)


def trusting(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    context.check_hostname = False
    return context


TLS = f"tlsenable = yes\ntlsbindaddr = 127.0.0.1:{PORT}\ntlscertfile = cert.pem\ntlsprivatekey = key.pem\n"


async def test_a_login_over_tls(folder: Path) -> None:
    (folder / "manager.conf").write_text(MANAGER.replace("port = 0\n", f"port = 0\n{TLS}"))
    async with runtime_in(folder) as rt:
        server = rt.front_ends["manager"]
        assert isinstance(server, ManagerServer) and len(server.addresses) == 2
        client = Client(*await asyncio.open_connection("127.0.0.1", PORT, ssl=trusting(folder)))
        assert (await client.reader.readline()).startswith(b"Asterisk Call Manager/")
        await client.login(events="security")
        assert "IPV4/TLS/127.0.0.1" in (await client.event("SuccessfulAuth"))["LocalAddress"]
        client.writer.close()
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with pytest.warns(DeprecationWarning):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", PORT, ssl=old)


async def test_pages_over_tls(folder: Path) -> None:
    aiohttp = pytest.importorskip("aiohttp")
    (folder / "manager.conf").write_text(MANAGER.replace("port = 0", "port = 0\nwebenabled = yes"))
    (folder / "http.conf").write_text(f"[general]\nenabled = yes\nbindport = 0\n{TLS}")
    async with runtime_in(folder) as rt, aiohttp.ClientSession() as browser:
        http = rt.front_ends["http"]
        assert isinstance(http, HttpServer) and (f"127.0.0.1:{PORT}", True) in http.places()
        url = f"https://127.0.0.1:{PORT}/rawman?action=login&username=admin&secret=right"
        async with browser.get(url, ssl=trusting(folder)) as response:
            assert "Authentication accepted" in await response.text()
            assert response.headers["Set-Cookie"].endswith("; Secure")


@pytest.mark.parametrize("options", [{"tlscertfile": "none.pem"}, {"tlscertfile": "cert.pem"}, {}])
def test_what_cannot_be_served(folder: Path, options: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as error:
        server_context(TlsOptions(True, **options), folder, "manager.conf")  # type: ignore[arg-type]
    assert "TLS cannot be served" in str(error.value)


async def test_without_aiohttp_the_log_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    (tmp_path / "extensions.conf").write_text("[default]\n")
    (tmp_path / "manager.conf").write_text(MANAGER.replace("port = 0", "port = 0\nwebenabled = yes"))
    (tmp_path / "http.conf").write_text("[general]\nenabled = yes\nbindport = 0\n")
    async with runtime_in(tmp_path) as rt:
        assert any("extra `http`" in line for line in rt.logged(Level.ERROR))
        server = rt.front_ends["manager"]
        assert isinstance(server, ManagerServer)
        client = Client(*await asyncio.open_connection(*server.addresses[0]))
        await client.reader.readline()
        await client.login()
        client.writer.close()
