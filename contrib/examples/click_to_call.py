"""Click to call: ring a phone; when it is answered, connect it to a number.

    python contrib/examples/click_to_call.py contrib/configs/demo

reads lines such as `SIP/6001 600` and makes each into a call, as the button of a web page would.
"""

import asyncio
import sys

import asterism


async def click_to_call(rt: asterism.Runtime, phone: str, number: str, context: str = "phones") -> str:
    """Ring `phone`, then let it run extension `number`; returns how that went, in a word."""
    call = await rt.originate(phone, timeout=20, context=context, exten=number, variables={"CLICKED": number})
    return call.status.value


async def main(config_dir: str) -> None:
    """Serve lines from standard input until it ends."""
    async with asterism.Runtime(config_dir=config_dir) as rt:
        while line := await asyncio.to_thread(sys.stdin.readline):
            phone, _, number = line.strip().partition(" ")
            if phone and number:
                sys.stdout.write(f"{phone} -> {number}: {await click_to_call(rt, phone, number)}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "contrib/configs/demo"))
