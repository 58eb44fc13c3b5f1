"""The sample PBX with real phones: what its comments promise to somebody who registers two of them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.sip.conftest import SERVER
from tests.sip.phones import write_tone

pytestmark = [pytest.mark.sip, pytest.mark.timeout(90)]

DEMO = Path(__file__).parents[2] / "contrib/configs/demo"
PURE = 0.9
PROMPTS = {
    "demo-echotest": 700,
    "demo-echodone": 750,
    "goodbye": 800,
    "hello-world": 850,
    "demo-congrats": 900,
    "vm-rec-busy": 950,
    "vm-nobodyavail": 1000,
    "vm-isunavail": 1050,
    "invalid": 1100,
}


@pytest.fixture
async def demo(served: Any) -> Any:
    """The sample PBX at an address of the test's own; phones ring for three seconds; each prompt is a tone."""
    files = {path.stem: path.read_text().replace("127.0.0.1", SERVER) for path in DEMO.glob("*.conf")}
    files["extensions"] = files["extensions"].replace("RING_TIME = 20", "RING_TIME = 3")
    del files["asterisk"]
    pbx = await served(**files)
    for name, frequency_hz in PROMPTS.items():
        write_tone(pbx.folder / f"data/sounds/en/{name}.wav", frequency_hz, 1)
    return pbx


async def registered(phone: Any, user: str, tone_hz: float = 440) -> Any:
    """A phone of the sample, at the port where its configuration file listens."""
    server = SERVER if user in ("6001", "6002") else f"{SERVER}:5062"
    one = await phone(user, f"demo-{user}", tone_hz=tone_hz, server=server)
    await one.registered()
    return one


@pytest.mark.parametrize(("caller", "callee"), [("6001", "6002"), ("6001", "6003"), ("6004", "6001"), ("6003", "6004")])
async def test_they_call_each_other(demo: Any, phone: Any, caller: str, callee: str) -> None:
    one, two = await registered(phone, caller, 440), await registered(phone, callee, 660)
    await one.dial(callee)
    await two.ringing()
    await two.answer()
    await one.event("CALL_ESTABLISHED")
    await asyncio.sleep(1.5)
    await two.hangup()
    await one.closed()
    await two.closed()
    assert one.heard(660) > PURE and two.heard(440) > PURE


async def test_600_is_an_echo_that_the_hash_key_ends(demo: Any, phone: Any) -> None:
    one = await registered(phone, "6001", 440)
    await one.dial("600")
    await one.event("CALL_ESTABLISHED")
    await asyncio.sleep(3)
    await one.press("#")
    await one.closed()
    assert one.heard(700) > PURE and one.heard(440) > PURE and one.heard(800) > PURE


@pytest.mark.parametrize(
    ("number", "why", "frequencies_hz"),
    [
        ("601", "", (850, 900)),
        ("602", "486", ()),
        ("603", "480", (1000,)),
        ("6002", "480", (1050,)),
        ("12345", "", (1100,)),
        ("1", "484", ()),
        ("nobody", "404", ()),
    ],
)
async def test_what_a_number_leads_to(
    demo: Any, phone: Any, number: str, why: str, frequencies_hz: tuple[int, ...]
) -> None:
    one = await registered(phone, "6003")
    await one.dial(number)
    assert why in await one.closed()
    assert all(one.heard(frequency_hz) > PURE for frequency_hz in frequencies_hz)


async def test_a_phone_that_does_not_answer(demo: Any, phone: Any) -> None:
    one, two = await registered(phone, "6001"), await registered(phone, "6004")
    await one.dial("6004")
    await two.ringing()
    assert "480" in await one.closed()
    await two.closed()
    assert one.heard(1000) > PURE


async def test_a_phone_that_is_busy(demo: Any, phone: Any) -> None:
    one, two = await registered(phone, "6001"), await registered(phone, "6002")
    await one.dial("6002")
    await two.ringing()
    await two.hangup()
    assert "486" in await one.closed()
    assert one.heard(950) > PURE


async def test_all_phones_ring_and_one_wins(demo: Any, phone: Any) -> None:
    one, two, three = [await registered(phone, user) for user in ("6001", "6002", "6003")]
    await one.dial("610")
    await two.ringing()
    await three.ringing()
    await three.answer()
    await two.closed()
    await asyncio.sleep(0.5)
    await one.hangup()
    await one.closed()
    await three.closed()


async def test_a_wrong_secret_is_refused_and_told(demo: Any, phone: Any) -> None:
    one = await phone("6001", "wrong")
    await one.wrote("403")
    assert "6001" in demo.said
