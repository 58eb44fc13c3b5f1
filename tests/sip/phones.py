"""Real telephones in processes of their own: baresip, driven by its control port, heard by what it records."""

import asyncio
import json
import math
import shutil
import struct
import wave
from contextlib import suppress
from pathlib import Path
from typing import Any

BARESIP = shutil.which("baresip")
RATE_HZ = 8000
CONTROL_PORT = 4444

_CONFIG = """\
poll_method epoll
sip_listen {address}:{port}
net_interface {address}
audio_source aufile,{folder}/tone.wav
audio_player aubridge,none
audio_srate {rate}
audio_channels 1
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module uuid.so
module account.so
module menu.so
module ctrl_tcp.so
ctrl_tcp_listen {address}:{control}
snd_path {folder}
rtp_ports 40000-40100
"""


def write_tone(path: Path, frequency_hz: float, seconds: float = 60.0) -> None:
    """Write a sine as 16-bit mono wav at 8 kHz."""
    step = 2 * math.pi * frequency_hz / RATE_HZ
    second = b"".join(struct.pack("<h", round(9000 * math.sin(step * n))) for n in range(RATE_HZ))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(second * round(seconds))


def share(samples: list[int], frequency_hz: float) -> float:
    """How much of a sound is one frequency, 0 to 1: the best of its 100 ms pieces, by Goertzel's algorithm."""
    best = 0.0
    size = RATE_HZ // 10
    coefficient = 2 * math.cos(2 * math.pi * frequency_hz / RATE_HZ)
    for start in range(0, len(samples) - size, size):
        piece = samples[start : start + size]
        energy = sum(value * value for value in piece)
        if energy < size * 100:
            continue
        previous = before = 0.0
        for value in piece:
            previous, before = value + coefficient * previous - before, previous
        power = previous * previous + before * before - coefficient * previous * before
        best = max(best, 2 * power / (size * energy))
    return best


class Phone:
    """A telephone with one account."""

    def __init__(self, folder: Path, user: str, secret: str, server: str, address: str, port: int = 5060) -> None:
        self.folder, self.user, self.server, self.address = folder, user, server, address
        self._process: asyncio.subprocess.Process
        self._writer: asyncio.StreamWriter
        self._reading: asyncio.Task[None]
        self._events: list[dict[str, Any]] = []
        self._news = asyncio.Condition()
        folder.mkdir(parents=True)
        modules = next(Path("/usr/lib").glob("**/baresip/modules"))
        text = _CONFIG.format(
            address=address, port=port, folder=folder, rate=RATE_HZ, modules=modules, control=CONTROL_PORT
        )
        (folder / "config").write_text(text)
        account = f"<sip:{user}@{server}>;auth_user={user};auth_pass={secret};regint=60;audio_codecs=pcmu,pcma"
        (folder / "accounts").write_text(account + "\n")

    async def start(self, tone_hz: float = 440) -> None:
        """Start the process; it registers at once."""
        write_tone(self.folder / "tone.wav", tone_hz)
        assert BARESIP
        log = (self.folder / "log").open("wb")
        self._process = await asyncio.create_subprocess_exec(
            BARESIP, "-f", str(self.folder), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
        log.close()
        for _ in range(400):
            try:
                reader, self._writer = await asyncio.open_connection(self.address, CONTROL_PORT)
                break
            except OSError:
                await asyncio.sleep(0.05)
        else:
            raise AssertionError(f"baresip did not start: {self.log}")
        self._reading = asyncio.create_task(self._read(reader))

    async def stop(self) -> None:
        """End the process; it unregisters."""
        if self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 3)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        self._writer.close()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    @property
    def log(self) -> str:
        """What the phone wrote."""
        return (self.folder / "log").read_text(errors="replace")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            try:
                size = await reader.readuntil(b":")
                text = await reader.readexactly(int(size[:-1]) + 1)
            except (asyncio.IncompleteReadError, ConnectionError, ValueError):
                return
            event = json.loads(text[:-1])
            async with self._news:
                self._events.append(event)
                self._news.notify_all()

    async def _command(self, command: str, params: str = "") -> None:
        text = json.dumps({"command": command, "params": params, "token": "t"})
        self._writer.write(f"{len(text)}:{text},".encode())
        await self._writer.drain()

    async def event(self, kind: str, timeout: float = 30) -> dict[str, Any]:
        """Wait for an event of this type, and take it."""

        def found() -> bool:
            return any(event.get("type") == kind for event in self._events)

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(found), timeout)
            except TimeoutError:
                seen = [event.get("type") for event in self._events]
                raise AssertionError(f"{self.user}: no {kind}, only {seen}\n{self.log}") from None
            at = next(n for n, event in enumerate(self._events) if event.get("type") == kind)
            return self._events.pop(at)

    async def registered(self) -> None:
        """Wait until the registrar has said yes."""
        await self.wrote("200 OK")

    async def wrote(self, text: str) -> None:
        """Wait until the phone has written this; some events come before its control port is open."""
        for _ in range(400):
            if text in self.log:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{self.user} did not write '{text}': {self.log}")

    async def dial(self, number: str) -> None:
        """Call a number at the server."""
        await self._command("dial", f"sip:{number}@{self.server}")

    async def ringing(self) -> None:
        """Wait for a call."""
        await self.event("CALL_INCOMING")

    async def answer(self) -> None:
        """Take the call."""
        await self._command("accept")
        await self.event("CALL_ESTABLISHED")

    async def hangup(self) -> None:
        """End the call, or refuse it."""
        await self._command("hangup")

    async def press(self, digits: str) -> None:
        """Press keys (RFC 4733)."""
        for digit in digits:
            await self._command("sndcode", digit)
            await asyncio.sleep(0.3)

    async def hold(self) -> None:
        """Put the other side on hold."""
        await self._command("hold")

    async def resume(self) -> None:
        """Take it back."""
        await self._command("resume")

    async def closed(self) -> str:
        """Wait for the end of the call, and until what was heard in it is on disk; why it ended."""
        why = str((await self.event("CALL_CLOSED", 40)).get("param", ""))
        for _ in range(400):
            if not self._writes_on():
                break
            await asyncio.sleep(0.05)
        return why

    def _writes_on(self) -> bool:
        """Whether what was heard is still written: the phone says first that the call is over, and then does that."""
        with suppress(OSError):
            for descriptor in Path(f"/proc/{self._process.pid}/fd").iterdir():
                with suppress(OSError):
                    if descriptor.readlink().match("dump-*-dec.wav"):
                        return True
        return False

    def heard(self, frequency_hz: float) -> float:
        """The share of a frequency in what was heard in the latest call."""
        return share(self._samples(), frequency_hz)

    def loudness(self) -> float:
        """The effective value of what was heard in the latest call, of 32767."""
        samples = self._samples()
        return math.sqrt(sum(value * value for value in samples) / len(samples)) if samples else 0.0

    def _samples(self) -> list[int]:
        found = sorted(self.folder.glob("dump-*-dec.wav"), key=lambda path: path.stat().st_mtime)
        if not found:
            return []
        with wave.open(str(found[-1])) as file:
            raw = file.readframes(file.getnframes())
        return [value for (value,) in struct.iter_unpack("<h", raw[: len(raw) // 2 * 2])]
