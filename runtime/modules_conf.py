"""modules.conf: what is loaded, what is not, and what must be there, in Asterisk's names of modules."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from asterism.runtime.asterisk_names import NEEDS
from asterism.runtime.errors import ConfigError, ModuleMissing
from asterism.runtime.settings import FALSE_WORDS, Complain, Section, is_true

_LOADS = frozenset(("load", "require", "preload", "preload-require"))


@dataclass(frozen=True)
class ModulesConf:
    """What modules.conf says.

    Args:
        autoload: Whether what is not named is loaded.
        load: Modules by name, without `.so`, and where they are named as `file:line`; preloaded ones first.
        noload: Modules that are not loaded, whatever else is said of them.
        required: Modules without which nothing starts.
    """

    autoload: bool = True
    load: Mapping[str, str] = field(default_factory=dict)
    noload: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()

    def wants(self, module: str) -> bool:
        """Whether a module of Asterisk's, such as `chan_sip`, would be loaded."""
        if module in self.noload or any(each in self.noload for each in NEEDS.get(module, ())):
            return False
        return self.autoload or module in self.load

    def missing(self, is_here: Callable[[str], bool]) -> str:
        """Name what is to be loaded and is not here, in one line, as a list written for all of Asterisk names dozens.

        Raises:
            ModuleMissing: It is required.
        """
        missing = {name: where for name, where in self.load.items() if not is_here(name)}
        for name, where in missing.items():
            if name in self.required:
                raise ModuleMissing(f"{where}: module {name} is required and not here")
        named = ", ".join(f"{name} ({where})" for name, where in missing.items())
        return f"Modules that are to be loaded are not here: {named}" if named else ""


def read(sections: Iterable[Section], complain: Complain) -> ModulesConf:
    """Read modules.conf. That a module is Asterisk's and unknown here is no fault; a word that nobody knows is."""
    autoload = True
    first: dict[str, str] = {}
    later: dict[str, str] = {}
    noload: set[str] = set()
    required: set[str] = set()
    for section in sections:
        if section.name != "modules":
            continue
        for line in section.lines:
            key, name = line.key.strip().lower(), line.value.strip().removesuffix(".so")
            if key == "autoload":
                autoload = is_true(line.value)
                if not autoload and line.value.strip().lower() not in FALSE_WORDS:
                    text = f"autoload = {line.value}: neither yes nor no; nothing is loaded that is not named"
                    complain(ConfigError(text, line.file, line.lineno, line.key))
            elif key in _LOADS:
                wanted = first if key.startswith("preload") else later
                wanted[name] = f"{line.file}:{line.lineno}"
                if key.endswith("require"):
                    required.add(name)
            elif key == "noload":
                noload.add(name)
            else:
                complain(ConfigError(f"unknown option '{line.key}'", line.file, line.lineno, line.key))
    load = {name: where for name, where in {**first, **later}.items() if name not in noload}
    return ModulesConf(autoload, load, frozenset(noload), frozenset(required - noload))
