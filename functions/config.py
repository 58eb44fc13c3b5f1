"""AST_CONFIG: what the configuration says, and ICONV: texts of other systems."""

import asyncio

from asterism.dialplan.errors import DialplanError
from asterism.functions import indirect
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError


@function("AST_CONFIG")
async def ast_config(chan: Channel, config_file: str, category: str, variable_name: str, index: str = "0") -> str:
    """Read a value of a configuration file.

    Args:
        config_file: Its name, in the folder of the configuration.
        category: The section, without its brackets.
        variable_name: The option.
        index: Which of several of that name, from 0; negative from the last; `*` joins all by commas.
    Compat: func_config. What is not there is empty.
    """
    if not variable_name:
        raise ArgumentError("AST_CONFIG needs a file, a category, and the name of an option")

    def values() -> list[str]:
        config = chan.switch.read_config(config_file)
        return [value for section in config if section.name == category for value in section.all(variable_name)]

    try:
        found = await asyncio.get_running_loop().run_in_executor(None, values)
    except (DialplanError, OSError) as error:
        raise ArgumentError(f"AST_CONFIG: {error}") from None
    if index == "*":
        return ",".join(found)
    number = indirect.integer(index) or 0
    return found[number] if -len(found) <= number < len(found) else ""


@function("ICONV")
def iconv(chan: Channel, in_charset: str, out_charset: str, string: str) -> str:
    """Write a text in another character set.

    Args:
        in_charset: The set it is in, such as `utf-8`.
        out_charset: The set it is wanted in, such as `iso8859-1`.
        string: The text.
    Compat: func_iconv. What the other set does not have becomes a question mark.
    """
    try:
        text = string.encode("utf-8", "surrogateescape").decode(in_charset, "replace")
        return text.encode(out_charset, "replace").decode("utf-8", "surrogateescape")
    except LookupError as error:
        raise ArgumentError(f"ICONV: {error}") from None
