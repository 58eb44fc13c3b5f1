"""modules.conf: what is not to be loaded, in Asterisk's names of modules."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import Complain, Entry, is_true

_LOADS = frozenset(("load", "require", "preload", "preload-require"))


class _Section(Protocol):
    @property
    def name(self) -> str:
        """Between the brackets."""

    @property
    def lines(self) -> Iterable[Entry]:
        """What stands below."""


@dataclass(frozen=True)
class ModulesConf:
    """What modules.conf says.

    Args:
        autoload: Whether what is not named is loaded.
        load, noload: Modules by name, without `.so`.
    """

    autoload: bool = True
    load: frozenset[str] = frozenset()
    noload: frozenset[str] = frozenset()

    def wants(self, module: str) -> bool:
        """Whether a module of Asterisk's, such as `chan_sip`, would be loaded."""
        return module not in self.noload and (self.autoload or module in self.load)

    @property
    def left_out(self) -> frozenset[str]:
        """Our own modules that are left out: `app_queue` and `func_db` are `queue` and `db`."""
        return frozenset(name.partition("_")[2] for name in self.noload if name.startswith(("app_", "func_")))


def read(sections: Iterable[_Section], complain: Complain) -> ModulesConf:
    """Read modules.conf. That a module is Asterisk's and unknown here is no fault; a word that nobody knows is."""
    autoload = True
    load: set[str] = set()
    noload: set[str] = set()
    for section in sections:
        if section.name != "modules":
            continue
        for line in section.lines:
            key, name = line.key.strip().lower(), line.value.strip().removesuffix(".so")
            if key == "autoload":
                autoload = is_true(line.value)
            elif key in _LOADS:
                load.add(name)
            elif key == "noload":
                noload.add(name)
            else:
                complain(ConfigError(f"unknown option '{line.key}'", line.file, line.lineno, line.key))
    return ModulesConf(autoload, frozenset(load), frozenset(noload))
