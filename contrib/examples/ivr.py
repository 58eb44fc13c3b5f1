"""A menu in Python: the caller chooses with a key, the program decides.

    python contrib/examples/ivr.py contrib/configs/demo

serves it at every number of the sample PBX: 1 calls the phone 6001, 2 is an echo, 9 ends.
"""

import asyncio
import sys

import asterism


async def menu(chan: asterism.Channel, prompt: str) -> str:
    """The key that the caller presses; empty when none came after three attempts."""
    for _ in range(3):
        key = (await chan.play(prompt, interrupt="129")).digit or await chan.read_digit(5)
        if key in ("1", "2", "9"):
            return key
        await chan.play("invalid")
    return ""


def install(rt: asterism.Runtime) -> None:
    """Add the application, and a dialplan that uses it."""

    @rt.application("Menu")
    async def run_menu(chan: asterism.Channel, prompt: str = "demo-instruct", phone: str = "SIP/6001") -> None:
        """Let the caller choose: 1 calls the phone, 2 is an echo, 9 ends."""
        await chan.answer(delay_s=0.5)
        while True:
            match await menu(chan, prompt):
                case "1":
                    result = await chan.dial([phone], timeout=20)
                    if result.status is not asterism.DialStatus.ANSWER:
                        await chan.play("vm-nobodyavail")
                case "2":
                    await chan.echo()
                case _:
                    await chan.play("goodbye")
                    chan.hangup()

    rt.extensions("[phones]\nexten => _X!,1,Menu()\n")


async def main(config_dir: str) -> None:
    """Run until the process is told to end."""
    async with asterism.Runtime(config_dir=config_dir) as rt:
        install(rt)
        await rt.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "contrib/configs/demo"))
