"""Echo: hear yourself."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import application


@application("Echo", see="Milliwatt")
async def echo(chan: Channel) -> None:
    """Send the caller's audio back until the call ends or `#` is pressed; then the dialplan goes on.

    Compat: app_echo. It does not answer by itself: put Answer before it.
    """
    await chan.echo()
