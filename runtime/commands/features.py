"""Commands about features.conf and access lists."""

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from asterism.dialplan.errors import DialplanError
from asterism.runtime.declare import Table, command
from asterism.runtime.errors import AsterismError
from asterism.runtime.features_conf import FeatureMap, FeaturesGeneral

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_BUILT_IN = {
    "blindxfer": "Blind Transfer",
    "atxfer": "Attended Transfer",
    "disconnect": "Disconnect Call",
    "parkcall": "Park Call",
    "automixmon": "One Touch MixMonitor",
}
"Asterisk's titles of the keys of [featuremap]."


@command("features show", see="DYNAMIC_FEATURES, FEATURE, FEATUREMAP")
def features_show(rt: "Runtime") -> Table:
    """List what may be done with DTMF while people talk, and with which keys."""
    conf = rt.features
    rows = [("Pickup", FeaturesGeneral.pickupexten, conf.general.pickupexten)]
    known = {each.name for each in fields(FeatureMap)}
    for name, title in _BUILT_IN.items():
        if name in known:
            rows.append((title, getattr(FeatureMap, name), getattr(conf.featuremap, name)))
    dynamic = [(each.name, "no def", each.code) for _, each in sorted(conf.applications.items())]
    groups: list[str] = []
    for name, members in sorted(conf.groups.items()):
        groups.append(f"===> Group: {name}")
        for item, code in sorted(members.items()):
            own = conf.applications[item].code if item in conf.applications else ""
            groups.append(f"===> --> {item} ({code or own})")
    rule = f"{'-' * 15:<25} {'-' * 7} {'-' * 7}"
    below = ["", f"{'Dynamic Feature':<25} Default Current", rule]

    def line(row: Sequence[object]) -> str:
        text = f"{row[0]!s:<25} {row[1]!s:<7} {row[2]!s:<7}"
        return "\n".join([*below, text]) if dynamic and row == dynamic[0] else text

    return Table(
        [("Feature", 25), ("Default", 7), ("Current", 7)],
        rows + dynamic,
        header=False,
        above=[f"{'Builtin Feature':<25} Default Current", rule],
        line=line,
        footer=[*([] if dynamic else [*below, "(none)"]), "", "Feature Groups:", "-" * 15, *(groups or ["(none)"])],
    )


@command("acl show [<acl>]", see="pjsip show endpoint, manager show user")
async def acl_show(rt: "Runtime", name: str = "") -> list[str]:
    """List the access lists of acl.conf as the file says now, or the rules of one in their order."""
    loop = asyncio.get_running_loop()
    try:
        config = await loop.run_in_executor(None, rt.read_config, "acl.conf") if rt.has_config("acl.conf") else ()
    except DialplanError as error:
        raise AsterismError(str(error)) from None
    if not name:
        return ["", "acl", "---", *sorted({section.name for section in config})]
    sections = [section for section in config if section.name == name]
    if not sections:
        return ["", f"Could not find ACL named '{name}'"]
    lines = ["", f"ACL: {name}", "-" * 45]
    number = 0
    for line in (line for section in sections for line in section.lines):
        if line.key.lower() not in ("permit", "deny"):
            continue
        for text in line.value.split(","):
            negated = text.strip().startswith("!")
            permits = (line.key.lower() == "permit") is not negated
            lines.append(f"{number:>3}: {'allow' if permits else ' deny'} - {_network(text.strip().lstrip('!'))}")
            number += 1
    return lines


def _network(text: str) -> str:
    """A network with its mask written out, as Asterisk shows it."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return text
    return f"{network.network_address}/{network.netmask}"
