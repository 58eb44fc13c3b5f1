"""Actions on the dialplan: show it, add to it, take from it."""

from typing import TYPE_CHECKING

from asterism.dialplan.plan import REGISTRAR, Context
from asterism.dialplan.source import Step
from asterism.runtime.declare import action
from asterism.runtime.request import Header, Item, Request, Response
from asterism.runtime.settings import is_true

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@action("ShowDialPlan", privilege="config,reporting")
def show_dialplan(rt: "Runtime", context: str = "", extension: str = "") -> Response:
    """List the dialplan, or a context of it, or an extension."""
    contexts = rt.plan.contexts
    if context and context not in contexts:
        return Response.error(f"Did not find context {context}")
    items: list[Item] = []
    extensions = 0
    shown = [contexts[context]] if context else list(contexts.values())
    if extension:
        shown = [found for each in shown for found in _with_includes(rt, each, [])]
    for each in shown:
        found, count = _context_items(each, extension)
        items += found
        extensions += count
    if extension and not extensions:
        where = f"{extension}@{context}" if context else f"{extension} in any context"
        return Response.error(f"Did not find extension {where}")
    priorities = sum(any(name == "Priority" for name, _ in item.headers) for item in items)
    totals: list[Header] = [
        ("ListExtensions", extensions), ("ListPriorities", priorities), ("ListContexts", len(shown))
    ]  # fmt: skip
    return Response.listing("DialPlan list will follow", items, "ShowDialPlanComplete", totals)


def _with_includes(rt: "Runtime", context: Context, seen: list[str]) -> list[Context]:
    """A context, and those that it includes, each once."""
    found = [context]
    seen.append(context.name)
    for each in context.includes:
        below = rt.plan.contexts.get(each.context)
        if below is not None and below.name not in seen:
            found += _with_includes(rt, below, seen)
    return found


def _context_items(context: Context, wanted: str) -> tuple[list[Item], int]:
    items: list[Item] = []
    count = 0
    for extension in context:
        if wanted and extension.name != wanted:
            continue
        count += 1
        place: list[Header] = [("Context", context.name), ("Extension", extension.name)]
        end: list[Header] = [("Registrar", REGISTRAR)]
        if extension.hint is not None:
            items.append(_item(place, [("Priority", "hint"), ("Application", extension.hint.application), *end]))
        for number in sorted(extension.steps):
            step = extension.steps[number]
            label: list[Header] = [("ExtensionLabel", step.label)] if step.label else []
            run: list[Header] = [("Application", step.application), ("AppData", step.data)]
            items.append(_item(place, [*label, ("Priority", number), *run, *end]))
    if not wanted:
        here: list[Header] = [("Context", context.name)]
        items += [_item(here, [("IncludeContext", each.text), *end_of()]) for each in context.includes]
        items += [_item(here, [("IgnorePattern", each), *end_of()]) for each in context.ignore_patterns]
        items += [_item(here, [("Switch", each.text), *end_of()]) for each in context.switches]
    return items, count


@action(
    "DialplanExtensionAdd",
    privilege="system",
    headers="Context* Extension* Priority* Application* ApplicationData Replace",
)
def add_extension(rt: "Runtime", request: Request) -> Response:
    """Add a priority to the dialplan in force; reading extensions.conf again takes it back."""
    name, number, text = request.get("Extension"), request.get("Priority"), request.get("Application")
    context_name = request.get("Context")
    if not (context_name and name and number and text):
        return Response.error("Context, Extension, Priority, and Application must be defined for DialplanExtensionAdd.")
    name, slash, caller = name.partition("/")
    context = rt.plan.context(context_name)
    extension = context.make(name, caller if slash else None)
    replace = is_true(request.get("Replace"))
    if number.lower() == "hint":
        extension.hint = Step(context_name, name, 0, "", text, request.get("ApplicationData"), "manager", 0)
        rt.plan.changed()
        return Response.success("Added requested extension")
    priority = int(number) if number.isdecimal() else extension.label(number)
    if priority < 1:
        if not extension.steps and extension.hint is None:
            context.discard(extension)
        return Response.error("The priority specified was invalid.")
    if priority in extension.steps and not replace:
        return Response.error("That extension and priority already exist at that context")
    extension.steps[priority] = Step(
        context_name, name, priority, "", text, request.get("ApplicationData"), "manager", 0
    )  # fmt: skip
    rt.plan.changed()
    return Response.success("Added requested extension")


@action("DialplanExtensionRemove", privilege="system")
def remove_extension(rt: "Runtime", context: str = "", extension: str = "", priority: str = "") -> Response:
    """Remove an extension, or a priority of it, from the dialplan in force."""
    if not context or not extension:
        return Response.error("Context and Extension must be provided for DialplanExtensionRemove")
    name, slash, caller = extension.partition("/")
    here = rt.plan.contexts.get(context)
    found = here.extension(name, caller if slash else None) if here is not None else None
    if here is None or found is None:
        return Response.error("Failed to remove requested extension")
    if not priority:
        here.discard(found)
        rt.plan.changed()
        return Response.success("Removed the requested extension")
    number = int(priority) if priority.isdecimal() else found.label(priority)
    if priority.lower() == "hint" and found.hint is not None:
        found.hint = None
    elif number not in found.steps:
        return Response.error("Failed to remove requested extension")
    else:
        del found.steps[number]
    if not found.steps and found.hint is None:
        here.discard(found)
    rt.plan.changed()
    return Response.success("Removed the requested priority from the extension")


def end_of() -> list[Header]:
    """Who has made what stands in the dialplan."""
    return [("Registrar", REGISTRAR)]


def _item(place: list[Header], facts: list[Header]) -> Item:
    return Item("ListDialplan", [*place, *facts])
