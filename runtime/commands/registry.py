"""Commands about applications and functions: which there are, and what each does."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from asterism.runtime.declare import Application, Declaration, Function, Table, command
from asterism.runtime.errors import AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


def _described(declaration: Declaration, words: Iterable[str]) -> bool:
    doc = declaration.doc
    text = f"{doc.synopsis} {doc.description}".lower()
    return all(word.lower() in text for word in words)


@command("core show applications [{like|describing} <text>...]")
def show_applications(rt: "Runtime", how: str, words: list[str]) -> Table:
    """List the applications of the dialplan.

    With `like` those whose name holds a text; with `describing` those whose description holds all of the words.
    """
    found = [rt.applications[name] for name in sorted(rt.applications, key=str.lower)]
    if how == "like":
        found = [each for each in found if words[0].lower() in each.name.lower()]
    elif how == "describing":
        found = [each for each in found if _described(each, words)]
    return Table(
        [("Application", 22), ("Synopsis", 0)],
        [(each.name, each.doc.synopsis) for each in found],
        [f"    -= {len(found)} Applications {'Matching' if how else 'Registered'} =-"],
        header=False,
        line=lambda row: f"  {row[0]:>20}: {row[1]} ",
        above=[f"    -= {'Matching' if how else 'Registered'} Asterisk Applications =-"],
    )


@command("core show functions [like <text>]")
def show_functions(rt: "Runtime", text: str = "") -> Table:
    """List the functions of the dialplan, with `like` those whose name holds a text."""
    found = [rt.functions[name] for name in sorted(rt.functions) if text.lower() in name.lower()]
    return Table(
        [("Function", 20), ("Syntax", 35), ("Synopsis", 0)],
        [(each.name, each.syntax, each.doc.synopsis) for each in found],
        [f"{len(found)} {'matching ' if text else ''}custom functions installed."],
        header=False,
        line=lambda row: f"{row[0]:<20.20}  {row[1]:<35.35}  {row[2]} ",
        above=["Matching Custom Functions:" if text else "Installed Custom Functions:", "-" * 80],
    )


@command("core show application <application>...", see="core show applications")
def show_application(rt: "Runtime", names: list[str]) -> list[str]:
    """Tell all about applications: what they do, their arguments and options, the variables they set."""
    by_lower = {name.lower(): each for name, each in rt.applications.items()}
    found = [by_lower[name.lower()] for name in names if name.lower() in by_lower]
    if not found:
        raise AsterismError("Your application(s) is (are) not registered")
    return [line for each in found for line in explained("Application", each)]


@command("core show function <function>", see="core show functions")
def show_function(rt: "Runtime", name: str) -> list[str]:
    """Tell all about a function: what it gives, its arguments, whether it can be set."""
    found = _exact(rt.functions, name)
    if found is None:
        raise AsterismError("No function by that name registered.")
    return explained("Function", found)


def _exact(functions: Mapping[str, Function], name: str) -> Function | None:
    return functions.get(name) or functions.get(name.upper())


def explained(kind: str, declaration: Application | Function) -> list[str]:
    """Everything that a declaration says, under Asterisk's headings."""
    doc = declaration.doc
    lines = ["", f"  -= Info about {kind} '{declaration.name}' =- "]

    def section(title: str, text: str) -> None:
        if text:
            lines.extend(("", f"[{title}]", *text.splitlines()))

    section("Synopsis", doc.synopsis)
    section("Provided By", declaration.module)
    section("Since", declaration.since)
    section("Description", doc.description)
    section("Syntax", declaration.syntax)
    section("Arguments", _arguments(declaration))
    for name in ("Returns", "Raises", "Sets", "Example", "Compat"):
        section(_TITLES.get(name, name), doc.sections.get(name, ""))
    if isinstance(declaration, Function):
        section("Writing", "It can be set." if declaration.writers else "It can only be read.")
    section("See Also", declaration.see)
    return [*lines, ""]


_TITLES = {"Sets": "Channel Variables", "Compat": "Compatibility"}


def _arguments(declaration: Application | Function) -> str:
    lines = declaration.doc.sections.get("Args", "").splitlines()
    for parameter in declaration.parameters:
        letters = []
        for entry in parameter.options:
            argument = f"({entry.option.argument})" if entry.option.argument else ""
            later = "" if not entry.option.later else " Not supported yet."
            letters.append(f"    {entry.option.letter}{argument}: {_help_of(parameter.default, entry.name)}{later}")
        at = _end_of(lines, parameter.name)
        lines[at:at] = letters
    return "\n".join(lines)


def _end_of(lines: list[str], name: str) -> int:
    """Where the text about an argument ends, its own lines and those further in."""
    begin = next((at for at, line in enumerate(lines) if line.startswith(f"{name}:")), len(lines))
    return next((at for at in range(begin + 1, len(lines)) if not lines[at].startswith(" ")), len(lines))


def _help_of(default: object, field: str) -> str:
    """The text under a field of an option dataclass, whose default instance the parameter has."""
    from asterism.runtime.settings import options_of

    helps = {option.name: option.help for option in options_of(type(default))} if default is not None else {}
    return helps.get(field) or field.replace("_", " ").capitalize() + "."
