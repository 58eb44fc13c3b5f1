"""BlindTransfer, outside a call and within one."""

from pathlib import Path

from asterism.dialplan import reader
from asterism.runtime.events import BlindTransfer
from asterism.runtime.features_conf import FeaturesConf
from asterism.runtime.testing import TestRuntime

PLAN = """
[default]
exten => 1,1,BlindTransfer({})
 same => n,NoOp(${{BLINDTRANSFERSTATUS}})
exten => 2,1,Set(__DYNAMIC_FEATURES=send)
 same => n,Dial(Loopback/bob,,g)
 same => n,NoOp(${{BLINDTRANSFERSTATUS}})
exten => 3,1,NoOp(arrived)
 same => n,Wait(1)
"""


async def test_outside_a_call_there_is_nobody_to_send(rt: TestRuntime) -> None:
    for arguments, status in (("3", "INVALID"), ("3,default", "INVALID"), ("", "FAILURE")):
        rt.extensions(PLAN.format(arguments))
        await (await rt.phone("anna").call("1@default")).over()
        assert rt.executed()[-1].endswith(f"NoOp({status})")


async def test_a_key_sends_the_other_one_elsewhere(rt: TestRuntime, tmp_path: Path) -> None:
    rt.extensions(PLAN.format(""))
    (tmp_path / "features.conf").write_text("[applicationmap]\nsend => *9,self/callee,BlindTransfer,3,default\n")
    rt.features = FeaturesConf.read(reader.read("features.conf", tmp_path).sections, rt.complain)
    bob = rt.phone("bob").answers(1)
    call = await rt.phone("anna").call("2@default")
    await call.talking()
    bob.calls[0].press("*9")
    await call.over()
    assert any(line.startswith("3@default:1 NoOp(arrived)") for line in rt.executed())
    assert rt.heard(BlindTransfer).result == "Success"
