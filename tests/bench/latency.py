"""How long an event takes from the wire through the runtime and back: OPTIONS answered by the dialplan's knowledge."""

import socket
import time

from tests.bench.servers import SIP_PORT, Server


def options(_server: Server, count: int = 2000, rate: int = 200) -> dict[str, float]:
    """Ask `count` times at this rate from an identified address; milliseconds to the answer."""
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    probe.bind(("127.0.0.2", 0))
    probe.settimeout(0.5)
    port = probe.getsockname()[1]
    times_ms = []
    lost = 0
    start = time.perf_counter()
    for number in range(count):
        time.sleep(max(0.0, start + number / rate - time.perf_counter()))
        message = (
            f"OPTIONS sip:answer@127.0.0.1:{SIP_PORT} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.2:{port};branch=z9hG4bKlat{number};rport\r\nMax-Forwards: 70\r\n"
            f"From: <sip:sipp@127.0.0.2>;tag=l{number}\r\nTo: <sip:answer@127.0.0.1>\r\n"
            f"Call-ID: lat{number}@127.0.0.2\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        )
        before = time.perf_counter()
        probe.sendto(message.encode(), ("127.0.0.1", SIP_PORT))
        try:
            while f"Call-ID: lat{number}@".encode() not in probe.recv(4096):
                pass
        except TimeoutError:
            lost += 1
            continue
        times_ms.append((time.perf_counter() - before) * 1000)
    probe.close()
    times_ms.sort()
    if not times_ms:
        return {"lost": lost}
    return {
        "p50_ms": round(times_ms[len(times_ms) // 2], 3),
        "p99_ms": round(times_ms[len(times_ms) * 99 // 100], 3),
        "max_ms": round(times_ms[-1], 3),
        "lost": lost,
    }
