"""UserEvent: say something to whoever listens."""

from asterism.runtime import events
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text as Rest
from asterism.runtime.declare import application


@application("UserEvent", see="Verbose", ends_on_bad_arguments=True)
def user_event(chan: Channel, eventname: str, body: Rest = "") -> None:
    """Publish an event of your own, for manager users and programs.

    Args:
        eventname: What it is called.
        body: `Header: value`, several separated by commas.
    Compat: app_userevent.
    """
    headers = {}
    for part in body.split(",") if body else ():
        name, _, value = part.partition(":")
        headers[name.strip()] = value.strip()
    chan.switch.bus.publish(events.UserEvent(chan.snapshot(), eventname, headers))
