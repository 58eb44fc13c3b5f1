"""cli_permissions.conf: who may run which commands on a console."""

import grp
import pwd
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asterism.dialplan import regex
from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import Complain, Section

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

FILE = "cli_permissions.conf"

NOBODY = -1
"Instead of a number: no user, or no group, is meant."


@dataclass(frozen=True, slots=True)
class Rule:
    """One permit or deny line."""

    permit: bool
    command: str

    def means(self, line: str) -> bool:
        """Whether it speaks of a command line: `all`, the words it begins with, or a regular expression."""
        wanted, typed = self.command.lower(), line.lower()
        if wanted == "all" or typed.startswith(wanted):
            return True
        try:
            return regex.compiled(self.command, ignore_case=True).search(line) is not None
        except regex.BadPattern:
            return False


@dataclass(frozen=True, slots=True)
class Permissions:
    """The rules for a user, or for a group, whose name has an @ before it."""

    name: str
    user: int
    group: int
    rules: tuple[Rule, ...]

    @property
    def title(self) -> str:
        """Whom they are for, as lists show it."""
        if self.user == NOBODY:
            return f"group: {self.name.removeprefix('@')} [gid={self.group}]"
        return f"user: {self.name} [uid={self.user}]"


@dataclass(frozen=True)
class PermissionsConf:
    """cli_permissions.conf as a whole."""

    permit: bool = True
    everybody: tuple[Permissions, ...] = ()

    def allows(self, user: int, group: int, line: str) -> bool:
        """Whether a user of a group may run a command; what is said of the user goes before the group's."""
        by_user: bool | None = None
        by_group: bool | None = None
        for each in self.everybody:
            for rule in each.rules:
                if not rule.means(line):
                    continue
                if user != NOBODY and each.user == user:
                    by_user = rule.permit
                elif group != NOBODY and each.group == group:
                    by_group = rule.permit
        if by_user is not None:
            return by_user
        return self.permit if by_group is None else by_group


def read(sections: Iterable[Section], complain: Complain) -> PermissionsConf:
    """Read cli_permissions.conf; somebody whom the system does not know is left out, and told."""
    permit = True
    everybody = []
    for section in sections:
        lines = list(section.lines)
        if section.name == "general":
            for line in lines:
                word = line.value.strip().lower()
                if line.key.strip().lower() != "default_perm" or word not in ("permit", "deny"):
                    complain(ConfigError(f"unknown: {line.key} = {line.value}", line.file, line.lineno, line.key))
                    continue
                permit = word == "permit"
            continue
        rules = []
        for line in lines:
            key = line.key.strip().lower()
            if key not in ("permit", "deny"):
                complain(ConfigError(f"unknown option '{line.key}'", line.file, line.lineno, line.key))
                continue
            rules.append(Rule(key == "permit", " ".join(line.value.split())))
        number = number_of(section.name)
        if number is None:
            where = (lines[0].file, lines[0].lineno) if lines else (FILE, 0)
            complain(ConfigError(f"the system knows no '{section.name}'", *where))
            continue
        is_group = section.name.startswith("@")
        everybody.append(
            Permissions(section.name, NOBODY if is_group else number, number if is_group else NOBODY, tuple(rules))
        )
    return PermissionsConf(permit, tuple(everybody))


def number_of(name: str) -> int | None:
    """The number of a user, or of a group, whose name has an @ before it; None when there is none."""
    try:
        return grp.getgrnam(name[1:]).gr_gid if name.startswith("@") else pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


class CliPermissions:
    """Keeps the permissions of a runtime as configured. Meets `asterism.runtime.runtime.FrontEnd`.

    Args:
        rt: The runtime.
    """

    def __init__(self, rt: "Runtime") -> None:
        self._rt = rt
        self.conf = PermissionsConf(permit=False)
        "As long as nothing could be read nobody is let in."

    async def start(self) -> None:
        """Read cli_permissions.conf; raises ConfigError when it is lost."""
        await self.reload()

    async def stop(self) -> None:
        """There is nothing to stop."""

    async def reload(self) -> None:
        """Read them again; raises ConfigError when the old ones stay in force."""
        complain = self._rt.complain
        self.conf = read(self._rt.configuration(FILE, complain), complain)


def may_run(rt: "Runtime", user: int, group: int, line: str) -> bool:
    """Whether a user of a group, by their numbers, may run a command, however he has written it."""
    permissions = rt.front_ends.get("cli_permissions")
    if not isinstance(permissions, CliPermissions):
        return True
    return permissions.conf.allows(user, group, rt.commands.plainly(line))


def make(rt: "Runtime") -> CliPermissions:
    """The permissions of a runtime."""
    return CliPermissions(rt)
