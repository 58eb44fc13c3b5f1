"""asterisk.conf: where things live, and the switches of the process."""

import socket
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.dialplan import reader
from asterism.dialplan.errors import DialplanError
from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import AsteriskConf, Complain, DirectorySettings, Entry, Files, Options, read

if TYPE_CHECKING:
    from asterism.runtime.switch import Directories


def directories_of(settings: DirectorySettings, base: Path | None = None) -> "Directories":
    """Where things live, by [directories]; relative paths are meant from `base`."""
    # Here, since `asterism -rx` reads asterisk.conf too and has no use for the switch, nor for asyncio below it.
    from asterism.runtime.switch import Directories

    paths = [getattr(settings, entry.name) for entry in fields(settings)]
    return Directories(*(path if base is None else base / path for path in paths))


WITHOUT_EFFECT = frozenset(
    (
        "cache_media_frames", "cache_record_files", "channel_storage_backend", "dontwarn", "forceblackbackground",
        "hide_messaging_ami_events", "initcrypto", "lockbacktrace", "lockconfdir", "mindtmfduration",
        "record_cache_dir", "refdebug", "rtp_pt_dynamic", "rtp_use_dynamic", "stdexten", "trace",
        "transcode_via_sln", "transmit_silence",
    )
)  # fmt: skip
"Options that Asterisk has and that change nothing here; who sets one is told."


def _options(lines: Iterable[Entry], complain: Complain, base: Options) -> Options:
    kept = list(lines)
    found = read(Options, kept, complain, base)
    plain = Options()
    for line in kept:
        name = line.key.strip().lower()
        if name in WITHOUT_EFFECT and getattr(found, name) != getattr(plain, name):
            complain(ConfigError(f"'{line.key}' has no effect here", line.file, line.lineno, line.key))
    if found.documentation_language.lower() not in ("en", "en_us"):
        complain(ConfigError("documentation_language: the help is in English only", "asterisk.conf"))
    if found.autosystemname and not found.systemname:
        found = replace(found, systemname=socket.gethostname() or "localhost")
    return found


def _compat(lines: Iterable[Entry], complain: Complain) -> None:
    """[compat] may ask for the manners of Asterisk 1.4, which nothing here has; those of 1.6 are what there is."""
    for line in lines:
        if line.key.strip().lower() not in ("app_set", "pbx_realtime", "res_agi"):
            complain(ConfigError(f"unknown option '{line.key}'", line.file, line.lineno, line.key))
        elif line.value.strip().startswith("1.4"):
            text = f"{line.key} = {line.value}: the manners of Asterisk 1.4 are not served, those of 1.6 count"
            complain(ConfigError(text, line.file, line.lineno, line.key))


def load(path: Path, complain: Complain) -> AsteriskConf:
    """Read asterisk.conf; what is wrong goes to `complain`, and the default counts there.

    Args:
        path: The file. When there is none, its folder is where the configuration is.
        complain: Takes a ConfigError for each thing wrong.
    """
    folder = path.parent.absolute()
    conf = AsteriskConf(directories=replace(DirectorySettings(), astetcdir=folder))
    if not path.exists():
        return conf
    try:
        config = reader.read(path.name, folder)
    except DialplanError as error:
        complain(ConfigError(error.message, error.file, error.line))
        return conf
    for warning in config.warnings:
        complain(ConfigError(warning.message, warning.file, warning.line))
    for section in config:
        name = section.name.lower()
        if name == "directories":
            found = read(DirectorySettings, section.lines, complain, conf.directories)
            conf = replace(conf, directories=found)
        elif name == "options":
            conf = replace(conf, options=_options(section.lines, complain, conf.options))
        elif name == "files":
            conf = replace(conf, files=read(Files, section.lines, complain, conf.files))
        elif name == "compat":
            _compat(section.lines, complain)
        elif name != "modules":
            complain(ConfigError(f"unknown section [{section.name}]", section.file, section.lineno))
    absolute = {entry.name: folder / getattr(conf.directories, entry.name) for entry in fields(conf.directories)}
    return replace(conf, directories=DirectorySettings(**absolute))
