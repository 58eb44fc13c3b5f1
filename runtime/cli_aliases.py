"""cli_aliases.conf: other names for commands."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import Complain, Section

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

FILE = "cli_aliases.conf"


def read(sections: Iterable[Section], complain: Complain) -> dict[str, str]:
    """The aliases of the sections that [general] names as templates; of two alike the first counts."""
    every = list(sections)
    named = {one.name: one for one in every}
    found: dict[str, str] = {}
    for general in (one for one in every if one.name == "general"):
        for line in general.lines:
            if line.key.strip().lower() != "template":
                complain(ConfigError(f"unknown option '{line.key}'", line.file, line.lineno, line.key))
                continue
            template = named.get(line.value.strip())
            if template is None:
                complain(ConfigError(f"there is no section [{line.value}]", line.file, line.lineno, line.key))
                continue
            for alias in template.lines:
                found.setdefault(" ".join(alias.key.split()), " ".join(alias.value.split()))
    return found


class CliAliases:
    """Keeps the aliases of a runtime as configured. Meets `asterism.runtime.runtime.FrontEnd`.

    Args:
        rt: The runtime.
    """

    def __init__(self, rt: "Runtime") -> None:
        self._rt = rt

    async def start(self) -> None:
        """Read cli_aliases.conf; raises ConfigError when it is lost."""
        await self.reload()

    async def stop(self) -> None:
        """Forget them."""
        self._rt.commands.aliases.clear()

    async def reload(self) -> None:
        """Read them again; raises ConfigError when the old ones stay in force."""
        complain = self._rt.complain
        found = read(self._rt.configuration(FILE, complain), complain)
        self._rt.commands.aliases.clear()
        self._rt.commands.aliases.update(found)


def make(rt: "Runtime") -> CliAliases:
    """The aliases of a runtime."""
    return CliAliases(rt)
