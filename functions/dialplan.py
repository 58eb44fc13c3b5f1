"""The dialplan asked about itself: what exists, what a Gosub has, why `e` was entered."""

import inspect

from asterism.dialplan import machine, subroutine
from asterism.dialplan.scope import Frame
from asterism.dialplan.source import Step
from asterism.functions import indirect
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError


def _priority(chan: Channel, context: str, exten: str, text: str) -> int:
    """Read a priority; a label counts as the priority that has it."""
    number = indirect.integer(text)
    return chan.source.label(chan, context, exten, text) if number is None else number


async def _exists(chan: Channel, context: str, exten: str, priority: int) -> bool:
    found = chan.source.find(chan, context, exten, priority)
    return (await found if inspect.isawaitable(found) else found) is not None


@function("DIALPLAN_EXISTS", see="VALID_EXTEN")
async def dialplan_exists(chan: Channel, context: str, extension: str = "", priority: str = "") -> str:
    """Tell whether a context, an extension, or a priority exists: 1 or 0.

    Args:
        context: Name of the context.
        extension: A number; patterns and includes count.
        priority: A number or a label; 1 when it is left out.
    Compat: func_dialplan.
    """
    if not extension and not priority:
        if not context:
            raise ArgumentError("DIALPLAN_EXISTS needs a context: <context>[,<extension>[,<priority>]]")
        return "1" if _has_context(chan, context) else "0"
    wanted = _priority(chan, context, extension, priority) if priority else 1
    return "1" if wanted > 0 and await _exists(chan, context, extension, wanted) else "0"


def _has_context(chan: Channel, context: str) -> bool:
    return context in getattr(chan.source, "contexts", {})


@function("VALID_EXTEN", see="DIALPLAN_EXISTS")
async def valid_exten(chan: Channel, context: str, extension: str, priority: str = "") -> str:
    """Tell whether an extension exists: 1 or 0.

    Args:
        context: Name of the context; the channel's own when it is empty.
        extension: A number; patterns and includes count.
        priority: A number or a label; 1 when it is left out.
    Compat: func_dialplan. DIALPLAN_EXISTS does the same and more.
    """
    if not extension:
        raise ArgumentError("VALID_EXTEN needs an extension: <context>,<extension>")
    context = context or chan.context
    wanted = _priority(chan, context, extension, priority) if priority else 1
    return "1" if wanted > 0 and await _exists(chan, context, extension, wanted) else "0"


@function("EVAL_EXTEN", see="EVAL", form="[[context,]extension,]priority")
async def eval_exten(chan: Channel, location: str) -> str:
    """Substitute the variables in the data of a priority and return what becomes of it.

    Args:
        location: Context, extension, priority; the first two may be left out from the left.
    Compat: func_evalexten. The application is not run; EXTEN, CONTEXT, and PRIORITY are those of the location.
    """
    place = subroutine.place(location)
    if place is None:
        raise ArgumentError("EVAL_EXTEN needs a priority: [[<context>,]<extension>,]<priority>")
    context, exten = place.context or chan.context, place.exten or chan.exten
    priority = place.priority
    if isinstance(priority, str):
        number = indirect.integer(priority)
        priority = chan.source.label(chan, context, exten, priority) if number is None else number
    found = chan.source.find(chan, context, exten, priority)
    step = await found if inspect.isawaitable(found) else found
    if not isinstance(step, Step):
        return ""
    stood = chan.context, chan.exten, chan.priority
    chan.context, chan.exten, chan.priority = context, exten, step.priority
    try:
        if step.evaluate is not None:
            return step.evaluate(chan)
        return "" if step.evaluate_later is None else await step.evaluate_later(chan)
    finally:
        chan.context, chan.exten, chan.priority = stood


@function("EVAL_SUB", see="EVAL, EVAL_EXTEN, Gosub", form="[[context,]extension,]priority[(arg1[,arg2...])]")
async def eval_sub(chan: Channel, location: str) -> str:
    """Run a subroutine and return what it returns.

    Args:
        location: Context, extension, priority, and the arguments in parentheses; the first two may be left out from
            the left.
    Compat: func_evalexten. It runs in `h`, too; a subroutine that does not return is empty.
    """
    place, arguments = subroutine.split_call(location)
    jump = subroutine.place(place)
    if jump is None:
        raise ArgumentError("a priority is needed: [[<context>,]<extension>,]<priority>[(<arguments>)]")
    if not await machine.call(chan.source, chan, jump, arguments):
        chan.warn(f"Failed to execute Gosub({location})")
        return ""
    return chan.variables.get("GOSUB_RETVAL", "")


@function("EXCEPTION", see="RaiseException")
def exception(chan: Channel, field: str) -> str:
    """Tell why extension `e` was entered, and from where.

    Args:
        field: reason, context, exten, or priority; in any case.
    Compat: func_dialplan, pbx. The reasons are INVALID, RESPONSETIMEOUT, ABSOLUTETIMEOUT, ERROR, or what
        RaiseException was given.
    """
    raised = chan.exception
    if raised is None:
        return ""
    match field.lower():
        case "reason":
            return raised.reason
        case "context":
            return raised.context
        case "priority":
            return str(raised.priority)
    return raised.exten if field.lower().startswith("exten") else ""


# --- the Gosub stack -------------------------------------------------------------------------


@function("LOCAL", see="Gosub, Return, LOCAL_PEEK")
def local(chan: Channel, varname: str) -> str:
    """Read or set a variable that lives until the Return of the Gosub under way.

    Args:
        varname: Its name.
    Compat: app_stack. Outside a Gosub nothing is set. Underscores before the name let it be inherited.
    """
    frame = _frame(chan)
    return chan.variables.get(varname, "") if frame is not None and varname in frame.saved else ""


@local.write
def _set_local(chan: Channel, varname: str, value: str = "") -> None:
    frame = _frame(chan)
    if frame is None:
        chan.error(f"Set LOCAL({varname}): there is no Gosub under way")
        return
    depth = 2 if varname.startswith("__") else 1 if varname.startswith("_") else 0
    plain = varname[depth:]
    subroutine.local(chan, frame, plain, value)
    if depth:
        chan.variables.inherited[plain] = depth
    else:
        chan.variables.inherited.pop(plain, None)


def _frame(chan: Channel) -> Frame | None:
    return chan.frames[-1] if chan.frames else None


@function("LOCAL_PEEK", see="LOCAL, STACK_PEEK")
def local_peek(chan: Channel, n: str, varname: str) -> str:
    """Read a variable that LOCAL or a Gosub's arguments hide.

    Args:
        n: How many values of that name to pass over, the innermost first; 0 is the one that counts now.
        varname: Its name.
    Compat: app_stack.
    """
    values = [chan.variables.get(varname)]
    values += [frame.saved[varname] for frame in reversed(chan.frames) if varname in frame.saved]
    found = [value for value in values if value is not None]
    depth = indirect.integer(n) or 0
    return found[depth] if 0 <= depth < len(found) else ""


@function("STACK_PEEK", see="LOCAL_PEEK, Gosub, Return")
def stack_peek(chan: Channel, n: str, which: str, suppress: str = "") -> str:
    """Tell from where a Gosub was done.

    Args:
        n: Which Gosub, 1 is the one under way, 2 the one outside it.
        which: c (context), e (extension), p (priority), or l (all three).
        suppress: Anything: no complaint when there are fewer Gosubs.
    Compat: app_stack.
    """
    depth = indirect.integer(n) or 0
    if depth <= 0:
        raise ArgumentError(f"STACK_PEEK: '{n}' is no number above zero")
    if depth > len(chan.frames):
        if not suppress:
            chan.error(f"STACK_PEEK: there are not {depth} Gosubs under way")
        return ""
    frame = chan.frames[-depth]
    priority = str(frame.priority - 1)
    match which[:1]:
        case "l":
            return f"{frame.context},{frame.exten},{priority}"
        case "c":
            return frame.context
        case "e":
            return frame.exten
        case "p":
            return priority
    raise ArgumentError(f"STACK_PEEK: '{which}' is none of c, e, p, l")
