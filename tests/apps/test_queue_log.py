"""QueueLog: one line in the log of the queues."""

import re

from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime


async def test_a_line_of_ones_own(rt: TestRuntime) -> None:
    lines: list[str] = []
    rt.log.queue_sinks.append(lines.append)
    rt.extensions(
        "[default]\nexten => 1,1,QueueLog(sales,${UNIQUEID},SIP/6001,PAUSE,lunch|twice)\n"
        " same => n,QueueLog(sales,NONE,NONE,NOTE)\n same => n,QueueLog(sales,1,2,X,a,b)\n same => n,QueueLog(sales)\n"
        " same => n,QueueLog(sales,1,2,NEVER)\n"
    )
    await (await rt.phone("alice").call("1@default")).over()
    found = [re.sub(r"^\d+\|", "", line) for line in lines]
    assert re.fullmatch(r"\d+\.\d+\|sales\|SIP/6001\|PAUSE\|lunch\|twice", found[0])
    assert found[1:] == ["NONE|sales|NONE|NOTE|", "1|sales|2|X|a,b"]
    assert any("QueueLog" in each for each in rt.logged(Level.WARNING))
