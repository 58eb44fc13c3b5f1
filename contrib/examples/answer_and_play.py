"""Answer every call and play a prompt.

    python contrib/examples/answer_and_play.py contrib/configs/demo

takes the phones of the sample PBX and gives them a dialplan of one line: whatever number is dialled, `Greet` runs.
"""

import asyncio
import sys

import asterism


def install(rt: asterism.Runtime) -> None:
    """Add the application, and a dialplan that uses it."""

    @rt.application("Greet")
    async def greet(chan: asterism.Channel, prompt: str = "hello-world", times: int = 2) -> None:
        """Answer and play a prompt.

        Args:
            prompt: Its name.
            times: How often.
        """
        await chan.answer(delay_s=0.5)
        for _ in range(times):
            await chan.play(prompt)

    rt.extensions("[phones]\nexten => _X!,1,Greet()\n same => n,Hangup()\n")


async def main(config_dir: str) -> None:
    """Run until the process is told to end."""
    async with asterism.Runtime(config_dir=config_dir) as rt:
        install(rt)
        await rt.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "contrib/configs/demo"))
