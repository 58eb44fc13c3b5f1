"""Actions about the runtime: commands, settings, modules, reload."""

import time
from typing import TYPE_CHECKING

from asterism import __version__
from asterism.runtime.actions.named import channel_of, given
from asterism.runtime.channel import Channel
from asterism.runtime.commands.core import clock
from asterism.runtime.commands.modules import part_of, unload
from asterism.runtime.declare import action
from asterism.runtime.driver import Passage
from asterism.runtime.errors import AsterismError
from asterism.runtime.events import Reload
from asterism.runtime.front_ends import web_server_of
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
    lines = [f"Output: {line}" for line in reply.lines or [""]]
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
    options, web = rt.options, web_server_of(rt.front_ends.get("http"))
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
            ("CoreCDRenabled", "Yes" if rt.cdr.rules.enable else "No"),
            ("CoreHTTPenabled", "Yes" if web is not None and web.places() else "No"),
            ("SoundsSearchCustomDir", "Yes" if options.sounds_search_custom_dir else "No"),
        ]
    )


@action("CoreShowChannels", privilege="system,reporting")
def core_show_channels(rt: "Runtime") -> Response:
    """List the channels."""
    items = []
    for each in rt.channels.snapshots():
        items.append(
            Item(
                "CoreShowChannel",
                (
                    *channel_headers(each),
                    ("Application", each.application),
                    ("ApplicationData", each.app_data),
                    ("Duration", clock(rt.now() - each.created_s)),
                    ("BridgeId", each.bridge),
                ),
            )
        )
    return Response.listing("Channels will follow", items, "CoreShowChannelsComplete")


@action("CoreShowChannelMap", privilege="system,reporting")
def core_show_channel_map(rt: "Runtime", channel: str = "") -> Response:
    """List the channels that a channel is connected to, by bridges and by way of Local channels."""
    given((channel, "CoreShowChannelMap requires a channel."))
    found = channel_of(rt, channel, "Could not get channel snapshot")
    items = [
        Item("CoreShowChannelMap", [("Channel", found.name), ("ConnectedChannel", each.name)])
        for each in _connected(found)
    ]
    return Response.listing("Channel map will follow", items, "CoreShowChannelMapComplete")


def _connected(channel: Channel) -> list[Channel]:
    """Whom a channel hears, in order of their distance; the other half of a Local one is no step of its own."""
    found = [channel]
    for each in found:
        near = [] if each.bridge is None else list(each.bridge.members)
        beyond = each.leg.beyond if each is not channel and isinstance(each.leg, Passage) else None
        for other in (*near, beyond):
            if isinstance(other, Channel) and other not in found:
                found.append(other)
    return found[1:]


@action("LoggerRotate", privilege="system")
def logger_rotate(rt: "Runtime") -> Response:
    """Put the files of the log aside and begin new ones."""
    if rt.log.files is None:
        return Response.error("Failed to reload the logger and rotate log files")
    rt.log.files.rotate()
    return Response.success("Reloaded the logger and rotated log files")


@action("Reload", privilege="system,config")
async def reload(rt: "Runtime", module: str = "") -> Response:
    """Read configuration again.

    Args:
        module: What to read, by Asterisk's name of the module; everything when empty.
    """
    why = await _reloaded(rt, module)
    return Response.error(why) if why else Response.success("Module Reloaded")


async def _reloaded(rt: "Runtime", module: str) -> str:
    """Read configuration again; why not, when it cannot be done."""
    try:
        await rt.reload(part_of(module))
    except AsterismError:
        known = _is_loaded(rt, module)
        rt.bus.publish(Reload(module, 6 if known else 2))
        return "Module does not support reload" if known else "No such module"
    return ""


def _is_loaded(rt: "Runtime", module: str) -> bool:
    name = module.removesuffix(".so")
    return name in rt.running_parts() or rt.modules.serves(name)


@action("ModuleCheck", privilege="system")
def module_check(rt: "Runtime", module: str = "") -> Response:
    """Tell whether a module is loaded."""
    if not _is_loaded(rt, module):
        return Response.error("Module not loaded")
    return Response.success(headers=[("Version", "")])


@action("ModuleLoad", privilege="system")
async def module_load(rt: "Runtime", module: str = "", load_type: str = "") -> Response:
    """Load, unload, or reload a module.

    Args:
        module: Asterisk's name of it, or that of a Python module; to reload everything, none.
        load_type: load, unload, refresh, or reload.
    """
    what = load_type.lower()
    if what == "reload":
        return await _module_reload(rt, module)
    if what not in ("load", "unload", "refresh"):
        return Response.error("Incomplete ModuleLoad action.")
    if not module:
        return Response.error("Need module name")
    if what != "load" and not _is_loaded(rt, module):
        return Response.error("Module not found.")
    if what != "load" and not unload(rt, module):
        return Response.error("Could not unload module.")
    if what == "unload":
        return Response.success("Module unloaded.")
    if not rt.modules.load_unit(module.removesuffix(".so")):
        if _is_loaded(rt, module):
            return Response.error("Could not load module.")
        try:
            rt.load(module)
        except ImportError:
            return Response.error("Module not found.")
        except Exception as error:
            rt.log.error(f"Module {module} could not be loaded: {error!r}")
            return Response.error("Could not load module.")
    return Response.success("Module loaded.")


async def _module_reload(rt: "Runtime", module: str) -> Response:
    why = await _reloaded(rt, module)
    if why == "No such module":
        return Response.error("Module not found.")
    if why:
        return Response.error("Module does not support reload action.")
    return Response.success("Module reloaded." if module else "All modules reloaded")
