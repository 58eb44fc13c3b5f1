"""One client of the manager: its login, the events that it gets, the actions that it asks for."""

import asyncio
import hashlib
import hmac
import inspect
import secrets
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from asterism.dialplan.errors import Interrupt
from asterism.runtime import events
from asterism.runtime.arguments import Parameter
from asterism.runtime.declare import Action
from asterism.runtime.errors import ArgumentError, AsterismError
from asterism.runtime.limits import LISTENER_EVENTS_MAX
from asterism.runtime.log import escaped
from asterism.runtime.manager.conf import User
from asterism.runtime.manager.filters import Filter, passes
from asterism.runtime.manager.packets import Malformed, Reader, last, written
from asterism.runtime.manager.rights import CLASSES, mask_of, may
from asterism.runtime.request import CLIENT, Header, Request, Response

if TYPE_CHECKING:
    from asterism.runtime.manager.server import ManagerServer

UNREAD_BYTES = 4 << 20
"Output that a client has not read yet; beyond it the client is cut off."

REQUESTS_WAITING = 64
"Packets of one client that wait their turn; beyond it nothing more is read from it until they are done."

FAILED_LOGIN_S = 1.0
"How long the answer to a wrong password is kept back."

HOLD_S = 0.5
"How long events wait for the answer to an action under way, so that they stand behind it."

WITHOUT_LOGIN = ("Login", "Challenge", "Logoff")
"Actions for somebody who has not said who he is."


class Connection(asyncio.Protocol):
    """One client. Meets `asterism.runtime.request.Client`."""

    def __init__(self, server: "ManagerServer", scheme: str) -> None:
        self._server = server
        self._rt = server.rt
        self._scheme = scheme
        self._transport: asyncio.Transport | None = None
        self._reader = Reader()
        self._waiting: deque[Request | Malformed] = deque()
        self._runner: asyncio.Task[None] | None = None
        self._held: list[bytes] | None = None
        self._hold_timer: asyncio.TimerHandle | None = None
        self._event_came: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._patience: asyncio.TimerHandle | None = None
        self._login_timer: asyncio.TimerHandle | None = None
        self._challenge = ""
        self._mask: frozenset[str] = frozenset()
        self.user: User | None = None
        self.filters: list[Filter] = []
        self.name = ""
        "Its address, as logs show it."
        self.began_s = 0.0

    # --- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or refuse when too many are not logged in."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=1 << 16)
        self.name = str((self._transport.get_extra_info("peername") or ("",))[0])
        self.began_s = self._rt.now()
        if not self._server.arrived(self):
            self._transport.abort()
            return
        general = self._server.conf.general
        self._login_timer = asyncio.get_running_loop().call_later(max(1, general.authtimeout), self._too_late)
        self._write(f"{self._server.banner}\r\n".encode())

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it; an action under way is finished, nobody reads its answer."""
        self._transport = None
        self._waiting.clear()
        self._writable.set()
        for timer in (self._login_timer, self._patience, self._hold_timer):
            if timer is not None:
                timer.cancel()
        if self._event_came is not None and not self._event_came.done():
            self._event_came.set_result(None)
        self._server.left(self)

    def pause_writing(self) -> None:
        """It reads slower than we write: it gets some time to catch up."""
        self._writable.clear()
        general = self._server.conf.general
        timeout_ms = general.writetimeout if self.user is None else self.user.settings.writetimeout
        self._patience = asyncio.get_running_loop().call_later(max(100, timeout_ms) / 1000, self._too_slow)

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable.set()
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def data_received(self, data: bytes) -> None:
        """Take packets out of what came, and do them one after the other."""
        self._waiting.extend(self._reader.feed(data))
        if not self._waiting or self._transport is None:
            return
        if len(self._waiting) >= REQUESTS_WAITING:
            self._transport.pause_reading()
        if self._runner is None:
            self._runner = asyncio.get_running_loop().create_task(self._run_all(), name=f"manager {self.name}")

    def eof_received(self) -> bool:
        """Who has said all may still read the answers."""
        if self._runner is None:
            return False
        self._runner.add_done_callback(lambda _: self.close())
        return True

    # --- writing

    def _write(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() + len(data) > UNREAD_BYTES:
            self._too_slow()
            return
        transport.write(data)

    def _too_slow(self) -> None:
        if self._transport is not None:
            self._rt.log.warning(f"Manager client {self._said()} reads too slowly and is cut off")
            self._transport.abort()

    def _too_late(self) -> None:
        if self._transport is not None and self.user is None:
            self._rt.log.notice(f"Client from {self.name}, failed to authenticate in time")
            self.close()

    def _said(self) -> str:
        return f"'{self.user.name}' from {self.name}" if self.user is not None else f"from {self.name}"

    def close(self) -> None:
        """Hang up on it, once it has read what it was sent."""
        if self._transport is not None:
            self._transport.close()
            asyncio.get_running_loop().call_later(5.0, self._transport.abort)

    def abort(self) -> None:
        """Hang up on it now."""
        if self._transport is not None:
            self._transport.abort()

    # --- events

    @property
    def sees(self) -> frozenset[str]:
        """The classes of events that it gets."""
        return frozenset() if self.user is None else self._mask & self.user.read

    def hand(self, packet: bytes, headers: Sequence[Header]) -> None:
        """Give it an event that is of a class that it sees."""
        if self.filters and not passes(self.filters, headers, packet.decode("utf-8", "surrogateescape")):
            return
        if self._held is None:
            self._write(packet)
            return
        self._held.append(packet)
        if self._event_came is not None and not self._event_came.done():
            self._event_came.set_result(None)
        if len(self._held) > LISTENER_EVENTS_MAX:
            self._release()

    def _hold(self) -> None:
        self._held = []
        self._hold_timer = asyncio.get_running_loop().call_later(HOLD_S, self._release)

    def _release(self) -> None:
        if self._hold_timer is not None:
            self._hold_timer.cancel()
            self._hold_timer = None
        held, self._held = self._held, None
        if held:
            self._write(b"".join(held))

    # --- actions

    async def _run_all(self) -> None:
        try:
            CLIENT.set(self)
            while self._waiting and self._transport is not None and not self._transport.is_closing():
                packet = self._waiting.popleft()
                if len(self._waiting) < REQUESTS_WAITING // 2:
                    self._transport.resume_reading()
                await self._run(packet)
                await self._writable.wait()
        finally:
            self._runner = None

    async def _run(self, packet: Request | Malformed) -> None:
        if isinstance(packet, Malformed):
            self._write(written(Response.error(packet.reason), None))
            return
        action_id = packet.get("ActionID") if "ActionID" in packet else None
        self._hold()
        try:
            response = await self._answer(packet)
            self._write(written(response, action_id))
        finally:
            self._release()
        if response.last is not None:
            self._write(last(response.last, action_id))
        if response.closes:
            self.close()
        elif response.after is not None:
            response.after()

    async def _answer(self, request: Request) -> Response:
        name = request.get("Action")
        if not name:
            return Response.error("Missing action in request")
        action = self._server.action(name)
        if self.user is None and (action is None or action.name not in WITHOUT_LOGIN):
            return Response.error("Permission denied")
        if action is None:
            text = f"Invalid/unknown command: {name}. Use Action: ListCommands to show available commands."
            return Response.error(text)
        if not may(self.rights, action.privilege):
            self._tell(events.RequestNotAllowed, {"RequestType": action.name})
            return Response.error("Permission denied")
        return await self._do(action, request)

    async def _do(self, action: Action, request: Request) -> Response:
        try:
            answer = action.body(self._rt, *arguments(action.parameters, request))
            if inspect.isawaitable(answer):
                answer = await answer
        except AsterismError as error:
            return Response.error(str(error))
        except Interrupt:
            return Response.error("It needs a channel, and there is none")
        except Exception as error:
            self._rt.log.error(f"Action {action.name} failed: {error!r}")
            self._rt.log.traceback(error)
            return Response.error(f"Action {action.name} failed")
        return answer if isinstance(answer, Response) else Response.success(str(answer or ""))

    # --- what actions may ask of it

    @property
    def rights(self) -> frozenset[str]:
        """The classes of actions that it may use."""
        return frozenset() if self.user is None else self.user.write

    def challenge(self, kind: str) -> Response:
        """Get something to prove an identity with; see `Client`."""
        if kind.lower() != "md5":
            return Response.error("Must specify AuthType")
        if not self._challenge:
            self._challenge = str(secrets.randbelow(900_000_000) + 100_000_000)
        return Response.success(headers=[("Challenge", self._challenge)])

    async def login(self, request: Request) -> Response:
        """Say who it is; see `Client`."""
        if self.user is not None:
            return Response.success("Already authenticated")
        name = request.get("Username")
        user = self._server.conf.users.get(name)
        why = self._refusal(user, request)
        if why is not None or user is None:
            self._tell(why or events.InvalidAccountID, {}, account=name)
            self._rt.log.notice(f"{self.name} failed to authenticate as '{escaped(name)}'")
            await asyncio.sleep(FAILED_LOGIN_S)
            return Response("Error", "Authentication failed", closes=True)
        if not self._server.may_enter(user):
            self._tell(events.SessionLimit, {}, account=name)
            return Response("Error", "Login Already In Use", closes=True)
        self.user = user
        self.filters = list(user.filters)
        mask = mask_of(request.get("Events", "on"))
        self._mask = frozenset(CLASSES) if mask is None else mask
        if self._login_timer is not None:
            self._login_timer.cancel()
        self._server.entered(self)
        return Response("Success", "Authentication accepted", after=self._welcome)

    def _refusal(self, user: User | None, request: Request) -> type[events.SecurityEvent] | None:
        """Why somebody may not come in; None when he may."""
        # The comparison is made for unknown users too, so that its time says nothing.
        secret = user.settings.secret if user is not None else secrets.token_hex()
        by_challenge = request.get("AuthType").lower() == "md5"
        if by_challenge:
            expected = hashlib.md5((self._challenge + secret).encode("utf-8", "surrogateescape")).hexdigest()
            given = request.get("Key").lower()
        else:
            expected, given = secret, request.get("Secret")
        same = hmac.compare_digest(
            expected.encode("utf-8", "surrogateescape"), given.encode("utf-8", "surrogateescape")
        )
        if user is None:
            return events.InvalidAccountID
        if not user.access.allows(self.name):
            return events.FailedACL
        if not same or not secret or (by_challenge and not self._challenge):
            return events.ChallengeResponseFailed if by_challenge else events.InvalidPassword
        return None

    def _welcome(self) -> None:
        if self._rt.booted:
            uptime, reloaded = self._rt.now() - self._rt.started_s, self._rt.now() - self._rt.reloaded_s
            self._server.publish_to(self, events.FullyBooted(uptime_s=int(uptime), last_reload_s=int(reloaded)))
        self._tell(events.SuccessfulAuth, {"UsingPassword": "0"})

    def _tell(self, kind: type[events.SecurityEvent], extra: dict[str, str], account: str = "") -> None:
        transport = self._transport
        if transport is None:
            return
        event = kind(
            service="AMI",
            account_id=escaped(account or (self.user.name if self.user is not None else "")),
            session_id=f"{id(self):#x}",
            local_address=self._address(transport.get_extra_info("sockname")),
            remote_address=self._address(transport.get_extra_info("peername")),
            extra=extra,
        )
        self._server.tell(event)

    def _address(self, address: Any) -> str:
        host, port = (address or ("", 0))[:2]
        return f"{'IPV6' if ':' in host else 'IPV4'}/{self._scheme}/{host}/{port}"

    def listen(self, mask: str) -> bool | None:
        """Change the classes of events that it gets; see `Client`."""
        found = mask_of(mask)
        if found is None:
            return None
        self._mask = found
        self._server.listeners_changed()
        return bool(found)

    def add_filter(self, criteria: str, text: str) -> bool:
        """Add an event filter; see `Client`."""
        try:
            self.filters.append(Filter.parse(criteria, text))
        except ValueError as error:
            self._rt.log.warning(f"Manager filter of {self._said()}: {error}")
            return False
        return True

    async def wait_event(self, seconds: float) -> None:
        """Wait for an event; see `Client`."""
        if self._hold_timer is not None:
            self._hold_timer.cancel()
        if self._held is None:
            self._held = []
        if self._held:
            return
        self._event_came = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait_for(self._event_came, seconds)
        except TimeoutError:
            pass
        finally:
            self._event_came = None


def arguments(parameters: Sequence[Parameter], request: Request) -> list[Any]:
    """The values for an action's body: its parameters are headers, and `request` is all of them.

    Raises:
        ArgumentError: A header is missing, or does not convert.
    """
    values: list[Any] = []
    for parameter in parameters:
        if parameter.name == "request":
            values.append(request)
            continue
        text = request.get(parameter.name.replace("_", ""))
        if text:
            values.append(parameter.convert(text))
        elif parameter.required:
            raise ArgumentError(f"{parameter.name.capitalize()} not specified")
        else:
            values.append(parameter.default)
    return values
