"""Actions about the runtime: commands, settings, modules, reload."""

import time
from typing import TYPE_CHECKING

from asterism import __version__
from asterism.runtime.declare import action
from asterism.runtime.errors import AsterismError
from asterism.runtime.request import AMI_VERSION, Item, Response
from asterism.runtime.snapshots import channel_headers

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_BLACKLIST = (("module", "load"), ("module", "unload"), ("restart", "gracefully"))
"Commands that only a console may use: Asterisk's own list."


@action("Command", privilege="command")
async def command(rt: "Runtime", command: str = "") -> Response:
    """Run a console command."""
    if not command:
        return Response.error("No command provided")
    words = command.lower().split()
    if any(tuple(words[: len(each)]) == each for each in _BLACKLIST):
        return Response.error("Command blacklisted")
    reply = await rt.commands.run(rt, command)
    lines = [f"Output: {line}" for line in reply.lines]
    return Response("Success" if reply.ok else "Error", "Command output follows", lines=lines)


@action("CoreStatus", privilege="system,reporting")
def core_status(rt: "Runtime") -> Response:
    """Show when it started, and how many calls there are."""
    started, reloaded = time.localtime(rt.started_s), time.localtime(rt.reloaded_s)
    return Response.success(
        headers=[
            ("CoreStartupDate", time.strftime("%Y-%m-%d", started)),
            ("CoreStartupTime", time.strftime("%H:%M:%S", started)),
            ("CoreReloadDate", time.strftime("%Y-%m-%d", reloaded)),
            ("CoreReloadTime", time.strftime("%H:%M:%S", reloaded)),
            ("CoreCurrentCalls", rt.channels.calls),
            ("CoreProcessedCalls", rt.channels.processed),
        ]
    )


@action("CoreSettings", privilege="system,reporting")
def core_settings(rt: "Runtime") -> Response:
    """Show version and settings."""
    options = rt.options
    return Response.success(
        headers=[
            ("AMIversion", AMI_VERSION),
            ("AsteriskVersion", __version__),
            ("SystemName", options.systemname),
            ("CoreMaxCalls", options.maxcalls),
            ("CoreMaxLoadAvg", f"{options.maxload:.6f}"),
            ("CoreRunUser", options.runuser),
            ("CoreRunGroup", options.rungroup),
            ("CoreMaxFilehandles", options.maxfiles),
            ("CoreRealTimeEnabled", "No"),
            ("CoreCDRenabled", "No"),
            ("CoreHTTPenabled", "No"),
            ("SoundsSearchCustomDir", "Yes" if options.sounds_search_custom_dir else "No"),
        ]
    )


@action("CoreShowChannels", privilege="system,reporting")
def core_show_channels(rt: "Runtime") -> Response:
    """List the channels."""
    items = []
    for each in rt.channels.snapshots():
        seconds = int(rt.now() - each.created_s)
        length = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        items.append(
            Item(
                "CoreShowChannel",
                (
                    *channel_headers(each),
                    ("Application", each.application),
                    ("ApplicationData", each.app_data),
                    ("Duration", length),
                    ("BridgeId", each.bridge),
                ),
            )
        )
    return Response.listing("Channels will follow", items, "CoreShowChannelsComplete")


@action("Reload", privilege="system,config")
async def reload(rt: "Runtime", module: str = "") -> Response:
    """Read configuration again."""
    try:
        await rt.reload(_reloaded(module))
    except AsterismError:
        return Response.error("No such module")
    return Response.success("Module Reloaded")


_RELOADS = {"pbx_config": "dialplan", "chan_sip": "sip", "chan_pjsip": "pjsip", "res_pjsip": "pjsip"}


def _reloaded(module: str) -> str:
    name = module.removesuffix(".so")
    name = _RELOADS.get(name, name)
    for prefix in ("res_", "app_", "func_"):
        name = name.removeprefix(prefix)
    return name


def _ours(module: str) -> str:
    """Our name for one of Asterisk's modules: `app_dial.so` is `dial`."""
    name = module.removesuffix(".so")
    for prefix in ("app_", "func_", "res_", "chan_"):
        name = name.removeprefix(prefix)
    return name


@action("ModuleCheck", privilege="system")
def module_check(rt: "Runtime", module: str = "") -> Response:
    """Tell whether a module is loaded."""
    if not _is_loaded(rt, module):
        return Response.error("Module not loaded")
    return Response.success(headers=[("Version", "")])


def _is_loaded(rt: "Runtime", module: str) -> bool:
    name = module.removesuffix(".so")
    if name in ("chan_sip", "chan_pjsip", "res_pjsip", "chan_local"):
        return rt.driver({"chan_sip": "SIP", "chan_local": "Local"}.get(name, "PJSIP")) is not None
    ours = _ours(module)
    return any(each.rpartition(".")[2] == ours for each in rt.modules.loaded)


@action("ModuleLoad", privilege="system")
async def module_load(rt: "Runtime", module: str = "", load_type: str = "") -> Response:
    """Load, unload, or reload a module."""
    match load_type.lower():
        case "load" if not module:
            return Response.error("Need module name")
        case "load":
            try:
                rt.load(_ours(module))
            except ImportError:
                return Response.error("Module not found.")
            return Response.success("Module loaded.")
        case "unload" if not module:
            return Response.error("Need module name")
        case "unload":
            name = next((each for each in rt.modules.loaded if each.rpartition(".")[2] == _ours(module)), "")
            if not name or not rt.unload(name):
                return Response.error("Could not unload module.")
            return Response.success("Module unloaded.")
        case "reload":
            try:
                await rt.reload(_reloaded(module))
            except AsterismError:
                loaded = _is_loaded(rt, module)
                return Response.error("Module does not support reload action." if loaded else "Module not found.")
            return Response.success("Module reloaded.")
        case _:
            return Response.error("Incomplete ModuleLoad action.")
