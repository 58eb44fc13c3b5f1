"""cli.conf: commands that run when the server starts."""

from dataclasses import dataclass, field
from pathlib import Path

from asterism.dialplan import reader
from asterism.dialplan.errors import DialplanError
from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import FALSE_WORDS, Complain, is_true

FILE = "cli.conf"


@dataclass
class StartupCommands:
    """What [startup_commands] says.

    Args:
        early: Commands that run as soon as there are commands; Asterisk's pre-init and pre-module.
        late: Commands that run when everything is loaded.
    """

    early: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)


def load(folder: Path, complain: Complain) -> StartupCommands:
    """Read cli.conf."""
    found = StartupCommands()
    if not (folder / FILE).exists():
        return found
    try:
        config = reader.read(FILE, folder)
    except DialplanError as error:
        complain(ConfigError(error.message, error.file, error.line))
        return found
    for section in config:
        if section.name != "startup_commands":
            continue
        for line in section.lines:
            when = line.value.strip().lower()
            if when in ("pre-init", "pre-module"):
                found.early.append(line.key.strip())
            elif when == "fully-booted" or is_true(when):
                found.late.append(line.key.strip())
            elif when not in FALSE_WORDS:
                complain(ConfigError(f"when is '{line.value}'?", line.file, line.lineno, line.key))
    return found
