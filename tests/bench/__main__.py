"""Run benchmarks by hand: `python -m tests.bench [idle] [latency] [calls] [rtp]`, all of them by default.

Beside Asterisk 22 in the same run when ASTERISK22_ROOT names a chroot with one. Servers take turns, so that a
machine that slows down slows both. The last line is one JSON object.
"""

import json
import sys
import time

from tests.bench import calls, latency, rtp
from tests.bench.servers import Server, servers

KINDS = ("idle", "latency", "calls", "rtp")


def measure(server: Server, kinds: list[str]) -> dict[str, object]:
    """All that was asked for, on one server."""
    result: dict[str, object] = {}
    server.start()
    try:
        if "idle" in kinds:
            time.sleep(2)
            before = server.cpu_s()
            time.sleep(5)
            result["ready_s"] = round(server.ready_s, 3)
            result["idle_rss_mib"] = round(server.rss_mib(), 1)
            result["idle_cpu_percent"] = round((server.cpu_s() - before) / 5 * 100, 2)
        if "latency" in kinds:
            result["options"] = latency.options(server)
        if "calls" in kinds:
            result["answer_100cps"] = calls.answer(server)
            result["answer_300cps"] = calls.answer(server, 300, 3000)
            result["bridge_50cps"] = calls.bridge(server)
            result["bridge_100cps"] = calls.bridge(server, 100, 1500)
        if "rtp" in kinds:
            result["rtp_50"] = rtp.relay(server, 50)
            result["rtp_100"] = rtp.relay(server, 100)
    finally:
        server.stop()
    return result


def main() -> None:
    """Measure every server and print a table, then JSON."""
    kinds = [kind for kind in sys.argv[1:] if kind in KINDS] or list(KINDS)
    results = {}
    for server in servers():
        results[server.name] = measure(server, kinds)
        print(server.name)
        for name, value in results[server.name].items():
            print(f"  {name:16} {value}")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
