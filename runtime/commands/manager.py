"""Commands about the manager: its users, who is there, its actions and events."""

import textwrap
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from asterism.runtime.declare import Action, Table, command, noun
from asterism.runtime.errors import AsterismError
from asterism.runtime.front_ends import CLASS_BITS, Manager, ManagerUser, manager_of

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_CONNECTED_COLUMNS = (
    ("Username", 15), ("IP Address", 55), ("Start", 10), ("Elapsed", 10), ("FileDes", 8), ("HttpCnt", 8),
    ("ReadPerms", 10), ("WritePerms", 10),
)  # fmt: skip

_EVERYTHING = 0x7FFFFFFF


def _manager(rt: "Runtime") -> Manager:
    found = manager_of(rt.front_ends.get("manager"))
    if found is None:
        raise AsterismError("The manager is not served: there is no manager.conf.")
    return found


def _number(classes: frozenset[str]) -> int:
    return _EVERYTHING if classes >= CLASS_BITS.keys() else sum(1 << CLASS_BITS[each] for each in classes)


def _words(classes: frozenset[str]) -> str:
    if classes >= CLASS_BITS.keys():
        return ",".join((*CLASS_BITS, "all"))
    return ",".join(each for each in CLASS_BITS if each in classes) or "<none>"


@command("manager show commands", see="manager show command")
def manager_show_commands(rt: "Runtime") -> Table:
    """List the actions of the manager."""
    found = sorted(rt.actions.values(), key=lambda each: each.name.lower())
    return Table(
        [("Action", 43), ("Synopsis", 32)],
        [(each.name, each.doc.synopsis) for each in found],
        header=False,
        line=lambda row: f"  {row[0]:<43}  {str(row[1])[:32]} ",
        above=[f"  {'Action':<43}  {'Synopsis'}", f"  {'------':<43}  {'--------'}"],
    )


@command("manager show command <action>...", see="manager show commands")
def manager_show_command(rt: "Runtime", names: list[str]) -> list[str]:
    """Tell all about actions of the manager: what they do, their headers, the class that they need."""
    wanted = {name.lower() for name in names}
    lines: list[str] = []
    for each in sorted(rt.actions.values(), key=lambda each: each.name.lower()):
        if each.name.lower() in wanted:
            lines += ["", *_explained(each)]
    return lines


def _explained(action: Action) -> Iterator[str]:
    doc = action.doc
    named = [(name.removesuffix("*"), name.endswith("*")) for name in action.headers.split()]
    named += [(_header(each.name), each.required) for each in action.parameters if each.name != "request"]
    headers = "".join(f"\n{name}: <value>" if needed else f"\n[{name}:] <value>" for name, needed in named)
    yield f"  -= Info about Manager Command '{action.name}' =- "
    for title, text in (
        ("Synopsis", doc.synopsis),
        ("Provided By", action.module),
        ("Since", action.since),
        ("Description", doc.description or "Not available"),
        ("Syntax", f"Action: {action.name}\n[ActionID:] <value>{headers}"),
        ("Arguments", doc.sections.get("Args", "")),
        ("Compatibility", doc.sections.get("Compat", "")),
        ("Privilege", f"{action.privilege},all" if action.privilege else "<none>"),
        ("See Also", action.see or "Not available"),
    ):
        if text:
            yield from ("", f"[{title}]", *text.splitlines())
    yield ""


def _header(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


@command("manager show connected", see="manager show users")
def manager_show_connected(rt: "Runtime") -> Table:
    """List who is logged in to the manager."""
    now = time.time()
    rows = [
        (each.user, each.address, int(each.since_s), int(now - each.since_s), each.descriptor,
         0 if each.descriptor >= 0 else 1, _number(each.read), _number(each.write))
        for each in _manager(rt).logins()
    ]  # fmt: skip
    return Table(_CONNECTED_COLUMNS, rows, [f"{len(rows)} users connected."], line=_connected_line)


def _connected_line(row: object) -> str:
    assert isinstance(row, list | tuple)
    cells = (f"{cell!s:<{width}}" for cell, (_, width) in zip(row, _CONNECTED_COLUMNS, strict=True))
    return f"  {'  '.join(cells)}".rstrip()


@command("manager kick session <file descriptor>", see="manager show connected")
def manager_kick_session(rt: "Runtime", text: str) -> str:
    """Hang up on who is logged in to the manager over a file descriptor, as manager show connected tells it."""
    if not text.isdecimal():
        raise AsterismError(f"Invalid AMI file descriptor: {text}")
    if not _manager(rt).kick(int(text)):
        return f"No manager session found using file descriptor {text}"
    return f"Kicking manager session connected using file descriptor {text}"


@command("manager show eventq", see="manager show events")
def manager_show_eventq(rt: "Runtime") -> list[str]:
    """Print the events that are kept for clients who ask, when they come back, for what they missed."""
    lines: list[str] = []
    for headers in _manager(rt).kept_events():
        lines += ["Event:", *(f"{name}: {value}" for name, value in headers), ""]
    return lines


@command("manager show settings", see="manager show users")
def manager_show_settings(rt: "Runtime") -> list[str]:
    """Print what manager.conf says for all users."""
    shown = [(title, "Yes" if value is True else "No" if value is False else value) for title, value in _settings(rt)]
    return [
        "",
        "Global Settings:",
        "----------------",
        # Asterisk fills a value up with blanks, but not where there is none.
        *(f"  {f'{title}:':<25}  {value!s:<{15 if value != '' else 0}}" for title, value in shown),
    ]


def _settings(rt: "Runtime") -> Iterator[tuple[str, object]]:
    yield from _manager(rt).settings()


@command("manager show users", see="manager show user")
def manager_show_users(rt: "Runtime") -> Table:
    """List the users of the manager."""
    rows = [(each.name,) for each in _manager(rt).users()]
    footer = ["-------------------", f"{len(rows)} manager users configured."]
    return Table([("username", 0)], rows, footer, header=False, above=["", "username", "--------"])


@command("manager show user <manageruser>", see="manager show users")
def manager_show_user(rt: "Runtime", name: str) -> list[str]:
    """Tell all about a user of the manager."""
    found = next((each for each in _manager(rt).users() if each.name == name), None)
    if found is None:
        return [f"There is no manager called {name}"]
    return list(_user_lines(found))


def _user_lines(user: ManagerUser) -> Iterator[str]:
    yield ""
    for title, text in (
        ("username", user.name),
        ("secret", "<Set>" if user.has_secret else "<Not set>"),
        ("ACL", "yes" if any(user.rules) else "no"),
        ("read perm", _words(user.read)),
        ("write perm", _words(user.write)),
        ("displayconnects", "yes" if user.shows_connects else "no"),
        ("allowmultiplelogin", "yes" if user.may_enter_twice else "no"),
        ("Variables", ""),
    ):
        yield f"{title:>18}: {text}"
    for name, value in user.variables:
        yield f"{name:>22} = {value}"
    for rules in user.rules:
        if rules:
            yield from ("ACL: (unnamed)", "---------------------------------------------")
            for at, (permit, network) in enumerate(rules):
                yield f"{at:3d}: {'allow' if permit else ' deny'} - {network}"


@command("manager show events", see="manager show event")
def manager_show_events(rt: "Runtime") -> list[str]:
    """List the events of the manager."""
    names = sorted(_manager(rt).event_kinds())
    rule = "  " + "".join(f"{'-' * 26}  " for _ in range(3))
    rows = [names[at : at + 3] for at in range(0, len(names), 3)]
    lines = ["  " + "  ".join(f"{name:<26}" for name in row) for row in rows]
    return ["Events:", rule, *lines, "", f"{len(names)} events registered."]


@command("manager show event <event>", see="manager show events")
def manager_show_event(rt: "Runtime", name: str) -> list[str]:
    """Tell all about an event of the manager: when it happens, its headers, the class that it needs."""
    manager = _manager(rt)
    kind = next((each for known, each in manager.event_kinds().items() if known.lower() == name.lower()), None)
    if kind is None:
        return [f"Could not find event '{name}'"]
    text = " ".join((kind.__doc__ or "").split())
    headers = [f"{each}: <value>" for each in manager.event_headers(kind)]
    return [
        f"Event: {kind.__name__}", "", f"  -= Info about Manager Event '{kind.__name__}' =- ",
        "", "[Synopsis]", *textwrap.wrap(text, 79),
        "", "[Provided By]", kind.__module__,
        "", "[Syntax]", f"Event: {kind.__name__}", *headers,
        "", "[Privilege]", f"{manager.privilege_of(kind)},all", "",
    ]  # fmt: skip


@command("manager set debug [on|off]", see="manager show settings")
def manager_set_debug(rt: "Runtime", state: str = "") -> list[str]:
    """Number the events that clients of the manager get, or tell whether that is done."""
    manager = _manager(rt)
    if not state:
        return [f"manager debug is {'on' if manager.debug else 'off'}"]
    manager.debug = state.lower() == "on"
    return []


@command("manager reload", see="module reload")
async def manager_reload(rt: "Runtime") -> list[str]:
    """Read manager.conf again; prints only what is wrong."""
    _manager(rt)
    return await rt.reload("manager")


@noun("action")
def action(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """The actions of the manager."""
    for name, each in rt.actions.items():
        yield name, each.doc.synopsis


@noun("manageruser")
def manager_user(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """The users of the manager."""
    for each in _manager(rt).users():
        yield each.name, _words(each.write)


@noun("event")
def event(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """The events of the manager."""
    for name, kind in _manager(rt).event_kinds().items():
        yield name, " ".join((kind.__doc__ or "").split())
