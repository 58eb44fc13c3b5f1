"""What a program is told at the beginning: the block of agi_ lines, and for a script the environment."""

import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from asterism.functions.system import version

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel


def block(
    chan: "Channel",
    request: str,
    arguments: Sequence[str] = (),
    *,
    enhanced: bool = False,
    network_script: str | None = None,
) -> str:
    """The lines that a conversation begins with, the empty one at the end too.

    Args:
        chan: Whose call.
        request: The script or the URL, as the dialplan names it.
        arguments: agi_arg_1 and so on.
        enhanced: The script hears the call (EAGI).
        network_script: The path of a FastAGI URL; None when it is no FastAGI.
    """
    caller = chan.caller
    pairs: list[tuple[str, object]] = []
    if network_script is not None:
        pairs += [("network", "yes"), ("network_script", network_script)]
    pairs += [
        ("request", request),
        ("channel", chan.name),
        ("language", chan.language),
        ("type", chan.technology),
        ("uniqueid", chan.uniqueid),
        ("version", version.body(chan)),
        ("callerid", caller.number or "unknown"),
        ("calleridname", caller.name or "unknown"),
        ("callingpres", chan.builtin("CALLINGPRES")),
        ("callingani2", chan.builtin("CALLINGANI2")),
        ("callington", chan.builtin("CALLINGTON")),
        ("callingtns", chan.builtin("CALLINGTNS")),
        ("dnid", chan.dialed or "unknown"),
        ("rdnis", chan.redirecting.number or "unknown"),
        ("context", chan.context),
        ("extension", chan.exten),
        ("priority", chan.priority),
        ("enhanced", "1.0" if enhanced else "0.0"),
        ("accountcode", chan.accountcode),
        ("threadid", threading.get_ident()),
    ]
    pairs += [(f"arg_{number}", argument) for number, argument in enumerate(arguments, 1)]
    # A line break in a caller's name must not become a line of its own.
    lines = (f"agi_{name}: {value}".replace("\r", " ").replace("\n", " ") for name, value in pairs)
    return "\n".join((*lines, "", ""))


def process_environment(chan: "Channel") -> dict[str, str]:
    """The environment of a script: this process's own, and where things are."""
    there = chan.switch.directories
    return {
        **os.environ,
        "AST_CONFIG_DIR": str(there.etc),
        "AST_CONFIG_FILE": str(there.etc / "asterisk.conf"),
        "AST_MODULE_DIR": str(there.modules),
        "AST_SPOOL_DIR": str(there.spool),
        "AST_MONITOR_DIR": str(there.spool / "monitor"),
        "AST_VAR_DIR": str(there.var_lib),
        "AST_DATA_DIR": str(there.data),
        "AST_LOG_DIR": str(there.log),
        "AST_AGI_DIR": str(there.agi),
        "AST_KEY_DIR": str(there.keys),
        "AST_RUN_DIR": str(there.run),
        "AST_SYSTEMNAME": chan.switch.system_name,
        "AST_VERSION": version.body(chan),
    }
