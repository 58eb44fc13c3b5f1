"""Actions on the dialplan: show it, add to it, take from it."""

from typing import TYPE_CHECKING

from asterism.dialplan.plan import Context
from asterism.runtime.commands.dialplan import REGISTRAR
from asterism.runtime.declare import action
from asterism.runtime.request import Header, Item, Response

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
    for each in shown:
        found, count = _context_items(each, extension)
        items += found
        extensions += count
    if extension and not extensions:
        return Response.error(f"Did not find extension {extension}@{context}" if context else "Did not find extension")
    priorities = sum(any(name == "Priority" for name, _ in item.headers) for item in items)
    totals: list[Header] = [
        ("ListExtensions", extensions), ("ListPriorities", priorities), ("ListContexts", len(shown))
    ]  # fmt: skip
    return Response.listing("DialPlan list will follow", items, "ShowDialPlanComplete", totals)


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


def end_of() -> list[Header]:
    """Who has made what stands in the dialplan."""
    return [("Registrar", REGISTRAR)]


def _item(place: list[Header], facts: list[Header]) -> Item:
    return Item("ListDialplan", [*place, *facts])
