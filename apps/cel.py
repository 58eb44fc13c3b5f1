"""CELGenUserEvent: an event of the dialplan's own in the channel event log."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, application


@application("CELGenUserEvent", see="UserEvent")
def cel_gen_user_event(chan: Channel, name: str = "", extra: Text = "") -> None:
    """Log an event of this channel, of kind USER_DEFINED.

    Args:
        name: What the event is called.
        extra: Text that goes with it.
    Compat: app_celgenuserevent. Without a name nothing is logged.
    """
    if name:
        chan.switch.cel.user_event(chan, name, extra)
