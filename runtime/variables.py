"""Variables that a channel answers itself, by Asterisk's rules; the dialplan cannot hide them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from asterism.runtime.callerid import ani2, presentation

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase
    from asterism.runtime.switch import Switch

Reader = Callable[["ChannelBase"], str]
SwitchReader = Callable[["Switch"], str]


def _folder(attribute: str) -> SwitchReader:
    return lambda switch: str(getattr(switch.directories, attribute))


_OF_CHANNEL: dict[str, Reader] = {
    "CHANNEL": lambda channel: channel.name,
    "UNIQUEID": lambda channel: channel.uniqueid,
    "HANGUPCAUSE": lambda channel: str(channel.cause),
    "CALLINGPRES": lambda channel: str(presentation(channel.caller, channel.datastores.get("party caller", {}))),
    "CALLINGANI2": ani2,
    "CALLINGTON": lambda channel: str(channel.datastores.get("ton", 0)),
    "CALLINGTNS": lambda channel: str(channel.datastores.get("tns", 0)),
    "HINT": lambda channel: channel.switch.hint(channel.context, channel.exten)[0],
    "HINTNAME": lambda channel: channel.switch.hint(channel.context, channel.exten)[1],
}

_OF_SWITCH: dict[str, SwitchReader] = {
    "EPOCH": lambda switch: str(int(switch.now())),
    "SYSTEMNAME": lambda switch: switch.system_name,
    "ENTITYID": lambda switch: switch.entity_id,
    "ASTCACHEDIR": _folder("cache"),
    "ASTETCDIR": _folder("etc"),
    "ASTMODDIR": _folder("modules"),
    "ASTVARLIBDIR": _folder("var_lib"),
    "ASTDBDIR": _folder("db"),
    "ASTKEYDIR": _folder("keys"),
    "ASTDATADIR": _folder("data"),
    "ASTAGIDIR": _folder("agi"),
    "ASTSPOOLDIR": _folder("spool"),
    "ASTRUNDIR": _folder("run"),
    "ASTLOGDIR": _folder("log"),
    "ASTSBINDIR": _folder("sbin"),
}


def read(channel: "ChannelBase", name: str) -> str:
    """The value of a variable of `asterism.dialplan.scope.BUILTINS`."""
    of_channel = _OF_CHANNEL.get(name)
    return of_channel(channel) if of_channel is not None else _OF_SWITCH[name](channel.switch)


def read_without_channel(switch: "Switch", name: str) -> str:
    """The same where there is no channel: empty for what only a channel has."""
    of_switch = _OF_SWITCH.get(name)
    return "" if of_switch is None else of_switch(switch)
