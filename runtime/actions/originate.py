"""The action Originate: call somebody, and let him run an extension or an application."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asterism.runtime import callerid
from asterism.runtime.actions.named import priority_of
from asterism.runtime.danger import is_dangerous, may_run
from asterism.runtime.declare import action
from asterism.runtime.dialing import Originated
from asterism.runtime.driver import Party
from asterism.runtime.events import OriginateResponse
from asterism.runtime.request import Request, Response, client
from asterism.runtime.settings import is_true

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

DEFAULT_TIMEOUT_MS = 30_000

UNIQUEID_MAX = 149
"Characters of a unique id: Asterisk's own bound."


@dataclass(frozen=True)
class _Order:
    """What is asked for, read and checked."""

    channel: str
    timeout_s: float
    place: tuple[str, str, str]
    application: str
    data: str
    caller: Party | None
    facts: dict[str, Any]
    action_id: str


@action(
    "Originate",
    privilege="originate",
    headers="Channel* Exten Context Priority Application Data Timeout CallerID Variable Account EarlyMedia Async "
    "Codecs ChannelId OtherChannelId PreDialGoSub",
)
async def originate(rt: "Runtime", request: Request) -> Response:
    """Call `Channel`; when it answers it goes to an extension, or runs an application.

    With `Async` the answer comes at once, and the event OriginateResponse tells the outcome. With `EarlyMedia` early
    audio counts as an answer; `Codecs` are those that a SIP device is offered; `PreDialGoSub`,
    `context,exten,priority(args)`, runs on the channel before it is called; `ChannelId` and `OtherChannelId` are the
    unique ids that it, and the other half of a Local one, are to have.
    """
    wrong = _complaint(rt, request)
    if wrong:
        return Response.error(wrong)
    order = _order(request)
    if is_true(request.get("Async")):

        def start() -> None:
            rt.spawn(_later(rt, order), "originate")

        return Response("Success", "Originate successfully queued", after=start)
    done = await _call(rt, order)
    if done.channel is None:
        return Response.error("Originate failed")
    return Response.success("Originate successfully queued")


def _complaint(rt: "Runtime", request: Request) -> str:
    channel, application = request.get("Channel"), request.get("Application")
    if not channel:
        return "Channel not specified"
    technology, slash, resource = channel.partition("/")
    if not slash or not technology or not resource:
        return "Invalid channel"
    ids = [each for each in (request.get("ChannelId"), request.get("OtherChannelId")) if each]
    if any(len(each) > UNIQUEID_MAX for each in ids):
        return f"Uniqueid length exceeds maximum of {UNIQUEID_MAX}"
    if any("/" in each for each in ids):
        # Dialplans name recordings after it: it must not lead to another folder.
        return "Uniqueid must not contain a slash"
    if len(set(ids)) < len(ids) or any(each.uniqueid in ids for each in rt.channels.values()):
        return "Originate failed"
    timeout = request.get("Timeout")
    if timeout and not timeout.isdecimal():
        return "Invalid timeout"
    priority, context, exten = request.get("Priority"), request.get("Context"), request.get("Exten")
    if priority and not priority.isdecimal() and not priority_of(rt, context, exten, priority):
        return "Invalid priority"
    if _is_forbidden(rt, application, request):
        return "Originate Access Forbidden: app or data blacklisted"
    if application:
        return ""
    if not (exten and context and priority):
        return "Originate with 'Exten' requires 'Context' and 'Priority'"
    if not rt.extension_exists(context, exten, int(priority) if priority.isdecimal() else 1):
        return "Extension does not exist."
    return ""


def _is_forbidden(rt: "Runtime", application: str, request: Request) -> bool:
    """Whether it takes the class system: what runs programs or touches files does, however it is spelled."""
    if "system" in client().rights:
        return False
    if application:
        return not may_run(rt, application, [request.get("Data"), *request.all("Variable")])
    # Nobody works out the values, but a name may be a function's, and that of one that writes another.
    return is_dangerous(rt, request.variables)


def _order(request: Request) -> _Order:
    timeout = request.get("Timeout")
    ids = request.get("ChannelId"), request.get("OtherChannelId")
    facts: dict[str, Any] = {
        "variables": {**client().variables, **request.variables},
        "accountcode": request.get("Account"),
        "uniqueids": ids,
        "early_media": is_true(request.get("EarlyMedia")),
        "codecs": [each.strip().lower() for each in request.get("Codecs").split(",") if each.strip()],
        "subroutine": request.get("PreDialGoSub"),
    }
    text = request.get("CallerID")
    return _Order(
        channel=request.get("Channel"),
        timeout_s=int(timeout or DEFAULT_TIMEOUT_MS) / 1000 or DEFAULT_TIMEOUT_MS / 1000,
        place=(request.get("Context"), request.get("Exten"), request.get("Priority")),
        application=request.get("Application"),
        data=request.get("Data"),
        caller=callerid.parse(text) if text else None,
        facts=facts,
        action_id=request.get("ActionID"),
    )


async def _call(rt: "Runtime", order: _Order) -> Originated:
    context, exten, priority = order.place
    where: dict[str, Any] = {"context": context, "exten": exten, "priority": priority or 1}
    if order.application:
        where = {"application": order.application, "app_data": order.data}
    return await rt.originate(order.channel, timeout=order.timeout_s, caller=order.caller, **where, **order.facts)


async def _later(rt: "Runtime", order: _Order) -> None:
    done = await _call(rt, order)
    caller = order.caller or Party()
    context, exten, _ = order.place
    rt.bus.publish(
        OriginateResponse(
            response="Failure" if done.channel is None else "Success",
            channel=order.channel if done.channel is None else done.name,
            context="" if order.application else context,
            exten="" if order.application else exten,
            application=order.application,
            data=order.data if order.application else "",
            reason=done.reason,
            uniqueid="" if done.channel is None else done.uniqueid,
            caller_number=caller.number,
            caller_name=caller.name,
            action_id=order.action_id,
        )
    )
