"""The SPEECH commands, as Asterisk answers them when no engine for speech recognition is loaded: none is here."""

from typing import TYPE_CHECKING

from asterism.runtime.agi.command import agi_command
from asterism.runtime.agi.protocol import Reply, result

if TYPE_CHECKING:
    from asterism.runtime.agi.conversation import Conversation


@agi_command("SPEECH CREATE")
async def speech_create(agi: "Conversation", engine: str = "", *ignored: str) -> Reply:
    """Begin to recognise speech with an engine; there is none. Returns 0."""
    return result(0)


@agi_command("SPEECH SET")
async def speech_set(agi: "Conversation", name: str, value: str, *ignored: str) -> Reply:
    """Change a setting of the engine. Returns 0, for there is none."""
    return result(0)


@agi_command("SPEECH DESTROY", dead=True)
async def speech_destroy(agi: "Conversation", *ignored: str) -> Reply:
    """Be done with the engine. Returns 0, for there is none."""
    return result(0)


@agi_command("SPEECH LOAD GRAMMAR")
async def speech_load_grammar(agi: "Conversation", name: str, path: str, *ignored: str) -> Reply:
    """Load a grammar into the engine. Returns 0, for there is none."""
    return result(0)


@agi_command("SPEECH UNLOAD GRAMMAR", dead=True)
async def speech_unload_grammar(agi: "Conversation", name: str, *ignored: str) -> Reply:
    """Forget a grammar of the engine. Returns 0, for there is none."""
    return result(0)


@agi_command("SPEECH ACTIVATE GRAMMAR")
async def speech_activate_grammar(agi: "Conversation", name: str, *ignored: str) -> Reply:
    """Use a grammar of the engine. Returns 0, for there is none."""
    return result(0)


@agi_command("SPEECH DEACTIVATE GRAMMAR")
async def speech_deactivate_grammar(agi: "Conversation", name: str, *ignored: str) -> Reply:
    """Use a grammar of the engine no longer. Returns 0, for there is none."""
    return result(0)


@agi_command("SPEECH RECOGNIZE")
async def speech_recognize(agi: "Conversation", prompt: str, timeout: str, *ignored: str) -> Reply:
    """Play a sound and listen to what is said. Returns 0, for there is no engine."""
    return result(0)
