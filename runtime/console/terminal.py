"""The console on a real terminal: line editing, history, completion with descriptions, the log above the prompt."""

import asyncio
import contextlib
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from asterism.runtime.console.link import Link
from asterism.runtime.console.render import Painter
from asterism.runtime.patterns import last_word_at, quoted_word
from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.completion import Completion, DummyCompleter, get_common_complete_suffix
from prompt_toolkit.filters import Condition, completion_is_selected, is_searching
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPress, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.patch_stdout import StdoutProxy
from prompt_toolkit.styles import Style

HISTORY = Path("~/.asterism_history")

QUIET_WAIT_S = 0.25
"How long the next prompt waits for the output of a command, so that it stands below it."

CANDIDATES_WITHIN_S = 5.0
"How long the keyboard waits for candidates."

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


def _history() -> History:
    try:
        path = HISTORY.expanduser()
        path.touch(mode=0o600)
        return FileHistory(str(path))
    except (OSError, RuntimeError):
        return InMemoryHistory()


@contextlib.contextmanager
def plain_keys(fd: int) -> Iterator[None]:
    """Let Ctrl-C and its kin be keys and nothing else.

    While lines are printed above the prompt the terminal is not in raw mode for a moment; the key would then be a
    signal, and end the console, or the server whose console it is.
    """
    try:
        before = termios.tcgetattr(fd)
    except termios.error:
        yield
        return
    changed = list(before)
    changed[6] = list(before[6])
    for key in (termios.VINTR, termios.VQUIT, termios.VSUSP):
        changed[6][key] = b"\0"
    termios.tcsetattr(fd, termios.TCSANOW, changed)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSANOW, before)


class Terminal:
    """A console with everything.

    Args:
        link: The connection.
        painter: How records look.
        local: It runs in the server's own process, as `-c`.
    """

    def __init__(self, link: Link, painter: Painter, *, local: bool = False) -> None:
        self._link, self._painter, self._local = link, painter, local
        link.colour = painter.colour
        self._screen = StdoutProxy(sleep_between_writes=0.05, raw=True)
        self._session: PromptSession[str] = PromptSession(
            history=_history(),
            # The candidates come from the server, see _complete; a completer is named for the room of the menu.
            completer=DummyCompleter(),
            complete_while_typing=False,
            key_bindings=self._keys(),
            style=_STYLE,
            color_depth=None if painter.colour else ColorDepth.DEPTH_1_BIT,
            reserve_space_for_menu=8,
        )
        self._warned_s = -TWICE_WITHIN_S
        self._held: list[KeyPress] | None = None
        "Keys typed while the server is asked for candidates."
        self.interrupted = False
        "Whether the console was left by Ctrl-C."

    def say(self, text: str) -> None:
        """Print a line above the prompt."""
        self._screen.write(text + "\n")

    def _output(self, line: str) -> None:
        self.say(self._painter.output(line))

    async def run(self) -> None:
        """Return when the operator leaves, or the connection is over."""
        with plain_keys(sys.stdin.fileno()):
            await self._run()

    async def _run(self) -> None:
        link = self._link
        link.on_record = lambda record: self.say(self._painter.console(record))
        over = asyncio.ensure_future(self._leave_when_over())
        try:
            while not link.over.is_set():
                try:
                    line = (await self._session.prompt_async(ANSI(link.prompt), handle_sigint=False)).strip()
                except KeyboardInterrupt:
                    self.interrupted = True
                    break
                except EOFError:
                    if not self._local:
                        break
                    if self._session.input.closed:
                        # The terminal has gone; the server, and its calls, have not.
                        await link.over.wait()
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
        fd = sys.stdin.fileno()
        ours = termios.tcgetattr(fd)
        signals = list(ours)
        signals[6] = list(ours[6])
        for key, char in ((termios.VINTR, b"\x03"), (termios.VQUIT, b"\x1c"), (termios.VSUSP, b"\x1a")):
            signals[6][key] = char
        termios.tcsetattr(fd, termios.TCSANOW, signals)
        try:
            process = await asyncio.create_subprocess_shell(line or "${SHELL:-/bin/sh}", stdin=sys.stdin)
            await process.wait()
        finally:
            termios.tcsetattr(fd, termios.TCSANOW, ours)

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

        @Condition
        def asking() -> bool:
            return self._held is not None

        @keys.add("?", filter=outside_quotes & ~is_searching)
        def _explain(event: KeyPressEvent) -> None:
            event.app.create_background_task(self._explain(event.current_buffer.document.text_before_cursor))

        @keys.add("tab", filter=~is_searching)
        def _tab(event: KeyPressEvent) -> None:
            if event.current_buffer.complete_state is not None:
                event.current_buffer.complete_next()
            else:
                self._held = []
                event.app.create_background_task(self._complete(event.app, event.current_buffer))

        @keys.add(Keys.Any, filter=asking, eager=True)
        def _hold(event: KeyPressEvent) -> None:
            if self._held is not None:
                self._held.extend(event.key_sequence)

        @keys.add("enter", filter=completion_is_selected)
        def _take_selected(event: KeyPressEvent) -> None:
            event.current_buffer.complete_state = None

        @keys.add("f2", filter=~is_searching)
        def _filter(event: KeyPressEvent) -> None:
            event.current_buffer.text = "console filter "
            event.current_buffer.cursor_position = len(event.current_buffer.text)

        @keys.add("c-c", filter=~is_searching)
        def _interrupt(event: KeyPressEvent) -> None:
            self._interrupt(event)

        return keys

    def _interrupt(self, event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        elif self._local and time.monotonic() - self._warned_s > TWICE_WITHIN_S:
            self._warned_s = time.monotonic()
            self.say("Ctrl-C once more stops the server and all calls.")
        else:
            event.app.exit(exception=KeyboardInterrupt, style="class:aborting")

    async def _complete(self, app: "Application[str]", buffer: Buffer) -> None:
        """Complete the word before the cursor; what is typed meanwhile counts after it, as if it took no time."""
        line = buffer.document.text_before_cursor
        found: list[tuple[str, str]] = []
        try:
            if not line.startswith("!"):
                found = await asyncio.wait_for(self._link.complete(line), CANDIDATES_WITHIN_S)
        except TimeoutError:
            pass
        finally:
            held, self._held = self._held or [], None
        _offer(buffer, line, found)
        app.key_processor.feed_multiple(held)
        app.key_processor.process_keys()

    async def _explain(self, line: str) -> None:
        candidates = await self._link.complete(line)
        width = max((len(word) for word, _ in candidates), default=0)
        for word, description in candidates:
            self.say(f"  {word:<{width}}  {description}".rstrip())
        if not candidates:
            self.say("  (nothing more)")


def _offer(buffer: Buffer, line: str, found: list[tuple[str, str]]) -> None:
    """Insert the only candidate, or what all have in common, and open the menu."""
    start = last_word_at(line) - len(line)
    completions = [
        Completion(f"{quoted_word(word)} ", start, display=word, display_meta=description)
        for word, description in found
    ]
    if len(completions) == 1:
        buffer.apply_completion(completions[0])
        return
    common = get_common_complete_suffix(buffer.document, completions)
    if common:
        buffer.insert_text(common)
        completions = [each.new_completion_from_position(len(common)) for each in completions]
    if completions:
        buffer.complete_state = CompletionState(buffer.document, completions)
        buffer.on_completions_changed.fire()
