"""The manager's wire format: whatever comes, the next packet is read."""

from asterism.runtime.manager.packets import LINE_BYTES_MAX, Malformed, Packet, Reader
from asterism.runtime.request import Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PING = b"Action: Ping\r\n\r\n"


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=500))
def test_the_packet_behind_anything_is_read(noise: bytes) -> None:
    reader = Reader()
    reader.feed(noise + b"\r\n\r\n")
    packets = reader.feed(PING)
    assert [packet.get("action") for packet in packets if isinstance(packet, Request)] == ["Ping"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(1, 40)), st.lists(st.text(st.characters(exclude_characters="\r\n\0"), max_size=20), max_size=5)
)
def test_it_does_not_matter_how_it_is_cut(cuts: list[int], values: list[str]) -> None:
    wire = b"".join(Packet([("Action", "X"), ("Value", value)]).encode() for value in values)
    reader, found, at = Reader(), [], 0
    for cut in [*cuts, len(wire)]:
        found += reader.feed(wire[at : at + cut])
        at += cut
    assert [each.headers for each in found if isinstance(each, Request)] == [
        each.headers for each in Reader().feed(wire) if isinstance(each, Request)
    ]
    assert len(found) == len(values)


def test_a_line_that_is_too_long_costs_its_packet() -> None:
    reader = Reader()
    found = reader.feed(b"Action: A\r\nX: " + b"x" * LINE_BYTES_MAX)
    found += reader.feed(b"yz\r\nB: c\r\n\r\n" + PING)
    assert isinstance(found[0], Malformed) and len(found) == 2
    assert isinstance(found[1], Request) and found[1].get("Action") == "Ping"


def test_variables() -> None:
    request = Request([("Variable", "a=1,b=2"), ("Variable", 'c="x,y"'), ("variable", "CALLERID(name)=d")])
    assert request.variables == {"a": "1", "b": "2", "c": "x,y", "CALLERID(name)": "d"}
    again = Request([("Variable", "_a=1"), ("Variable", 'a=2, b ="q"r\\,s')])
    assert again.variables == {"_a": "1", "b ": "qr,s"}
