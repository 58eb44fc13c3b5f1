"""The console on a real terminal: line editing, history, completion with descriptions, the log above the prompt."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path

from asterism.runtime.console.link import Link
from asterism.runtime.console.render import Painter
from asterism.runtime.patterns import last_word_at, quoted_word
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, is_searching
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.patch_stdout import StdoutProxy
from prompt_toolkit.styles import Style

HISTORY = Path("~/.asterism_history")

QUIET_WAIT_S = 0.25
"How long the next prompt waits for the output of a command, so that it stands below it."

TWICE_WITHIN_S = 3.0
"How soon a second Ctrl-C must follow to stop a server from its own console."

_STYLE = Style.from_dict(
    {
        "completion-menu": "bg:#303030 #d0d0d0",
        "completion-menu.completion.current": "bg:#005f87 #ffffff",
        "completion-menu.meta.completion": "bg:#262626 #8a8a8a",
        "completion-menu.meta.completion.current": "bg:#005f87 #e4e4e4",
        "completion-menu.multi-column-meta": "bg:#262626 #8a8a8a",
    }
)


class LinkCompleter(Completer):
    """Asks the server what may come next."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> list[Completion]:
        """Nothing: the server can only be asked without waiting."""
        return []

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """The candidates for the word before the cursor."""
        line = document.text_before_cursor
        if line.startswith("!"):
            return
        start = last_word_at(line) - len(line)
        for word, description in await self._link.complete(line):
            yield Completion(f"{quoted_word(word)} ", start, display=word, display_meta=description)


def _history() -> History:
    try:
        path = HISTORY.expanduser()
        path.touch(mode=0o600)
        return FileHistory(str(path))
    except (OSError, RuntimeError):
        return InMemoryHistory()


class Terminal:
    """A console with everything.

    Args:
        link: The connection.
        painter: How records look.
        local: It runs in the server's own process, as `-c`.
    """

    def __init__(self, link: Link, painter: Painter, *, local: bool = False) -> None:
        self._link, self._painter, self._local = link, painter, local
        self._screen = StdoutProxy(sleep_between_writes=0.05, raw=True)
        self._session: PromptSession[str] = PromptSession(
            history=_history(),
            completer=LinkCompleter(link),
            complete_while_typing=False,
            key_bindings=self._keys(),
            style=_STYLE,
            color_depth=None if painter.colour else ColorDepth.DEPTH_1_BIT,
            reserve_space_for_menu=8,
        )
        self._warned_s = -TWICE_WITHIN_S
        self.interrupted = False
        "Whether the console was left by Ctrl-C."

    def say(self, text: str) -> None:
        """Print a line above the prompt."""
        self._screen.write(text + "\n")

    def _output(self, line: str) -> None:
        self.say(self._painter.output(line))

    async def run(self) -> None:
        """Return when the operator leaves, or the connection is over."""
        link = self._link
        link.on_record = lambda record: self.say(self._painter.console(record))
        over = asyncio.ensure_future(self._leave_when_over())
        try:
            while not link.over.is_set():
                try:
                    line = (await self._session.prompt_async(link.prompt, handle_sigint=False)).strip()
                except KeyboardInterrupt:
                    self.interrupted = True
                    break
                except EOFError:
                    if not self._local:
                        break
                    self._say_how_to_stop()
                    continue
                if line in ("quit", "exit") and not self._local:
                    break
                await self._obey(line)
        finally:
            over.cancel()
            self._screen.close()

    def _say_how_to_stop(self) -> None:
        self.say("This console belongs to the server itself: 'core stop now' ends both.")

    async def _obey(self, line: str) -> None:
        if line in ("quit", "exit"):
            self._say_how_to_stop()
        elif line.startswith("!"):
            await self._shell(line[1:])
        elif line:
            done = self._link.run(line, self._output)
            # The next prompt comes below the output; a command that takes long goes on above it.
            await asyncio.wait((done,), timeout=QUIET_WAIT_S)

    async def _shell(self, line: str) -> None:
        if not self._link.hello.get("shell"):
            self.say("The shell is switched off; see disable_remote_console_shell in asterisk.conf.")
            return
        self._screen.flush()
        process = await asyncio.create_subprocess_shell(line or "${SHELL:-/bin/sh}", stdin=sys.stdin)
        await process.wait()

    async def _leave_when_over(self) -> None:
        await self._link.over.wait()
        app = self._session.app
        if app.is_running:
            app.exit(exception=EOFError)
        self._local = False

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()

        @Condition
        def outside_quotes() -> bool:
            return self._session.default_buffer.document.text_before_cursor.count('"') % 2 == 0

        @keys.add("?", filter=outside_quotes & ~is_searching)
        def _explain(event: KeyPressEvent) -> None:
            event.app.create_background_task(self._explain(event.current_buffer.document.text_before_cursor))

        @keys.add("c-c", filter=~is_searching)
        def _interrupt(event: KeyPressEvent) -> None:
            if event.current_buffer.text:
                event.current_buffer.reset()
            elif self._local and time.monotonic() - self._warned_s > TWICE_WITHIN_S:
                self._warned_s = time.monotonic()
                self.say("Ctrl-C once more stops the server and all calls.")
            else:
                event.app.exit(exception=KeyboardInterrupt, style="class:aborting")

        return keys

    async def _explain(self, line: str) -> None:
        candidates = await self._link.complete(line)
        width = max((len(word) for word, _ in candidates), default=0)
        for word, description in candidates:
            self.say(f"  {word:<{width}}  {description}".rstrip())
        if not candidates:
            self.say("  (nothing more)")
