"""asterism: an embeddable telephony runtime that runs Asterisk dialplans unchanged.

This is the door. Names are loaded when they are asked for, so that `import asterism.dialplan`
brings in neither asyncio nor the runtime.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asterism.runtime.bridge import Bridge as Bridge
    from asterism.runtime.causes import Cause as Cause
    from asterism.runtime.channel import Channel as Channel
    from asterism.runtime.declare import action as action
    from asterism.runtime.declare import application as application
    from asterism.runtime.declare import command as command
    from asterism.runtime.declare import function as function
    from asterism.runtime.dialing import DialResult as DialResult
    from asterism.runtime.errors import AsterismError as AsterismError
    from asterism.runtime.errors import ConfigError as ConfigError
    from asterism.runtime.errors import DriverError as DriverError
    from asterism.runtime.errors import Hangup as Hangup
    from asterism.runtime.runtime import Runtime as Runtime
    from asterism.runtime.states import DialStatus as DialStatus

__version__ = "0.1.0"

_HOMES = {
    "Bridge": "bridge",
    "Cause": "causes",
    "Channel": "channel",
    "action": "declare",
    "application": "declare",
    "command": "declare",
    "function": "declare",
    "DialResult": "dialing",
    "AsterismError": "errors",
    "ConfigError": "errors",
    "DriverError": "errors",
    "Hangup": "errors",
    "Runtime": "runtime",
    "DialStatus": "states",
}

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604 - names of the lazy door


def __getattr__(name: str) -> object:
    """Load a public name from the room it lives in."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'asterism' has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"asterism.runtime.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
