"""For tests of dialplans and applications: a runtime in memory, phones without SIP, a clock that jumps.

With pytest and pytest-asyncio, in `conftest.py`:

    from asterism.runtime.testing.plugin import rt

and in a test:

    async def test_nobody_answers_in_time(rt: TestRuntime) -> None:
        rt.extensions("[default]\\nexten => 100,1,Dial(Loopback/bob,30)\\n same => n,Hangup()")
        call = await rt.phone("alice").call("100@default")
        await call.over()
        assert call.variables["DIALSTATUS"] == "NOANSWER"
        assert rt.heard(DialEnd).dial_status == "NOANSWER"
"""

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from asterism.runtime import asterisk_conf
from asterism.runtime.driver import ChannelDriver
from asterism.runtime.drivers.loopback import Call, Heard, LoopbackDriver, Phone
from asterism.runtime.events import Event, Newexten
from asterism.runtime.log import Level, Record
from asterism.runtime.runtime import Runtime
from asterism.runtime.settings import DirectorySettings, Options
from asterism.runtime.testing.clock import JumpingClock

__all__ = ["Call", "Heard", "JumpingClock", "Phone", "TestRuntime"]

_E = TypeVar("_E", bound=Event)

_EPOCH = 1_800_000_000.0
"When a test begins, unless it says otherwise: a Friday in January 2027, 08:00 UTC."


_WRITTEN = (
    "astvarlibdir", "astkeydir", "astdatadir", "astspooldir", "astrundir", "astlogdir", "astcachedir",
)  # fmt: skip
"The folders that a runtime writes into, but for the database's."


class TestRuntime(Runtime):
    """A runtime whose phones are in memory and whose time jumps over every wait.

    It plays the prompts of this machine. What it writes goes where asterisk.conf or `directories` say, and else to a
    folder that is gone in the end.

    Args:
        config_dir: As in Runtime; SIP files in it are not read, but in real time.
        modules: As in Runtime.
        directories: As in Runtime.
        options: As in Runtime.
        began_s: The time at which the test begins, seconds since the epoch.
        real_time: Leave the clock alone, for tests with sockets or threads.
    """

    __test__ = False  # No test by itself, whatever pytest thinks of the name.

    def __init__(
        self,
        config_dir: str | Path | None = None,
        *,
        modules: Iterable[str] | None = None,
        directories: DirectorySettings | None = None,
        options: Options | None = None,
        began_s: float = _EPOCH,
        real_time: bool = False,
    ) -> None:
        self.loopback = LoopbackDriver()
        self.published: list[Event] = []
        "Every event so far."
        self.records: list[Record] = []
        "Every line of the log so far, all verbosities."
        self._began_s = began_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_began_s = 0.0
        self._real_time = real_time
        self.clock: JumpingClock | None = None
        self._folder = Path(tempfile.gettempdir(), f"asterism-{uuid.uuid4()}")
        if directories is None:
            directories = self._directories(None if config_dir is None else Path(config_dir))
        super().__init__(config_dir, drivers=[self.loopback], modules=modules, directories=directories, options=options)
        self.bus.subscribe(self.published.append)
        self.log.attach(self.records.append, verbose=10)

    def _directories(self, config_dir: Path | None) -> DirectorySettings:
        said, names = DirectorySettings(), list(_WRITTEN)
        if config_dir is not None:
            said = asterisk_conf.load(config_dir / "asterisk.conf", lambda _: None).directories
            names.append("astdbdir")  # Without a configuration it is kept in memory.
        untold = [name for name in names if getattr(said, name) == getattr(DirectorySettings, name)]
        return replace(said, **{name: self._folder / name for name in untold})

    def sip_drivers(self) -> list[ChannelDriver]:
        """None: sockets and a clock that jumps do not go together."""
        return super().sip_drivers() if self._real_time else []

    async def __aenter__(self) -> "TestRuntime":
        self._loop = asyncio.get_running_loop()
        self._loop_began_s = self._loop.time()
        if not self._real_time:
            self.clock = JumpingClock(self._loop)
            self.clock.install()
        sounds = self._folder / "astdatadir" / "sounds"
        sounds.mkdir(parents=True)
        with suppress(OSError):  # There may be no prompts.
            for prompts in (DirectorySettings.astdatadir / "sounds").iterdir():
                (sounds / prompts.name).symlink_to(prompts)
        try:
            await super().__aenter__()
        except BaseException:
            self._clean()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        try:
            await super().__aexit__(*error)
        finally:
            self._clean()

    def _clean(self) -> None:
        if self.clock is not None:
            self.clock.remove()
        shutil.rmtree(self._folder, ignore_errors=True)

    def now(self) -> float:
        """Seconds since the epoch, by the clock that jumps."""
        elapsed = 0.0 if self._loop is None else self._loop.time() - self._loop_began_s
        return self._began_s + elapsed

    def phone(self, name: str) -> Phone:
        """The phone `Loopback/name`."""
        return self.loopback.phone(name)

    def heard(self, kind: type[_E]) -> _E:
        """The latest event of a kind.

        Raises:
            AssertionError: There was none.
        """
        found = self.heard_all(kind)
        if not found:
            raise AssertionError(f"there was no {kind.__name__}")
        return found[-1]

    def heard_all(self, kind: type[_E]) -> list[_E]:
        """All events of a kind so far, in order."""
        return [event for event in self.published if isinstance(event, kind)]

    def logged(self, level: Level, depth: int = 10) -> list[str]:
        """Texts of the log so far at a level; verbose ones up to a depth."""
        return [record.text for record in self.records if record.level is level and record.depth <= depth]

    def executed(self) -> list[str]:
        """The priorities that ran, as `100@default:1 Answer()`, in order; not what a dialled leg is said to run."""
        ran = (event for event in self.published if isinstance(event, Newexten))
        return [_line(event) for event in ran if event.app_data != "(Outgoing Line)"]


def _line(event: Newexten) -> str:
    place = event.channel
    return f"{place.exten}@{place.context}:{place.priority} {event.application}({event.app_data})"
