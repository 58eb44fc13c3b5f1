"""A client of the manager, whatever carries its packets: its login, its rights, the events that it gets."""

import asyncio
import hashlib
import hmac
import inspect
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from asterism.dialplan.errors import Interrupt
from asterism.runtime import security
from asterism.runtime.arguments import Parameter
from asterism.runtime.declare import Action
from asterism.runtime.errors import ArgumentError, AsterismError
from asterism.runtime.events import FullyBooted
from asterism.runtime.front_ends import may
from asterism.runtime.limits import LISTENER_EVENTS_MAX
from asterism.runtime.log import escaped, quoted
from asterism.runtime.manager.conf import User
from asterism.runtime.manager.filters import BadExpression, Filter, passes
from asterism.runtime.manager.packets import EventPacket, Packet, last, packets_of
from asterism.runtime.manager.rights import CLASSES, mask_of
from asterism.runtime.request import CLIENT, Header, Request, Response
from asterism.runtime.settings import is_true

if TYPE_CHECKING:
    from asterism.runtime.manager.server import ManagerServer

FAILED_LOGIN_S = 1.0
"How long the answer to a wrong password is kept back."

HOLD_S = 0.5
"How long events wait for the answer to an action under way, so that they stand behind it."

WITHOUT_LOGIN = ("Login", "Challenge", "Logoff")
"Actions for somebody who has not said who he is."

NO_ANSWER = Response("")
"An answer that is not sent."


class ManagerClient(ABC):
    """One client. Meets `asterism.runtime.request.Client`.

    Args:
        server: Whose client it is.
        scheme: TCP or TLS, for the security log.
    """

    def __init__(self, server: "ManagerServer", scheme: str) -> None:
        self._server = server
        self._rt = server.rt
        self._scheme = scheme
        self._addresses: tuple[Any, Any] = (None, None)
        self._held: list[EventPacket] | None = None
        self._hold_timer: asyncio.TimerHandle | None = None
        self._event_came: asyncio.Future[None] | None = None
        self._challenge = ""
        self.sees: frozenset[str] = frozenset()
        "The classes of events that it gets."
        self.user: User | None = None
        self.filters: list[Filter] = []
        self.numbered = False
        "Whether its events carry their numbers, and are kept for it when it goes."
        self.name = ""
        "Its address, as logs show it."
        self.login_s = 0.0
        "When it said who it is, in seconds since the epoch."
        self.descriptor = -1
        "The file descriptor of its connection."

    def _met(self, ours: Any, theirs: Any) -> None:
        """Say between which addresses it speaks."""
        self._addresses = (ours, theirs)
        self.name = str((theirs or ("",))[0])

    # --- what carries the packets

    @abstractmethod
    def send(self, packets: Iterable[Packet]) -> None:
        """Send it these packets."""

    @abstractmethod
    def send_events(self, packets: Iterable[EventPacket]) -> None:
        """Send it these events, with their numbers if it is `numbered`."""

    @abstractmethod
    def close(self) -> None:
        """Hang up on it, once it has read what it was sent."""

    # --- events

    def hand(self, packet: EventPacket) -> None:
        """Give it an event that is of a class that it sees."""
        if not self._wants(packet):
            return
        if self._held is None:
            self.send_events((packet,))
            return
        self._held.append(packet)
        self._wake()
        if len(self._held) > LISTENER_EVENTS_MAX:
            self._release()

    def _wants(self, packet: EventPacket) -> bool:
        if not self.filters:
            return True
        return passes(self.filters, packet.headers, packet.wire().decode("utf-8", "surrogateescape"))

    def _wake(self) -> None:
        if self._event_came is not None and not self._event_came.done():
            self._event_came.set_result(None)

    def _hold(self) -> None:
        self._held = []
        self._hold_timer = asyncio.get_running_loop().call_later(HOLD_S, self._release)

    def _release(self) -> None:
        if self._hold_timer is not None:
            self._hold_timer.cancel()
            self._hold_timer = None
        held, self._held = self._held, None
        if held:
            self.send_events(held)

    # --- actions

    async def run(self, request: Request) -> None:
        """Do an action and send what comes of it; events that happen meanwhile stand behind the answer."""
        CLIENT.set(self)
        action_id = request.get("ActionID") if "ActionID" in request else None
        self._hold()
        try:
            response = await self.answer(request)
            if response is not NO_ANSWER:
                self.send(packets_of(response, action_id))
        finally:
            self._release()
        if response.last is not None:
            self.send((last(response.last, action_id),))
        if response.closes:
            self.close()
        elif response.after is not None:
            response.after()

    async def answer(self, request: Request) -> Response:
        """Do an action, if it may."""
        name = request.get("Action")
        if not name:
            return Response.error("Missing action in request")
        action = self._server.action(name)
        if self.user is None and (action is None or action.name not in WITHOUT_LOGIN):
            shown = name if action is None else action.name
            self._tell(security.RequestNotAllowed, {"RequestType": f"Action: {escaped(shown[:80])}"})
            return Response.error("Permission denied")
        if action is None:
            self._tell(security.RequestBadFormat, {"RequestType": f"Action: {escaped(name[:80])}"})
            text = f"Invalid/unknown command: {name}. Use Action: ListCommands to show available commands."
            return Response.error(text)
        if not may(self.rights, action.privilege):
            self._tell(security.RequestNotAllowed, {"RequestType": f"Action: {action.name}"})
            return Response.error("Permission denied")
        response = await self._do(action, request)
        if action.name == "Events" and self._server.conf.general.brokeneventsaction:
            # Asterisk once said nothing to whoever asked for all, or for what there is not.
            wanted = mask_of(request.get("EventMask"))
            return NO_ANSWER if wanted is None or wanted >= frozenset(CLASSES) else response
        return response

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

    @property
    def variables(self) -> Mapping[str, str]:
        """What channels that it originates are given; see `Client`."""
        return {} if self.user is None else dict(self.user.variables)

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
            extra = self._proof(request) if why is security.ChallengeResponseFailed else {}
            self._tell(why or security.InvalidAccountID, extra, account=name)
            self._rt.log.notice(f"{self.name} failed to authenticate as '{quoted(name)}'")
            await asyncio.sleep(FAILED_LOGIN_S)
            return Response("Error", "Authentication failed", closes=True)
        if not self._server.may_enter(user):
            self._tell(security.SessionLimit, {}, account=name)
            return Response("Error", "Login Already In Use", closes=True)
        self.user, self.login_s = user, self._rt.now()
        self.filters = list(user.filters)
        mask = mask_of(request.get("Events", "on"))
        self.sees = user.read if mask is None else user.read & mask
        self.logged_in()
        headers = self._resumed(request)
        self._server.entered(self)
        return Response("Success", "Authentication accepted", headers, after=self._welcome)

    @abstractmethod
    def logged_in(self) -> None:
        """It has said who it is, and proved it."""

    def _resumed(self, request: Request) -> Sequence[Header]:
        """Number its events, if it asks for that, and hand it those that it missed since it was here last."""
        text = request.get("SequenceNumber")
        if not (text.isdecimal() or is_true(text)):
            return ()
        self.numbered = True
        history, sees = self._server.history, self.sees
        headers: list[Header] = [("SequenceRun", history.run), ("SequenceNumber", history.number)]
        run = request.get("SequenceRun")
        if not run:
            return headers
        number = int(text) if text.isdecimal() else 0
        missed = [each for each in history.after(number, sees) if self._wants(each)] if run == history.run else []
        for packet in missed:
            self.hand(packet)
        whole = history.reaches(run, number, sees)
        return [*headers, ("MissedEvents", len(missed)), ("MissedAll", "Yes" if whole else "No")]

    def _refusal(self, user: User | None, request: Request) -> type[security.SecurityEvent] | None:
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
            return security.InvalidAccountID
        if not user.access.allows(self.name):
            return security.FailedACL
        if not same or not secret or (by_challenge and not self._challenge):
            return security.ChallengeResponseFailed if by_challenge else security.InvalidPassword
        return None

    def _proof(self, request: Request) -> dict[str, str]:
        """What was asked and answered; not what would have been right, as Asterisk tells everybody who may listen."""
        return {"Challenge": self._challenge, "Response": escaped(request.get("Key"))}

    def _welcome(self) -> None:
        if self._rt.booted:
            uptime, reloaded = self._rt.now() - self._rt.started_s, self._rt.now() - self._rt.reloaded_s
            self._server.publish_to(self, FullyBooted(uptime_s=int(uptime), last_reload_s=int(reloaded)))
        self._tell(security.SuccessfulAuth, {"UsingPassword": "0"})

    def _tell(self, kind: type[security.SecurityEvent], extra: dict[str, str], account: str = "") -> None:
        event = kind(
            service="AMI",
            account_id=escaped(account or (self.user.name if self.user is not None else "")),
            session_id=f"{id(self):#x}",
            local_address=self._address(self._addresses[0]),
            remote_address=self._address(self._addresses[1]),
            extra=extra,
            session_s=0.0 if self.user is None else self.login_s,
        )
        security.tell(self._rt, event)

    def _address(self, address: Any) -> str:
        host, port = (address or ("", 0))[:2]
        return f"{'IPV6' if ':' in host else 'IPV4'}/{self._scheme}/{host}/{port}"

    def said(self) -> str:
        """Who it is, for the log."""
        return f"'{self.user.name}' from {self.name}" if self.user is not None else f"from {self.name}"

    def listen(self, mask: str) -> bool | None:
        """Change the classes of events that it gets; see `Client`."""
        found = mask_of(mask)
        if found is None:
            return None
        self.sees = frozenset() if self.user is None else found & self.user.read
        self._server.listeners_changed()
        return bool(found)

    def add_filter(self, criteria: str, text: str) -> str:
        """Add an event filter; see `Client`."""
        try:
            self.filters.append(Filter.parse(criteria, text))
        except (BadExpression, ValueError) as error:
            self._rt.log.warning(f"Manager filter of {self.said()}: {error}")
            how = "did not compile" if isinstance(error, BadExpression) else "was formatted incorrectly"
            return f"Filter {how}.  Check the syntax of the filter given."
        return ""

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
