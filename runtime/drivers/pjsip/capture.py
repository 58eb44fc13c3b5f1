"""SIP messages in a file that tcpdump and Wireshark read (pcap), each as a datagram, whatever carried it."""

import asyncio
import struct
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import BinaryIO

from asterism import _native as native
from asterism.runtime.log import Log

# https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html: LINKTYPE_RAW, a packet begins with its IP header.
_FILE = struct.pack("!IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
_LARGEST = 65507
"What a datagram holds."

WAITING_MAX = 10_000
"""Messages that wait for the disk at once; what comes while it does not follow is left out."""


class Capture:
    """A file being written, by a thread and in order; nothing is written before `start`."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._packets: asyncio.Queue[bytes | None] | None = None
        self._writing: set[asyncio.Task[None]] = set()

    async def start(self, path: Path) -> None:
        """Begin a file; the one before is closed.

        Raises:
            OSError: It cannot be written.
        """
        file = await asyncio.to_thread(_begin, path)
        self.stop()
        self._packets = asyncio.Queue()
        task = asyncio.create_task(self._write(file, self._packets), name=f"SIP capture {path}")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    def stop(self) -> None:
        """Close the file when all is written."""
        if self._packets is not None:
            self._packets.put_nowait(None)
            self._packets = None

    async def close(self) -> None:
        """Stop, and wait until all is written."""
        self.stop()
        await asyncio.gather(*self._writing)

    def put(self, time_s: float, event: native.Wire) -> None:
        """Write a message."""
        if self._packets is not None and self._packets.qsize() < WAITING_MAX:
            self._packets.put_nowait(packet(time_s, event))

    async def _write(self, file: BinaryIO, packets: asyncio.Queue[bytes | None]) -> None:
        ended = False
        try:
            while not ended:
                batch = [await packets.get()]
                while not packets.empty():
                    batch.append(packets.get_nowait())
                ended = None in batch
                await asyncio.to_thread(_append, file, b"".join(each for each in batch if each is not None))
        except OSError as error:
            self._log.error(f"SIP messages cannot be written any more: {error}")
            if self._packets is packets:
                self._packets = None
        finally:
            await asyncio.to_thread(file.close)


def _begin(path: Path) -> BinaryIO:
    file = path.open("wb")
    _append(file, _FILE)
    return file


def _append(file: BinaryIO, packets: bytes) -> None:
    file.write(packets)
    file.flush()


def packet(time_s: float, event: native.Wire) -> bytes:
    """One record of the file."""
    ends = event.local or ("0.0.0.0", 0), event.remote or ("0.0.0.0", 0)
    source, target = ends if event.sent else ends[::-1]
    body = event.message[:_LARGEST]
    # No checksums: zero says so of UDP over IPv4, and readers do not mind the others.
    udp = struct.pack("!HHHH", source[1], target[1], 8 + len(body), 0) + body
    from_, to = ip_address(source[0]), ip_address(target[0])
    if isinstance(from_, IPv4Address) and isinstance(to, IPv4Address):
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    else:
        head = struct.pack("!IHBB", 0x60000000, len(udp), 17, 64)
        from_, to = _wide(from_), _wide(to)
    data = head + from_.packed + to.packed + udp
    return struct.pack("!IIII", int(time_s), int(time_s % 1 * 1_000_000), len(data), len(data)) + data


def _wide(address: IPv4Address | IPv6Address) -> IPv6Address:
    return address if isinstance(address, IPv6Address) else IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)
