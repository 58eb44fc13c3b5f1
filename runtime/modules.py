"""Modules: Python modules that hold declarations, loaded and unloaded by name, theirs or Asterisk's."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

from asterism.runtime.asterisk_names import BUILT_IN, is_asterisks, unit_of
from asterism.runtime.declare import Action, Application, Command, Declaration, Function, Noun
from asterism.runtime.grammar import Commands
from asterism.runtime.log import Log

PACKAGES = ("asterism.apps", "asterism.functions", "asterism.runtime.commands", "asterism.runtime.actions")
"Where the house's own modules are; all of them are loaded unless a runtime is told otherwise."

EMBEDDED = "embedded"
"What is declared with `rt.application` and its kin counts as this module."


class Modules:
    """What is loaded. Meets `asterism.dialplan.scope.Registry`."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.generation = 0
        "Number of changes so far; compiled dialplan steps of an older one are made anew."
        self.loaded: dict[str, list[Declaration]] = {}
        "Declarations by name of their module, in order of loading."
        self.wanted: Callable[[str], bool] = lambda unit: True
        "Whether a module of Asterisk's is to be loaded, and with it what it provides."
        self.held: dict[str, list[Declaration]] = {}
        "What is not in force, by the module of Asterisk's that provides it: left out, or unloaded."
        self.changed: Callable[[str, bool], None] = lambda name, loaded: None
        "Told which module is loaded now, or no more."
        self._applications: dict[str, Application] = {}
        self._functions: dict[str, Function] = {}
        self._by_lower: dict[str, Application] = {}
        self.commands = Commands()
        "By pattern."
        # What Asterisk's sample of cli_aliases.conf gives beside names that are commands here.
        self.commands.aliases["originate"] = "channel originate"
        self.actions: dict[str, Action] = {}
        self.nouns: dict[str, Noun] = {}

    @property
    def applications(self) -> Mapping[str, Application]:
        """Applications by name."""
        return MappingProxyType(self._applications)

    @property
    def functions(self) -> Mapping[str, Function]:
        """Functions by name."""
        return MappingProxyType(self._functions)

    def application(self, name: str) -> Application | None:
        """An application by name, in any case."""
        return self._applications.get(name) or self._by_lower.get(name.lower())

    def function(self, name: str) -> Function | None:
        """A function by its exact name."""
        return self._functions.get(name)

    def load(self, name: str) -> list[Declaration]:
        """Load a module; nothing when it is loaded already.

        Args:
            name: Its full name, or the last part of it (`dial` for `asterism.apps.dial`).

        Raises:
            ImportError: There is none, or it cannot be imported.
        """
        full = self.full_name(name)
        if full in self.loaded:
            return self.loaded[full]
        module = importlib.import_module(full)
        found = declarations_of(module)
        self.loaded[full] = []
        for declaration in found:
            self.add(declaration, full)
        self.changed(name, True)
        return found

    def load_all(self, packages: Iterable[str] = PACKAGES) -> None:
        """Load all modules of some packages; one that fails is logged, and the others are loaded."""
        for package in packages:
            for entry in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
                try:
                    self.load(entry.name)
                except Exception as error:
                    self._log.error(f"Module {entry.name} could not be loaded: {error!r}")
                    self._log.traceback(error)

    def unload(self, name: str) -> bool:
        """Forget what a module declares; False when it is not loaded.

        Args:
            name: A Python module, or one of Asterisk's: `app_echo.so`.
        """
        unit = name.removesuffix(".so")
        if is_asterisks(unit):
            declarations = self.units().get(unit)
            if declarations is not None:
                self.held[unit] = declarations
        else:
            declarations = self.loaded.pop(self.full_name(name), None)
        if declarations is None:
            return False
        for declaration in declarations:
            self._discard(declaration)
        self._by_lower = {each.name.lower(): each for each in self._applications.values()}
        self.generation += 1
        self.changed(name, False)
        return True

    def load_unit(self, name: str) -> bool:
        """Put into force what a module of Asterisk's provides and was held back; False when there is nothing."""
        declarations = self.held.pop(name.removesuffix(".so"), [])
        for declaration in declarations:
            self._put_into_force(declaration)
        if declarations:
            self.changed(name, True)
        return bool(declarations)

    def units(self) -> dict[str, list[Declaration]]:
        """What is in force, by the module of Asterisk's that provides it."""
        found: dict[str, list[Declaration]] = {}
        for each in (*self._applications.values(), *self._functions.values()):
            unit = unit_of(each.name)
            if unit:
                found.setdefault(unit, []).append(each)
        return found

    def serves(self, name: str) -> bool:
        """Whether there is what a module of Asterisk's does, as far as it is built in or declared; or a Python one."""
        unit = name.removesuffix(".so")
        return unit in BUILT_IN or unit in self.units() or self.full_name(unit) in self.loaded

    def _discard(self, declaration: Declaration) -> None:
        if isinstance(declaration, Command):
            self.commands.pop(declaration.name, None)
            return
        tables: tuple[dict[str, Any], ...] = (self._applications, self._functions, self.actions, self.nouns)
        for table in tables:
            if table.get(declaration.name) is declaration:
                del table[declaration.name]

    def full_name(self, name: str) -> str:
        """The full name of a module that is named by its last part."""
        if "." in name or name == EMBEDDED:
            return name
        for package in PACKAGES:
            if importlib.util.find_spec(f"{package}.{name}") is not None:
                return f"{package}.{name}"
        return name

    def add(self, declaration: Declaration, module: str = EMBEDDED) -> None:
        """Take a declaration into force; a later one of the same name replaces an earlier one."""
        self.loaded.setdefault(module, []).append(declaration)
        unit = unit_of(declaration.name) if isinstance(declaration, Application | Function) else ""
        if unit and module != EMBEDDED and not self.wanted(unit):
            self.held.setdefault(unit, []).append(declaration)
            return
        self._put_into_force(declaration)

    def _put_into_force(self, declaration: Declaration) -> None:
        if isinstance(declaration, Application):
            self._applications[declaration.name] = declaration
            self._by_lower[declaration.name.lower()] = declaration
        elif isinstance(declaration, Function):
            self._functions[declaration.name] = declaration
        elif isinstance(declaration, Command):
            self.commands[declaration.name] = declaration
        elif isinstance(declaration, Action):
            self.actions[declaration.name] = declaration
        elif isinstance(declaration, Noun):
            self.nouns[declaration.name] = declaration
        self.generation += 1


def declarations_of(module: ModuleType) -> list[Declaration]:
    """The declarations that a module makes itself, not those it imports."""
    found = []
    for value in vars(module).values():
        if isinstance(value, Declaration) and value.module == module.__name__ and value not in found:
            found.append(value)
    return found
