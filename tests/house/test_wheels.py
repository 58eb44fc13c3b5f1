"""The wheels of a release: they install and run with no compiler and no Debian package."""

import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.source import ROOT

pytestmark = [pytest.mark.sip, pytest.mark.timeout(400)]

SIP = """
import pjsua2, asterism._native
endpoint = pjsua2.Endpoint()
endpoint.libCreate()
config = pjsua2.EpConfig()
config.logConfig.level = config.logConfig.consoleLevel = 0
config.uaConfig.maxCalls = 4096
endpoint.libInit(config)
transport = pjsua2.TransportConfig()
for kind in (pjsua2.PJSIP_TRANSPORT_UDP, pjsua2.PJSIP_TRANSPORT_TCP, pjsua2.PJSIP_TRANSPORT_TLS):
    endpoint.transportCreate(kind, transport)
names = {codec.codecId.split("/")[0] for codec in endpoint.codecEnum2()}
assert names >= {"PCMU", "PCMA", "G722", "GSM", "speex", "opus", "L16"}, names
print(*{line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}, sep="\\n")
endpoint.libDestroy()
"""

NO_SIP = """
import asyncio
import sys
from pathlib import Path

import asterism
import asterism.dialplan
import lupa
from asterism.runtime.events import DialEnd
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime

assert lupa.LuaRuntime().eval("1 + 1") == 2


async def kit():
    async with TestRuntime() as rt:
        rt.extensions("[default]\\nexten => 100,1,Dial(Loopback/bob,30)\\n same => n,Hangup()")
        call = await rt.phone("alice").call("100@default")
        await call.over()
        assert call.variables["DIALSTATUS"] == "NOANSWER"
        assert rt.heard(DialEnd).dial_status == "NOANSWER"


async def sip():
    folder = Path("etc")
    folder.mkdir()
    (folder / "extensions.conf").write_text("[default]\\nexten => 100,1,Answer()\\n")
    (folder / "sip.conf").write_text("[general]\\nudpbindaddr=127.0.0.1:0\\n")
    said = []
    rt = asterism.Runtime(config_dir=folder)
    rt.log.attach(said.append)
    async with rt:
        pass
    errors = [record.text for record in said if record.level is Level.ERROR]
    assert any("pip install" in text and "sip.conf" in text for text in errors), errors
    from asterism.runtime.drivers import pjsip

    try:
        pjsip.make()
    except asterism.DriverError as error:
        assert "pip install" in str(error), error
    else:
        raise AssertionError("SIP without pjsua2")


asyncio.run(kit())
asyncio.run(sip())
assert "pjsua2" not in sys.modules
"""


@pytest.fixture(scope="module", name="wheels")
def wheels_of_this_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the wheels; quick where PJSIP is built already."""
    where = [sys.executable, str(ROOT / "contrib/pjsip/build"), "--print"]
    if subprocess.run(where, capture_output=True, check=False).returncode:
        pytest.skip("PJSIP is not built for this Python: contrib/pjsip/build")
    folder = tmp_path_factory.mktemp("dist")
    made = subprocess.run([ROOT / "contrib/wheels", folder], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(name="empty")
def empty_environment(tmp_path: Path) -> Callable[..., str]:
    """Return a way to run Python in an environment of its own, where PATH finds no program at all."""
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    python = tmp_path / "env/bin/python"
    nowhere = {"PATH": str(tmp_path), "HOME": str(tmp_path)}

    def run(program: str, *wheels: Path) -> str:
        if wheels:
            install = [
                sys.executable,
                "-m",
                "pip",
                "--python",
                python,
                "install",
                "-q",
                "--only-binary",
                ":all:",
                *wheels,
            ]
            done = subprocess.run(
                install, env=os.environ | {"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
        done = subprocess.run(
            [python, "-c", program], env=nowhere, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_sip_runs_from_the_wheels_alone(wheels: Path, empty: Callable[..., str]) -> None:
    loaded = empty(SIP, *wheels.glob("*.whl")).split()
    foreign = ("ssl", "crypto", "opus", "speex", "gsm", "srtp", "uuid", "pjall")
    system = [
        file
        for file in loaded
        if file.startswith(("/usr/", "/lib")) and any(word in Path(file).name for word in foreign)
    ]
    assert not system, "the wheels hold their own"
    assert len([file for file in loaded if Path(file).name.startswith("libpjall")]) == 1, "one PJSIP in the process"


def test_without_sip_the_rest_runs(wheels: Path, empty: Callable[..., str]) -> None:
    empty(NO_SIP, *wheels.glob("asterism-*.whl"))
