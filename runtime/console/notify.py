"""What the service manager is told: that the server is ready, reads its configuration, stops, and is alive."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Mapping


class Notifier:
    """Talks to systemd, by the protocol of sd_notify(3); does nothing where nobody listens.

    Args:
        environment: NOTIFY_SOCKET says where somebody listens, WATCHDOG_USEC how often he wants a sign of life.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        watched = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        usec = environment.get("WATCHDOG_USEC", "")
        self.alive_every_s = int(usec) / 2_000_000 if usec.isdecimal() and watched else 0.0
        "Half of the time after which it is taken for dead; 0 when nobody watches."
        self._alive: asyncio.Task[None] | None = None

    def _tell(self, *facts: str) -> None:
        if not self._address:
            return
        # A name that begins with @ is one of Linux's own, outside the file system.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            with contextlib.suppress(OSError):
                sender.sendto("\n".join(facts).encode(), address)

    def ready(self) -> None:
        """It takes calls; also after it has read its configuration again."""
        self._tell("READY=1", f"MAINPID={os.getpid()}", "STATUS=Taking calls.")
        if self.alive_every_s and self._alive is None:
            self._alive = asyncio.get_running_loop().create_task(self._live(), name="watchdog")

    def reloading(self) -> None:
        """It reads its configuration."""
        usec = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._tell("RELOADING=1", f"MONOTONIC_USEC={usec}", "STATUS=Reading the configuration.")

    def stopping(self) -> None:
        """It ends."""
        self._tell("STOPPING=1", "STATUS=Stopping.")
        if self._alive is not None:
            self._alive.cancel()
            self._alive = None

    async def _live(self) -> None:
        """As long as the loop turns, it lives: who is stuck gives no sign."""
        while True:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self.alive_every_s)
