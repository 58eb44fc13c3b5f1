"""Commands on values: variables, functions, and the database."""

from typing import TYPE_CHECKING, cast

from asterism.dialplan import substitution
from asterism.dialplan.compile import Compiler
from asterism.dialplan.nodes import Variable
from asterism.dialplan.scope import BUILTINS, LOCATION, EvaluateLater
from asterism.functions.indirect import assign_later, value_of_later, variable_of
from asterism.runtime.agi.command import agi_command
from asterism.runtime.agi.protocol import Reply, result

if TYPE_CHECKING:
    from asterism.runtime.agi.conversation import Conversation
    from asterism.runtime.channel import Channel


@agi_command("GET VARIABLE", dead=True, see="GET FULL VARIABLE, SET VARIABLE")
async def get_variable(agi: "Conversation", variablename: str) -> Reply:
    """Read a variable or a function.

    Returns 1 with the value in parentheses, or 0 when there is none.
    """
    chan = agi.channel
    if not _is_there(chan, variablename):
        return result(0)
    if variablename == "PRIORITY":  # 0, behind an EXEC Goto to the first, which ${PRIORITY} would leave empty.
        return result(1, f"({chan.priority})")
    return result(1, f"({await value_of_later(chan, variablename)})")


def _is_there(chan: "Channel", name: str) -> bool:
    node = substitution.name(name)
    if not isinstance(node, Variable):
        if chan.source.registry.function(node.name) is None:
            chan.warn(f"Function {node.name} is not registered")
            return False
        return True
    return node.name in BUILTINS or node.name in LOCATION or variable_of(chan, node.name) is not None


@agi_command("GET FULL VARIABLE", dead=True, see="GET VARIABLE, SET VARIABLE")
async def get_full_variable(agi: "Conversation", expression: str, channelname: str = "") -> Reply:
    """Put variables and functions into a text, of this channel or of the one that is named.

    Returns 1 with the text in parentheses, or 0 when there is no such channel.
    """
    chan: Channel | None = agi.channel
    if channelname:
        chan = agi.channel.switch.channels.get(channelname)
    if chan is None:
        return result(0)
    compiled = Compiler(chan.source.registry).text(substitution.parse(expression))
    value = compiled.now(chan) if compiled.now else await cast(EvaluateLater, compiled.later)(chan)
    return result(1, f"({value})")


@agi_command("SET VARIABLE", dead=True, see="GET VARIABLE, GET FULL VARIABLE")
async def set_variable(agi: "Conversation", variablename: str, value: str) -> Reply:
    """Set a variable, or write a function. Returns 1."""
    await assign_later(agi.channel, variablename, value)
    return result(1)


@agi_command("DATABASE GET", dead=True, see="DATABASE PUT, DATABASE DEL, DATABASE DELTREE")
async def database_get(agi: "Conversation", family: str, key: str) -> Reply:
    """Read an entry of the database.

    Returns 1 with the value in parentheses, or 0 when there is none.
    """
    value = await agi.channel.switch.database.get(family, key)
    return result(0) if value is None else result(1, f"({value})")


@agi_command("DATABASE PUT", dead=True, see="DATABASE GET, DATABASE DEL, DATABASE DELTREE")
async def database_put(agi: "Conversation", family: str, key: str, value: str) -> Reply:
    """Write an entry of the database. Returns 1."""
    await agi.channel.switch.database.put(family, key, value)
    return result(1)


@agi_command("DATABASE DEL", dead=True, see="DATABASE GET, DATABASE PUT, DATABASE DELTREE")
async def database_del(agi: "Conversation", family: str, key: str) -> Reply:
    """Delete an entry of the database. Returns 1, even when there was none."""
    await agi.channel.switch.database.delete(family, key)
    return result(1)


@agi_command("DATABASE DELTREE", dead=True, see="DATABASE GET, DATABASE PUT, DATABASE DEL")
async def database_deltree(agi: "Conversation", family: str, keytree: str = "") -> Reply:
    """Delete a family of the database, or what begins with a key in it. Returns 0, or 1 when there was nothing."""
    tree = f"{family}/{keytree}" if keytree else family
    return result(0 if await agi.channel.switch.database.delete_tree(tree) else 1)
