"""The server: a runtime with its log, its control socket, its signals, and perhaps a console of its own."""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from asterism.runtime.cli_permissions import may_run
from asterism.runtime.console import startup as startup_commands
from asterism.runtime.console.link import Link
from asterism.runtime.console.logfiles import Files
from asterism.runtime.console.logger import Stream, Writer
from asterism.runtime.console.notify import Notifier
from asterism.runtime.console.process import Parent, PidFile, apply_limits, become, go_into_background
from asterism.runtime.console.remote import BANNER, converse, may_colour
from asterism.runtime.console.render import Painter
from asterism.runtime.console.server import ControlSocket, is_served
from asterism.runtime.errors import AsterismError, ConfigError, ModuleMissing
from asterism.runtime.events import Shutdown
from asterism.runtime.grammar import ASKER
from asterism.runtime.log import FOLLOW, Log
from asterism.runtime.runtime import Runtime
from asterism.runtime.settings import AsteriskConf

CONSOLE_END_S = 2.0
"How long the server waits for its own console to give the screen back."


class Service:
    """The program without -r.

    Args:
        conf: asterisk.conf, the command line put into its options.
        conf_path: Where it was read.
        path: The control socket.
        complaints: What was wrong with asterisk.conf.
        mute: Show no log on the screen.
    """

    def __init__(
        self,
        conf: AsteriskConf,
        conf_path: Path,
        path: Path,
        complaints: Sequence[ConfigError],
        *,
        mute: bool = False,
    ) -> None:
        self._conf, self._options = conf, conf.options
        self._conf_path, self._path, self._complaints, self._mute = conf_path, path, list(complaints), mute
        self._parent = Parent()
        self._pid_file = PidFile(conf.directories.astrundir / "asterisk.pid")
        self._screen: Writer | None = None
        self._files: Files | None = None
        self._status = 0
        self._restart = False
        self._notifier = Notifier()

    def main(self) -> int:
        """Be the server until it ends; returns the exit status."""
        options = self._options
        if is_served(self._path):
            sys.stderr.write(f"Asterism already running on {self._path}.  Use 'asterism -r' to connect.\n")
            return 1
        try:
            refused = apply_limits(options)
            become(options.runuser, options.rungroup)
        except ConfigError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        self._complaints += [ConfigError(text, str(self._conf_path)) for text in refused]
        if options.alwaysfork and not (options.nofork or options.console):
            self._parent = go_into_background()
            self._options = options = replace(options, quiet=True, console=False)
        try:
            self._pid_file.write()
            asyncio.run(self._serve())
        except ModuleMissing as error:
            # Asterisk's words and status: start scripts tell by them that another start would not help.
            self._fail(f"{error}\nModule initialization failed.  ASTERISK EXITING!", status=2)
        except ConfigError as error:
            self._fail(str(error))
        except asyncio.CancelledError:
            self._fail("Ended before it was ready.")
        finally:
            self._pid_file.remove()
        if self._restart:
            # The same program again in the same process, so that whoever watches it keeps its pid.
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
        return self._status

    def _fail(self, text: str, status: int = 1) -> None:
        self._status = status
        self._parent.tell(text)
        sys.stderr.write(f"{text}\n")

    # --- the log

    def _open_log(self, log: Log) -> None:
        options, folders = self._options, self._conf.directories
        files = log.files = self._files = Files(log, folders.astetcdir, folders.astlogdir)
        self._complaints += files.open()
        log.set_debug(options.debug)
        log.set_verbose(options.verbose)
        # The program shows its log itself: nothing of it goes to Python's last resort, which is stderr.
        logging.getLogger(log.name).addHandler(logging.NullHandler())
        if not options.quiet and not self._mute:
            shown = Painter(may_colour(options.nocolor), options.lightbackground, options.timestamp, pid=os.getpid())
            self._screen = Writer(_screen, shown.console, lambda level: level in files.console_levels)
            self._screen.say(BANNER)
            log.attach(self._screen.sink, verbose=FOLLOW, debug=FOLLOW)

    # --- life

    async def _serve(self) -> None:
        conf, options = self._conf, self._options
        self._watch_boot()
        log = Log()
        self._open_log(log)
        self._make_spool(log)
        rt = Runtime(conf.directories.astetcdir, directories=conf.directories, options=options, log=log)
        if self._files is not None:
            self._files.told = rt.bus.publish
        for complaint in self._complaints:
            rt.log.warning(str(complaint))
        startup = startup_commands.load(conf.directories.astetcdir, lambda error: rt.log.warning(str(error)))
        await self._run_startup(rt, startup.early)
        control = ControlSocket(
            rt,
            self._path,
            conf.files,
            shell=not options.disable_remote_console_shell,
            quiet=options.hideconnect,
            allows=lambda user, group, line: may_run(rt, user, group, line),
            system=options.systemname,
        )
        await control.start()
        try:
            async with rt:
                self._watch_signals(rt)
                await self._run_startup(rt, startup.late)
                self._notifier.ready()
                rt.bus.subscribe(self._ending, Shutdown)
                self._parent.tell()
                if self._screen is not None:
                    self._screen.say("Asterism Ready.")
                console = await self._open_console(rt, control) if options.console else None
                await rt.wait_closed()
                self._restart = rt.restart_wanted
                await control.stop(self._restart)
                if console is not None:
                    await asyncio.get_running_loop().run_in_executor(None, console.join, CONSOLE_END_S)
        except ConfigError:
            raise
        except AsterismError as error:
            raise ConfigError(str(error)) from error
        finally:
            await control.stop(self._restart)
            self._close_log(rt)

    def _make_spool(self, log: Log) -> None:
        """The folder of call files: that it is there makes the runtime look into it."""
        outgoing = self._conf.directories.astspooldir / "outgoing"
        try:
            outgoing.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.warning(f"There will be no call files: {outgoing} cannot be made: {error.strerror}")

    def _close_log(self, rt: Runtime) -> None:
        if self._screen is not None:
            rt.log.detach(self._screen.sink)
            self._screen.close()
        if self._files is not None:
            self._files.close()

    def _watch_boot(self) -> None:
        """Who ends the server before it is ready ends it all the same, and tidily."""
        loop, boot = asyncio.get_running_loop(), asyncio.current_task()
        if boot is not None:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, boot.cancel)

    def _watch_signals(self, rt: Runtime) -> None:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            rt.spawn(rt.stop(), "stop")

        def reload() -> None:
            if self._files is not None:
                self._files.rotate()
            rt.spawn(self._reload(rt), "reload")

        loop.add_signal_handler(signal.SIGTERM, stop)
        loop.add_signal_handler(signal.SIGINT, stop)
        loop.add_signal_handler(signal.SIGHUP, reload)
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            # They would end the process, and its calls; nobody can want that of them.
            loop.add_signal_handler(number, rt.log.notice, f"The signal {number.name} means nothing here")

    def _ending(self, event: Shutdown) -> None:
        """A restart is the same process again: to systemd it reads its configuration."""
        if event.restart:
            self._notifier.reloading()
        else:
            self._notifier.stopping()

    async def _reload(self, rt: Runtime) -> None:
        self._notifier.reloading()
        try:
            await rt.reload()
        finally:
            self._notifier.ready()

    async def _run_startup(self, rt: Runtime, lines: Sequence[str]) -> None:
        """Run commands of cli.conf as the server's own console would."""
        token = ASKER.set(Root(rt.log))
        try:
            for line in lines:
                reply = await rt.commands.run(rt, line)
                for text in reply.lines:
                    rt.log.verbose(0, text) if reply.ok else rt.log.warning(f"cli.conf: {text}")
        finally:
            ASKER.reset(token)

    # --- a console of its own

    async def _open_console(self, rt: Runtime, control: ControlSocket) -> threading.Thread:
        """The console runs in a thread, so that a screen that stands still holds up no call."""
        ours, theirs = socket.socketpair()
        await control.adopt(ours)
        if self._screen is not None:
            # From now on the console shows the log, above its prompt.
            rt.log.detach(self._screen.sink)
            self._screen.close()
            self._screen = None
        loop = asyncio.get_running_loop()

        def left() -> None:
            if not rt.stopping:
                rt.spawn(rt.stop(), "stop")

        thread = threading.Thread(
            target=self._be_console, args=(theirs, lambda: loop.call_soon_threadsafe(left)), name="console", daemon=True
        )
        thread.start()
        return thread

    def _be_console(self, sock: socket.socket, left: Callable[[], object]) -> None:
        options = self._options
        painter = Painter(may_colour(options.nocolor), options.lightbackground, options.timestamp)

        async def console() -> None:
            link = await Link.over_socket(sock)
            link.attach(options.verbose, self._mute)
            interrupted = await converse(link, painter, local=True)
            ended = link.over.is_set()
            await link.close()
            if interrupted and not ended:
                left()

        asyncio.run(console())


class Root:
    """Who runs the commands of cli.conf. Meets `asterism.runtime.grammar.Asker`."""

    muted = False
    filter = ""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.hidden: set[str] = set()

    @property
    def verbose(self) -> int:
        """The verbosity of the whole server."""
        return self._log.verbose_level

    @verbose.setter
    def verbose(self, depth: int) -> None:
        self._log.set_verbose(depth)


def _screen() -> Stream:
    return open(1, "w", closefd=False, errors="replace")
