"""QueueLog: a line of one's own in the log of the queues."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, application


@application("QueueLog", see="Queue", ends_on_bad_arguments=True)
def queue_log(chan: Channel, queuename: str, uniqueid: str, agent: str, event: str, additionalinfo: Text = "") -> None:
    """Write a line into the queue log.

    Args:
        queuename: The queue it is about, or NONE.
        uniqueid: The unique id of the call, or NONE.
        agent: The member it is about, or NONE.
        event: What has happened, one word in capitals.
        additionalinfo: What else there is to say, several things with `|` between them.
    Compat: app_queue; the call ends when an argument but the last is missing. logger.conf says where the log is kept.
    """
    chan.switch.log.queue(uniqueid, queuename, agent, event, additionalinfo)
