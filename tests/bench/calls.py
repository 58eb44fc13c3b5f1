"""Calls a second and processor time a call: answer and hang up; two legs through Dial."""

from tests.bench import sipp
from tests.bench.servers import SIP_PORT, UAS_PORT, Server

TARGET = f"127.0.0.1:{SIP_PORT}"


def measure(server: Server, scenario: str, rate: int, calls: int) -> dict[str, float]:
    """Run so many calls at this rate and divide the server's processor time by them."""
    before = server.cpu_s()
    arguments = ["-i", "127.0.0.2", "-mi", "127.0.0.2", "-r", str(rate), "-m", str(calls), "-l", str(10 * rate)]
    outcome = sipp.run(scenario, TARGET, arguments, calls / rate + 40)
    used = server.cpu_s() - before
    return {
        "rate": rate,
        "successful": outcome.successful,
        "failed": outcome.failed,
        "retransmissions": outcome.retransmissions,
        "response_ms": round(outcome.response_ms, 2),
        "cpu_ms_per_call": round(1000 * used / max(1, outcome.successful), 3),
        "rss_mib": round(server.rss_mib(), 1),
        "descriptors": server.descriptors(),
    }


def answer(server: Server, rate: int = 100, calls: int = 1000) -> dict[str, float]:
    """Answer, Hangup."""
    return measure(server, "answer", rate, calls)


def bridge(server: Server, rate: int = 50, calls: int = 1000) -> dict[str, float]:
    """Through Dial to a SIPp that answers."""
    uas = sipp.answering(UAS_PORT, "uas", "-mi", "127.0.0.3")
    try:
        return measure(server, "bridge", rate, calls)
    finally:
        uas.kill()
        uas.wait()
