"""manager.conf: where the manager listens, and who may use it."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from asterism.dialplan import reader
from asterism.dialplan.reader import Line
from asterism.runtime.arguments import Separated, Unit
from asterism.runtime.errors import ConfigError
from asterism.runtime.manager.filters import Filter
from asterism.runtime.manager.rights import rights_of, unknown
from asterism.runtime.settings import Alias, Complain, read, section, tell_ineffective
from asterism.runtime.tls import TlsOptions

FILE = "manager.conf"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Rules = tuple[tuple[bool, Network], ...]
"""permit (True) and deny lines, in order."""


@section(FILE, "general")
@dataclass(frozen=True)
class General(TlsOptions):
    """Where the manager listens, and what holds for all its users."""

    enabled: bool = False
    "Serve the manager at all."
    port: int = 5038
    "TCP port, where an address of bindaddr has none."
    bindaddr: Annotated[list[str], Separated(",")] = field(default_factory=lambda: ["127.0.0.1"])
    "Addresses to listen on, several separated by commas."
    webenabled: bool = False
    "Serve it over the HTTP server of http.conf as well."
    displayconnects: bool = True
    "Tell the console who comes and goes."
    allowmultiplelogin: bool = True
    "Let a user be logged in more than once."
    timestampevents: bool = False
    "Put a Timestamp line into each event."
    authtimeout: Annotated[int, Unit("s")] = 30
    "How long a client may take to log in."
    authlimit: int = 50
    "How many clients may be connected without being logged in."
    writetimeout: Annotated[int, Unit("ms")] = 10_000
    "How long a client may leave what it is sent unread, once more waits than its buffer holds."
    httptimeout: Annotated[int, Unit("s")] = 60
    "How long a login over HTTP lasts."
    channelvars: Annotated[list[str], Separated(",")] = field(default_factory=list)
    "Variables that are printed in each event of a channel."
    disabledevents: Annotated[list[str], Separated(",")] = field(default_factory=list)
    "Events that nobody gets."
    brokeneventsaction: bool = False
    "Leave the action Events without an answer."
    debug: bool = False
    "Number the events that are sent, as `manager set debug on` does."
    block_sockets: Annotated[bool, Alias("block-sockets")] = False
    "Accepted for Asterisk's sake."


@section(FILE, "*")
@dataclass(frozen=True)
class UserSettings:
    """A user of the manager."""

    secret: str = ""
    "The password."
    read: str = ""
    "Classes of events that it may see."
    write: str = ""
    "Classes of actions that it may use."
    displayconnects: bool = True
    "Tell the console when it comes and goes."
    allowmultiplelogin: bool = True
    "Let it be logged in more than once."
    writetimeout: Annotated[int, Unit("ms")] = 10_000
    "How long it may leave what it is sent unread."


@dataclass(frozen=True)
class Access:
    """Lists of permit and deny lines: all must allow an address. In each the last line that fits decides; without
    one it is allowed."""

    lists: tuple[Rules, ...] = ()

    def allows(self, host: str) -> bool:
        """Whether somebody from this address may come in."""
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return not self.lists
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return all(_allowed(rules, address) for rules in self.lists)


def _allowed(rules: Rules, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    allowed = True
    for permit, network in rules:
        if address.version == network.version and address in network:
            allowed = permit
    return allowed


@dataclass(frozen=True)
class User:
    """A user, ready for logins."""

    name: str
    settings: UserSettings
    read: frozenset[str] = frozenset()
    write: frozenset[str] = frozenset()
    access: Access = Access()
    filters: tuple[Filter, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ManagerConf:
    """manager.conf as a whole."""

    general: General = field(default_factory=General)
    users: dict[str, User] = field(default_factory=dict)


def manager_conf(config: reader.Config, acls: reader.Config | None, complain: Complain) -> ManagerConf:
    """Read what manager.conf says.

    Args:
        config: The file.
        acls: acl.conf, whose lists users may name; None when there is none.
    """
    general = read(General, config.lines("general"), complain)
    tell_ineffective(config.lines("general"), ("block_sockets", "block-sockets"), complain)
    users: dict[str, User] = {}
    names = dict.fromkeys(each.name for each in config if each.name != "general")
    for name in names:
        users[name] = _user(name, general, config.lines(name), acls, complain)
    return ManagerConf(general, users)


def _user(name: str, general: General, lines: Sequence[Line], acls: reader.Config | None, complain: Complain) -> User:
    plain: list[Line] = []
    rules: list[tuple[bool, Network]] = []
    lists: list[Rules] = []
    filters: list[Filter] = []
    variables: list[tuple[str, str]] = []
    for line in lines:
        key = line.key.lower()
        if key in ("permit", "deny"):
            rules += _networks(line, key == "permit", complain)
        elif key == "acl":
            lists += [_named(line, name.strip(), acls, complain) for name in line.value.split(",")]
        elif key.startswith("eventfilter"):
            try:
                filters.append(Filter.parse(line.key[len("eventfilter") :].strip(), line.value))
            except ValueError as error:
                complain(ConfigError(f"{line.key} = {line.value}: {error}", line.file, line.lineno, line.key))
        elif key == "setvar":
            variable, equals, value = line.value.partition("=")
            if equals and variable.strip():
                variables.append((variable.strip(), value.strip()))
            else:
                complain(ConfigError(f"setvar = {line.value}: no name=value", line.file, line.lineno, line.key))
        else:
            plain.append(line)
            if key in ("read", "write") and (strangers := unknown(line.value)):
                text = f"{line.key}: there is no class {', '.join(strangers)}"
                complain(ConfigError(text, line.file, line.lineno, line.key))
    inherited = UserSettings(
        displayconnects=general.displayconnects,
        allowmultiplelogin=general.allowmultiplelogin,
        writetimeout=general.writetimeout,
    )
    settings = read(UserSettings, plain, complain, inherited)
    return User(
        name,
        settings,
        rights_of(settings.read),
        rights_of(settings.write),
        Access((tuple(rules), *lists)),
        tuple(filters),
        tuple(variables),
    )


def _networks(line: Line, permit: bool, complain: Complain) -> Iterable[tuple[bool, Network]]:
    for part in line.value.split(","):
        text = part.strip()
        negated = text.startswith("!")
        if not text:
            continue
        try:
            yield permit is not negated, ipaddress.ip_network(text.removeprefix("!"), strict=False)
        except ValueError as error:
            complain(ConfigError(f"{line.key} = {text}: {error}", line.file, line.lineno, line.key))


def _named(line: Line, name: str, acls: reader.Config | None, complain: Complain) -> Rules:
    """The rules of an access list in acl.conf; one that is missing lets nobody in, as with Asterisk."""
    if acls is None or acls.section(name) is None:
        why = f"there is no section [{name}] in acl.conf"
        complain(ConfigError(f"acl = {line.value}: {why}", line.file, line.lineno, line.key))
        return ((False, ipaddress.ip_network("0.0.0.0/0")), (False, ipaddress.ip_network("::/0")))
    found: list[tuple[bool, Network]] = []
    for rule in acls.lines(name):
        if rule.key.lower() in ("permit", "deny"):
            found += _networks(rule, rule.key.lower() == "permit", complain)
    return tuple(found)
