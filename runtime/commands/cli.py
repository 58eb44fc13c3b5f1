"""Commands about the console itself: aliases, and who may run what."""

from collections.abc import Sequence
from os.path import commonprefix
from typing import TYPE_CHECKING

from asterism.runtime.cli_permissions import FILE, NOBODY, CliPermissions, PermissionsConf, make, number_of
from asterism.runtime.declare import Table, command
from asterism.runtime.errors import AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@command("_command matchesarray <line> <word>")
def matches(rt: "Runtime", line: str, word: str) -> str:
    """Answer a console of Asterisk's that completes a word: what all matches begin with, the matches, and _EOF_.

    The word is the last one of the line, as far as it is typed.
    """
    found = [each.word for each in rt.commands.complete(rt, rt.nouns, line)]
    begin = [commonprefix(found)] if found else []  # noqa: RUF071 - words, not paths: letters are meant
    return " ".join((*begin, *found, "_EOF_"))


@command("cli show aliases")
def show_aliases(rt: "Runtime") -> Table:
    """List the other names of commands that cli_aliases.conf gives."""
    return Table(
        [("Alias Command", 50), ("Real Command", 50)],
        list(rt.commands.aliases.items()),
        line=lambda row: f"{row[0]!s:<50.50} {row[1]!s:<50.50}",
    )


def _permissions(rt: "Runtime") -> PermissionsConf:
    found = rt.front_ends.get("cli_permissions")
    return found.conf if isinstance(found, CliPermissions) else PermissionsConf()


@command("cli show permissions", see="cli check permissions")
def show_permissions(rt: "Runtime") -> Table:
    """List who may run which commands, as cli_permissions.conf says."""
    rows = [
        (each.title, [f"{'permit' if rule.permit else 'deny'} -> {rule.command}" for rule in each.rules])
        for each in _permissions(rt).everybody
    ]
    return Table([("Who", 0), ("Permissions", 0)], rows, header=False, line=_permission_lines)


def _permission_lines(row: Sequence[object]) -> str:
    who, rules = row
    assert isinstance(rules, list)
    return "\n".join([str(who), "Permissions:", *(f"\t{rule}" for rule in rules), ""])


@command("cli reload permissions", see="cli show permissions")
async def reload_permissions(rt: "Runtime") -> list[str]:
    """Read cli_permissions.conf again."""
    if "cli_permissions" in rt.front_ends:
        return await rt.reload("cli_permissions")
    if rt.has_config(FILE):
        permissions = make(rt)
        await permissions.start()
        rt.front_ends["cli_permissions"] = permissions
    return []


@command("cli check permissions <user@group> [<command>...]", see="cli show permissions")
def check_permissions(rt: "Runtime", who: str, words: list[str]) -> list[str]:
    """Tell whether somebody may run a command, or list the commands that he may run.

    Who is a user, @group, or user@group.
    """
    name, at, group_name = who.partition("@")
    user, group = NOBODY, NOBODY
    if name:
        number = number_of(name)
        if number is None:
            raise AsterismError(f"Unknown user '{name}'")
        user = number
    if at:
        number = number_of(f"@{group_name}")
        if number is None:
            raise AsterismError(f"Unknown group '{group_name}'")
        group = number
    conf = _permissions(rt)
    if not words:
        found = [entry for entry in rt.commands.sorted() if conf.allows(user, group, " ".join(entry.head))]
        if not found:
            return ["You are not allowed to run any command on Asterisk"]
        return [f"{' '.join(entry.head):>30.30} {entry.synopsis}" for entry in found]
    line = " ".join(words)
    may = "is allowed" if conf.allows(user, group, rt.commands.plainly(line)) else "is not allowed"
    if name and at:
        return [f"User '{name}' with group '{group_name}' {may} to run command: '{line}'"]
    return [f"{f'User {name!r}' if name else f'Group {group_name!r}'} {may} to run command: '{line}'"]
