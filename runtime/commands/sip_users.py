"""Commands about whoever sip.conf names: those who may call, how many calls each has, and what else is kept of them."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from asterism.runtime.actions.sip import described, options_of
from asterism.runtime.commands.sip import driver_of, matching
from asterism.runtime.declare import Table, command, noun
from asterism.runtime.errors import ArgumentError
from asterism.runtime.peers import PeerFacts, sip_driver
from asterism.runtime.settings import is_true

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


def _users(rt: "Runtime") -> list[PeerFacts]:
    return [each for each in driver_of(rt).devices() if each.calls_in]


@noun("user")
def user(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """Those of sip.conf who may call."""
    if sip_driver(rt.driver("SIP")) is not None:
        for each in _users(rt):
            yield each.name, each.description or each.context


def _yes(flag: object) -> str:
    return "Yes" if flag else "No"


# --- those who may call ----------------------------------------------------------------------------------

_USERS = (("Username", 25), ("Secret", 15), ("Accountcode", 15), ("Def.Context", 15), ("ACL", 5), ("Forcerport", 10))


@command("sip show users [like <pattern>]", see="sip show user, sip show peers")
def sip_show_users(rt: "Runtime", pattern: str = "") -> Table:
    """List those of sip.conf who may call: its users and friends.

    With `like` only those whose name holds a match of the regular expression.

    Compat: chan_sip prints the secrets; here it is told whether there is one, as `sip show user` does.
    """
    wanted = matching(pattern)
    rows = [
        (
            each.name,
            "<Set>" if options_of(driver_of(rt), each.name).get("secret") else "",
            each.accountcode,
            each.context,
            _yes(each.access_list),
            _yes(each.force_rport in ("yes", "auto yes")),
        )
        for each in _users(rt)
        if wanted.search(each.name)
    ]
    return Table(_USERS, rows, line=_user_line)


def _user_line(row: Sequence[object]) -> str:
    name, secret, account, context, access, rport = (str(cell) for cell in row)
    return f"{name:<25.25}  {secret:<15.15}  {account:<15.15}  {context:<15.15}  {access:<5.5}{rport:<10.10}"


@command("sip show user <user> [load]", see="sip show users, sip show peer")
def sip_show_user(rt: "Runtime", name: str, load: str = "") -> list[str]:
    """Show one of sip.conf who may call, with the options of the calls from there.

    `load` is for Asterisk's sake: one of realtime is looked up anyway.
    """
    found = next((each for each in _users(rt) if each.name == name), None)
    if found is None:
        return [f"User {name} not found.", ""]
    said = options_of(driver_of(rt), name)
    facts = {header: str(value) for header, value in described(found, said)}
    lines = [
        ("* Name", name),
        ("Secret", "<Set>" if said.get("secret") else "<Not set>"),
        ("MD5Secret", "<Set>" if said.get("md5secret") else "<Not set>"),
        ("Context", found.context),
        ("Language", facts["Language"]),
        *([("Accountcode", found.accountcode)] if found.accountcode else []),
        ("AMA flags", facts["AMAflags"]),
        ("Tonezone", facts["ToneZone"]),
        ("Transfer mode", facts["TransferMode"]),
        ("MaxCallBR", facts["MaxCallBR"]),
        ("CallingPres", facts["CID-CallingPres"]),
        ("Call limit", facts["Call-limit"]),
        ("Callgroup", facts["Callgroup"]),
        ("Pickupgroup", facts["Pickupgroup"]),
        ("Named Callgr", facts["Named Callgroup"]),
        ("Nam. Pickupgr", facts["Named Pickupgroup"]),
        ("Callerid", facts["Callerid"]),
        ("ACL", _yes(found.access_list)),
        ("Sess-Timers", facts["SIP-Sess-Timers"]),
        ("Sess-Refresh", facts["SIP-Sess-Refresh"]),
        ("Sess-Expires", f"{facts['SIP-Sess-Expires']} secs"),
        ("Sess-Min-SE", f"{facts['SIP-Sess-Min']} secs"),
        ("RTP Engine", facts["SIP-RTP-Engine"]),
    ]
    shown = [f"  {title:<13}: {text}" for title, text in lines]
    shown.append(f"  Auto-Framing:  {_yes(is_true(said.get('autoframing', 'no')))} ")
    if found.variables:
        shown += [
            "  Variables    :",
            *(f"                 {name} = {value}" for name, value in reversed(found.variables)),
        ]
    return ["", "", *shown, ""]


# --- how many calls --------------------------------------------------------------------------------------


@command("sip show inuse [all]", see="sip show channels, sip show peers")
def sip_show_inuse(rt: "Runtime", everybody: str = "") -> Table:
    """List how many calls each device of sip.conf has: in use, ringing, and on hold.

    With `all` those too that have no call-limit and no callcounter.

    Compat: chan_sip counts the calls only of those that have one of them.
    """
    rows = [
        (each.name, f"{each.calls}/{each.ringing}/{each.held}", str(each.call_limit) if each.call_limit else "N/A")
        for each in driver_of(rt).devices()
        if everybody or each.call_limit
    ]
    return Table([("* Peer name", 25), ("In use", 15), ("Limit", 15)], rows, line=_inuse_line)


def _inuse_line(row: Sequence[object]) -> str:
    return f"{row[0]!s:<25.25} {row[1]!s:<15.15} {row[2]!s:<15.15} "


# --- what else is kept -----------------------------------------------------------------------------------


@command("sip show objects", see="sip show peers, sip show registry, sip show channels")
def sip_show_objects(rt: "Runtime") -> list[str]:
    """List the devices of sip.conf, those whose address is known, our registrations, and the calls.

    Compat: a count of references is that of the calls and addresses of a device, and the device itself; a
    registration is shown by its user and host, where chan_sip prints its whole line with the secret.
    """
    driver = driver_of(rt)
    devices = driver.devices()
    ours = [each for each in driver.registrations() if each.technology == "SIP"]
    lines = [f"-= Peer objects: {len(devices)} static, 0 realtime, 0 autocreate =-", ""]
    for each in devices:
        lines += _object(each.name, "peer", 1 + each.calls + bool(each.address))
    lines += ["-= Peer objects by IP =-", ""]
    for each in devices:
        if each.address:
            lines += _object(each.name, "peer", 1 + each.calls + bool(each.address))
    lines += [f"-= Registry objects: {len(ours)} =-", ""]
    lines += [f"name: {each.user.partition('@')[0]}@{each.host}:{each.port}" for each in ours]
    lines += ["-= Dialog objects:", ""]
    for dialog in driver.dialogs():
        lines += _object(dialog.call_id, "dialog", 1)
    return lines


def _object(name: str, kind: str, references: int) -> list[str]:
    return [f"name: {name}", f"type: {kind}", "objflags: 0", f"refcount: {references}", ""]


@command("sip show mwi", see="sip show subscriptions")
def sip_show_mwi(rt: "Runtime") -> Table:
    """List our subscriptions to mailboxes elsewhere: there are none, as `mwi =>` of sip.conf is not served yet."""
    driver_of(rt)
    columns = (("Host", 30), ("Username", 12), ("Mailbox", 10), ("Subscribed", 10))
    return Table(
        columns, (), line=lambda row: f"{row[0]!s:<30.30}  {row[1]!s:<12.12}  {row[2]!s:<10.10}  {row[3]!s:<10.10}"
    )


@command(
    "sip prune realtime [peer [all|like <pattern>|<peer>]|all|like <pattern>|<peer>]",
    see="sip show peers, sip reload, realtime load",
)
def sip_prune_realtime(
    rt: "Runtime", first: str, second: str, pattern: str, peer: str, other_pattern: str, other_peer: str
) -> list[str]:
    """Forget what was read of peers in realtime.

    There is never anything to forget: `sip reload` reads the rows of realtime with the file, and none is kept apart.
    """
    name = peer or other_peer
    if not first or (first.lower() == "peer" and not second) or name.lower() == "like":
        raise ArgumentError("")
    matching(pattern or other_pattern)
    known = driver_of(rt).devices()
    if not name:
        return ["No peers found to prune."]
    if all(each.name != name for each in known):
        return [f"Peer '{name}' not found."]
    return [f"Peer '{name}' is not a Realtime peer, cannot be pruned."]
