"""A real PJSIP endpoint on loopback with the native module attached."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import select
import sys
import time
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.runtime.native.phone import free_port

if "ASTERISM_NATIVE" in os.environ:  # test_native_asan.py: take the instrumented module, whatever is installed
    built = next(Path(os.environ["ASTERISM_NATIVE"]).glob("_native.*.so"))
    spec = importlib.util.spec_from_file_location("asterism._native", built)
    assert spec is not None
    assert spec.loader is not None
    sys.modules["asterism._native"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["asterism._native"])

native = pytest.importorskip("asterism._native", reason="needs the native part")
assert native.__file__.startswith(os.environ.get("ASTERISM_NATIVE", ""))
pj = pytest.importorskip("pjsua2", reason="needs pjsua2")

E = TypeVar("E")
REALM = "asterism"


def ha1(user: str, secret: str, algorithm: str = "md5", realm: str = REALM) -> str:
    name = {"md5": "md5", "sha256": "sha256"}[algorithm]
    return hashlib.new(name, f"{user}:{realm}:{secret}".encode()).hexdigest()


class Switch:
    """The endpoint and what it told so far."""

    def __init__(self) -> None:
        native.quiet()
        assert native.give_codecs_away()
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        config = pj.EpConfig()
        config.uaConfig.maxCalls = 64
        config.uaConfig.threadCnt = 1
        config.logConfig.level = config.logConfig.consoleLevel = 0
        config.medConfig.clockRate = 8000
        config.medConfig.noVad = True
        config.medConfig.maxMediaPorts = 256
        config.medConfig.sndAutoCloseTime = -1  # ports are only freed by a running media clock
        self.endpoint.libInit(config)
        native.attach(request_timeout_ms=1500, max_pending=64, user_agent="asterism test")
        native.set_log_level(0)
        self.port = free_port()
        transport = pj.TransportConfig()
        transport.port = self.port
        transport.boundAddress = "127.0.0.1"
        self.udp = self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self.tcp = self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_TCP, transport)
        self.endpoint.libStart()
        self.endpoint.audDevManager().setNullDev()
        self.account = self.make_account()
        self.events: list[Any] = []
        self.calls: dict[int, Any] = {}

    def account_config(self) -> Any:
        config = pj.AccountConfig()
        config.idUri = f"sip:pbx@127.0.0.1:{self.port}"
        config.sipConfig.transportId = self.udp
        config.mediaConfig.transportConfig.port = 21000
        config.mediaConfig.transportConfig.portRange = 4000
        config.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
        config.mediaConfig.srtpUse = 0
        config.mediaConfig.ipv6Use = 0
        return config

    def make_account(self) -> Any:
        account = pj.Account()
        account.create(self.account_config())
        return account

    def stop(self) -> None:
        native.detach()
        self.calls.clear()
        self.account = None
        self.endpoint.libDestroy()
        self.endpoint = None  # pj.Endpoint is one a process until its object is gone
        native.take_codecs_back()

    # ---- identities

    def everybody(self, **media: Any) -> None:
        """Let all in, without a digest."""
        native.set_identities(
            [native.Service(order=("anonymous",), guest=1, challenge=frozenset())],
            [native.Identity(1, 0, media=native.Media(**media))],
        )

    def alice(self, *, service: dict[str, Any] | None = None, **identity: Any) -> None:
        """Only alice (secret) may enter."""
        identity.setdefault("challenge", frozenset({"INVITE", "REGISTER"}))
        identity.setdefault("credentials", (native.Credential("alice", "", "md5", ha1("alice", "secret")),))
        native.set_identities(
            [native.Service(**(service or {}))],
            [native.Identity(7, 0, users=("alice",), register_users=("alice",), **identity)],
        )

    # ---- events

    def pump(self, seconds: float) -> None:
        """Drain for this long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._read(left)

    def _read(self, seconds: float) -> None:
        select.select([native.eventfd()], [], [], max(seconds, 0))
        for event in native.drain():
            if isinstance(event, native.Log):
                continue
            self.events.append(event)
            if isinstance(event, native.CallState) and event.state == "disconnected":
                self.calls.pop(event.call, None)

    def wait(self, kind: type[E], timeout: float = 15, **wanted: Any) -> E:
        """Return the first event of this kind (and with these fields), and forget it."""
        until = time.monotonic() + timeout
        while True:
            for event in self.events:
                if isinstance(event, kind) and all(getattr(event, k) == v for k, v in wanted.items()):
                    self.events.remove(event)
                    return event
            left = until - time.monotonic()
            assert left > 0, f"no {kind.__name__} {wanted}; got {self.events}"
            self._read(left)

    def nothing(self, kind: type, seconds: float = 0.3) -> None:
        self.pump(seconds)
        assert not [e for e in self.events if isinstance(e, kind)]

    # ---- calls

    def take(self, event: Any) -> Any:
        call = self.calls[event.call] = pj.Call(self.account, event.slot)
        return call

    def answer(self, event: Any, code: int = 200) -> Any:
        call = self.calls.get(event.call) or self.take(event)
        param = pj.CallOpParam()
        param.statusCode = code
        param.opt.audioCount, param.opt.videoCount, param.opt.textCount = 1, 0, 0
        call.answer(param)
        return call

    def hangup(self, call: int) -> None:
        self.calls[call].hangup(pj.CallOpParam())

    def dial(self, uri: str, **media: Any) -> int:
        native.plan_call(native.Media(**media))
        param = pj.CallOpParam(True)
        param.opt.audioCount, param.opt.videoCount, param.opt.textCount = 1, 0, 0
        call = pj.Call(self.account)
        call.makeCall(uri, param)
        number: int = native.call_id(call.getId())
        self.calls[number] = call
        return number

    def at_rest(self, timeout: float = 15) -> None:
        """Everything native is gone."""
        until = time.monotonic() + timeout
        while True:
            self._read(0.05)
            counts = native.counts()
            if not any(counts._replace(records=0)):
                return
            assert time.monotonic() < until, counts
