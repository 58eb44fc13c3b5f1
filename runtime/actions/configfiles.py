"""Actions on configuration files, inside the configuration folder only."""

import asyncio
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.dialplan import reader
from asterism.dialplan.errors import DialplanError
from asterism.runtime.configtext import CategoryFilter, ConfigText, Unwritable
from asterism.runtime.declare import action
from asterism.runtime.errors import AsterismError
from asterism.runtime.request import Header, Request, Response
from asterism.runtime.settings import FALSE_WORDS, is_true

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

CHANGES_MAX = 10_000
"Changes of one UpdateConfig; their numbers go to 999999."


def _path(rt: "Runtime", name: str) -> Path:
    """The file of this name; one outside the configuration folder is refused, whatever leads there."""
    if not name:
        raise AsterismError("Filename not specified")
    if rt.config_dir is None:
        raise AsterismError("Config file not found")
    root = rt.config_dir.resolve()
    path = (root / name).resolve()
    if "\0" in name or not path.is_relative_to(root) or path == root:
        raise AsterismError("File requires escalated privileges")
    return path


async def _read(rt: "Runtime", name: str) -> reader.Config:
    path = _path(rt, name)
    if not path.is_file():
        raise AsterismError("Config file not found")
    try:
        return await asyncio.to_thread(reader.read, path, path.parent)
    except DialplanError:
        raise AsterismError("Config file has invalid format") from None


def _wanted(config: reader.Config, request: Request) -> Iterator[reader.Section]:
    """The sections that are asked for by name, and by `Filter`; those to inherit from only if it says so."""
    category, chosen = request.get("Category"), CategoryFilter(request.get("Filter"))
    for section in config.sections:
        if category in ("", section.name) and chosen.fits(section.template, section.lines):
            yield section


@action("GetConfig", privilege="system,config", headers="Filename* Category Filter")
async def get_config(rt: "Runtime", request: Request) -> Response:
    """Show a configuration file: categories and lines, numbered."""
    config = await _read(rt, request.get("Filename"))
    headers: list[Header] = []
    for number, section in enumerate(_wanted(config, request)):
        headers.append((f"Category-{number:06d}", section.name))
        if section.template:
            headers.append((f"IsTemplate-{number:06d}", 1))
        if section.templates:
            headers.append((f"Templates-{number:06d}", ",".join(section.templates)))
        for at, line in enumerate(section.lines):
            headers.append((f"Line-{number:06d}-{at:06d}", f"{line.key}={line.value}"))
    if not headers:
        return Response("Success", lines=["No categories found"])
    return Response("Success", headers=headers)


@action("GetConfigJSON", privilege="system,config", headers="Filename* Category Filter")
async def get_config_json(rt: "Runtime", request: Request) -> Response:
    """Show a configuration file as JSON."""
    config = await _read(rt, request.get("Filename"))
    found = []
    for section in _wanted(config, request):
        pairs: list[tuple[str, object]] = [("istemplate", 1)] if section.template else []
        if section.templates:
            pairs.append(("templates", ",".join(section.templates)))
        pairs += [(line.key, line.value) for line in section.lines]
        # A key may come more than once; whoever reads it as JSON's grammar allows sees every one.
        found.append(f"{_json(section.name)}:{{{','.join(f'{_json(key)}:{_json(value)}' for key, value in pairs)}}}")
    return Response("Success", headers=[("JSON", f"{{{','.join(found)}}}")])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@action("ListCategories", privilege="config", headers="Filename*")
async def list_categories(rt: "Runtime", request: Request) -> Response:
    """List the categories of a configuration file."""
    config = await _read(rt, request.get("Filename"))
    headers: list[Header] = [(f"Category-{at:06d}", each.name) for at, each in enumerate(config)]
    if not headers:
        return Response("Error", "Error: no categories found")
    return Response("Success", headers=headers)


@action("CreateConfig", privilege="config")
async def create_config(rt: "Runtime", filename: str = "") -> Response:
    """Create an empty file in the configuration folder."""
    path = _path(rt, filename)

    def create() -> None:
        path.open("x").close()

    try:
        await asyncio.to_thread(create)
    except OSError as error:
        return Response.error(error.strerror or "File could not be created")
    return Response.success("New configuration file created successfully")


@action(
    "UpdateConfig",
    privilege="config",
    headers="SrcFilename* DstFilename* Reload PreserveEffectiveContext Action-NNNNNN Cat-NNNNNN Var-NNNNNN "
    "Value-NNNNNN Match-NNNNNN Line-NNNNNN Options-NNNNNN",
)
async def update_config(rt: "Runtime", request: Request) -> Response:
    """Change a configuration file, all changes or none.

    `SrcFilename` is read, `DstFilename` written. Each change is `Action-N` (newcat, renamecat, delcat, emptycat,
    update, delete, append, insert) with `Cat-N`, `Var-N`, `Value-N`, `Match-N`, `Line-N` (counted with what comes from
    templates), and `Options-N`: `template`, `inherit="a,b"`, `allowdups`, `catfilter="name=expression"`. When a
    template changes, those who inherit from it keep what they had, unless `PreserveEffectiveContext` is no. With
    `Reload` what was changed is read.
    """
    names = request.get("SrcFilename"), request.get("DstFilename")
    source, target = (_path(rt, each) for each in names)
    if not source.is_file():
        raise AsterismError("Config file not found")
    text = ConfigText(await asyncio.to_thread(source.read_text, "utf-8", "surrogateescape"))
    for at in range(CHANGES_MAX):
        change = request.get(f"Action-{at:06d}")
        if not change:
            break
        _apply(text, change.lower(), request, f"{at:06d}")
    try:
        keep = request.get("PreserveEffectiveContext", "yes").lower() not in FALSE_WORDS
        await asyncio.to_thread(_write, target, text.text(keep_meaning=keep))
    except OSError:
        return Response.error("Save of config failed")
    if "Reload" in request:
        await _reload(rt, request.get("Reload"), source.stem)
    return Response("Success")


def _apply(text: ConfigText, change: str, request: Request, number: str) -> None:
    def part(name: str) -> str:
        return request.get(f"{name}-{number}")

    category = part("Cat")
    if not category:
        raise AsterismError("Category not specified")
    values = part("Var"), part("Value"), part("Match")
    if any("\n" in each or "\r" in each for each in (category, *values)):
        raise AsterismError("Update did not complete successfully")
    try:
        text.change(change, category, *values, line=part("Line"), options=part("Options"))
    except Unwritable as error:
        raise AsterismError(str(error)) from None


def _write(path: Path, text: str) -> None:
    """Replace a file as a whole, so that nobody ever reads half of it."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o640
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


async def _reload(rt: "Runtime", wanted: str, stem: str) -> None:
    if not wanted or wanted.lower() in FALSE_WORDS:
        return
    module = {"extensions": "dialplan"}.get(stem, stem) if is_true(wanted) else wanted.removesuffix(".so")
    try:
        await rt.reload({"pbx_config": "dialplan", "chan_sip": "sip", "res_pjsip": "pjsip"}.get(module, module))
    except AsterismError as error:
        rt.log.notice(f"UpdateConfig: {error}")
