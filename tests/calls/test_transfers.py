"""Transfers by DTMF and from outside, and the other features of a call."""

import asyncio
from pathlib import Path

import pytest
from asterism.runtime import features, transfer
from asterism.runtime.driver import Party
from asterism.runtime.drivers.loopback import Call
from asterism.runtime.errors import ConfigError
from asterism.runtime.events import (
    AttendedTransfer,
    BlindTransfer,
    BridgeEnter,
    BridgeMerge,
    MusicOnHoldStart,
    MusicOnHoldStop,
    Rename,
)
from asterism.runtime.features_conf import FeaturesConf
from asterism.runtime.log import Level
from asterism.runtime.manager.rendering import event_headers
from asterism.runtime.testing import TestRuntime

ALICE, BOB = "Loopback/alice-00000000", "Loopback/bob-00000001"

PLAN = """[default]
exten => 100,1,Set(FEATUREMAP(atxfer)=*2)
 same => n,Set(__FEATURES=1)
 same => n,Dial(Loopback/bob,,Ttg)
 same => n,NoOp(caller after ${DIALSTATUS})
exten => 200,1,NoOp(${CHANNEL} by ${BLINDTRANSFER})
 same => n,Dial(Loopback/carol)
exten => 300,1,NoOp(consulted by ${TRANSFERERNAME} for ${ATTENDEDTRANSFER})
 same => n,Dial(Loopback/carol)
exten => 400,1,Wait(60)
exten => 500,1,NoOp(transferer goes on)
"""


async def talking(rt: TestRuntime, plan: str = PLAN) -> tuple[Call, Call]:
    """Alice has called bob, and they talk."""
    rt.extensions(plan)
    bob = rt.phone("bob").answers()
    alice = await rt.phone("alice").call("100@default")
    await alice.talking()
    return alice, bob.calls[0]


async def heard_by(speaker: Call, hearer: Call, text: str) -> bool:
    speaker.say(text)
    return text in hearer.sounds()


async def test_the_caller_sends_the_callee_elsewhere(rt: TestRuntime) -> None:
    alice, bob = await talking(rt)
    carol = rt.phone("carol").answers()
    alice.press("#")
    await asyncio.sleep(1)
    assert rt.heard(MusicOnHoldStart).channel.channel == BOB
    assert alice.sounds()[-1].startswith("tone 350+440") or "tone" in alice.sounds()[-1]
    alice.press("200")
    await alice.over()
    await bob.talking()
    assert await heard_by(bob, carol.calls[0], "hello carol")
    assert f"200@default:1 NoOp({BOB} by {ALICE})" in rt.executed()
    assert "100@default:4 NoOp(caller after ANSWER)" in rt.executed()
    told = rt.heard(BlindTransfer)
    assert (told.result, told.is_external, told.context, told.extension) == ("Success", "No", "default", "200")
    assert told.transferer.channel == ALICE
    assert told.transferee is not None and told.transferee.channel == BOB
    assert rt.heard(MusicOnHoldStop)
    bob.hangup()
    await carol.calls[0].over()
    assert not rt.channels and not rt.bridges


async def test_the_callee_sends_the_caller_elsewhere_and_goes_on_itself(rt: TestRuntime) -> None:
    alice, bob = await talking(rt, PLAN.replace("__FEATURES=1", "__GOTO_ON_BLINDXFR=default^500^1"))
    carol = rt.phone("carol").answers()
    bob.press("#200")
    await asyncio.sleep(2)
    assert f"200@default:1 NoOp({ALICE} by {BOB})" in rt.executed()
    assert "500@default:1 NoOp(transferer goes on)" in rt.executed()
    await bob.over()
    alice.hangup()
    await carol.calls[0].over()


async def test_a_wrong_number_may_be_dialled_three_times(rt: TestRuntime) -> None:
    alice, bob = await talking(rt)
    alice.press("#999")
    await asyncio.sleep(1)
    assert not rt.heard_all(BlindTransfer)
    alice.press("998")
    await asyncio.sleep(1)
    await asyncio.sleep(30)
    assert await heard_by(alice, bob, "we talk again")
    assert not rt.heard_all(BlindTransfer)
    alice.hangup()
    await bob.over()


async def test_keys_that_are_no_code_reach_the_other_party(rt: TestRuntime) -> None:
    alice, bob = await talking(rt)
    alice.press("1")
    await asyncio.sleep(0.1)
    assert bob.digits == "1"
    alice.press("*")
    await asyncio.sleep(0.5)
    assert bob.digits == "1"
    await asyncio.sleep(1)
    assert bob.digits == "1*"
    alice.press("*7")
    await asyncio.sleep(0.1)
    assert bob.digits == "1**7"
    alice.hangup()
    await bob.over()


async def test_an_attended_transfer(rt: TestRuntime) -> None:
    alice, bob = await talking(rt)
    carol = rt.phone("carol").answers(after_s=3)
    alice.press("*2300")
    await asyncio.sleep(2)
    assert f"300@default:1 NoOp(consulted by {ALICE} for {ALICE})" in rt.executed()
    await asyncio.sleep(3)
    assert await heard_by(alice, carol.calls[0], "may I put him through?")
    assert not await heard_by(bob, alice, "anybody there?")
    alice.press("*2")
    await alice.over()
    await asyncio.sleep(1)
    assert await heard_by(bob, carol.calls[0], "hello carol")
    told = rt.heard(AttendedTransfer)
    assert (told.result, told.is_external) == ("Success", "No")
    assert told.orig_transferer.channel == told.second_transferer.channel == ALICE
    assert told.transferee is not None and told.transferee.channel == BOB
    assert told.dest["DestType"] == "Bridge"
    assert told.orig_bridge is not None and told.dest["DestBridgeUniqueid"] == told.orig_bridge.uniqueid
    bob.hangup()
    await carol.calls[0].over()
    await asyncio.sleep(1)
    assert not rt.channels and not rt.bridges


async def test_the_transferer_completes_by_hanging_up(rt: TestRuntime) -> None:
    alice, bob = await talking(rt)
    carol = rt.phone("carol").answers()
    alice.press("*2300")
    await asyncio.sleep(2)
    alice.hangup()
    await asyncio.sleep(1)
    assert await heard_by(bob, carol.calls[0], "hello carol")
    carol.calls[0].hangup()
    await bob.over()
    await asyncio.sleep(1)
    assert not rt.channels and not rt.bridges


async def test_a_transfer_is_given_up(rt: TestRuntime) -> None:
    alice, bob = await talking(rt)
    carol = rt.phone("carol").answers()
    alice.press("*2300")
    await asyncio.sleep(2)
    alice.press("*1")
    await asyncio.sleep(1)
    await carol.calls[0].over()
    assert await heard_by(alice, bob, "back again")
    assert not rt.heard_all(AttendedTransfer)
    alice.hangup()
    await bob.over()
    await asyncio.sleep(1)
    assert not rt.channels and not rt.bridges


async def test_the_target_refuses(rt: TestRuntime) -> None:
    alice, bob = await talking(rt)
    rt.phone("carol").refuses(17)
    alice.press("*2300")
    await asyncio.sleep(3)
    assert await heard_by(alice, bob, "she is busy")
    alice.hangup()
    await bob.over()
    await asyncio.sleep(1)
    assert not rt.channels and not rt.bridges


async def test_the_target_is_out_when_the_transferee_has_gone(rt: TestRuntime) -> None:
    alice, bob = await talking(rt)
    carol = rt.phone("carol").answers()
    alice.press("*2300")
    await asyncio.sleep(2)
    bob.hangup()
    await asyncio.sleep(1)
    assert await heard_by(alice, carol.calls[0], "he has gone")
    assert rt.heard(AttendedTransfer).result == "Fail"
    alice.hangup()
    await carol.calls[0].over()
    await asyncio.sleep(1)
    assert not rt.channels and not rt.bridges


async def test_all_three_talk(rt: TestRuntime) -> None:
    alice, bob = await talking(rt)
    carol = rt.phone("carol").answers()
    alice.press("*2300")
    await asyncio.sleep(2)
    alice.press("*3")
    await asyncio.sleep(1)
    for hearer in (bob, carol.calls[0]):
        assert await heard_by(alice, hearer, "welcome")
    assert await heard_by(carol.calls[0], bob, "hi bob")
    assert rt.heard(AttendedTransfer).dest["DestType"] == "Threeway"
    headers = dict(event_headers(rt.heard(BridgeMerge), 0.0))
    assert (headers["ToBridgeNumChannels"], headers["FromBridgeNumChannels"]) == (1, 2)
    assert next(name for name in headers if name.startswith("From")) == "FromBridgeUniqueid"
    alice.hangup()
    await asyncio.sleep(1)
    assert await heard_by(carol.calls[0], bob, "just us")
    bob.hangup()
    await carol.calls[0].over()
    await asyncio.sleep(1)
    assert not rt.channels and not rt.bridges


async def test_the_transferer_goes_to_and_fro(rt: TestRuntime) -> None:
    alice, bob = await talking(rt)
    carol = rt.phone("carol").answers()
    alice.press("*2300")
    await asyncio.sleep(2)
    alice.press("*4")
    await asyncio.sleep(1)
    assert await heard_by(alice, bob, "she says yes")
    assert not await heard_by(alice, carol.calls[0], "you do not hear this")
    alice.press("*4")
    await asyncio.sleep(1)
    assert await heard_by(alice, carol.calls[0], "here he is")
    alice.hangup()
    await asyncio.sleep(1)
    assert await heard_by(bob, carol.calls[0], "hello")
    bob.hangup()
    await carol.calls[0].over()


async def test_a_transferer_who_has_gone_is_called_back(rt: TestRuntime) -> None:
    alice, bob = await talking(rt, PLAN.replace("Dial(Loopback/carol)\nexten => 400", "Wait(60)\nexten => 400"))
    back = rt.phone("alice").answers()
    alice.press("*2300")
    await asyncio.sleep(2)
    alice.hangup()
    await asyncio.sleep(1)
    assert rt.heard(AttendedTransfer).result == "Success"
    await asyncio.sleep(20)
    again = back.calls[-1]
    assert again is not alice and again.state == "up"
    assert await heard_by(again, bob, "nobody there")
    again.hangup()
    await bob.over()
    await asyncio.sleep(1)
    assert not rt.channels and not rt.bridges


async def test_blind_from_outside_with_three(rt: TestRuntime) -> None:
    alice, bob = await talking(rt, PLAN + f"exten => 600,1,BridgeAdd({BOB})\n")
    carol, dave = rt.phone("carol").answers(), await rt.phone("dave").call("600@default")
    await dave.talking()
    assert transfer.blind(rt.channels[ALICE], "200", "default", external=True) is transfer.Result.SUCCESS
    await alice.over()
    await asyncio.sleep(1)
    for hearer in (bob, dave):
        assert await heard_by(carol.calls[0], hearer, "what is it?")
    assert rt.heard(BlindTransfer).transferee is None
    assert any(event.swap_uniqueid for event in rt.heard_all(BridgeEnter))
    for call in (bob, dave, carol.calls[0]):
        call.hangup()
    await asyncio.sleep(1)
    assert not rt.channels and not rt.bridges


async def test_two_calls_of_a_phone_become_one(rt: TestRuntime) -> None:
    alice, bob = await talking(rt)
    carol = rt.phone("carol").answers()
    second = await rt.phone("alice").call("200@default")
    await second.talking()
    ours = rt.channels[second.leg.name]
    assert transfer.attended(rt.channels[ALICE], ours) is transfer.Result.SUCCESS
    await alice.over()
    await second.over()
    await asyncio.sleep(1)
    assert await heard_by(bob, carol.calls[0], "hello carol")
    told = rt.heard(AttendedTransfer)
    assert (told.is_external, told.dest["DestType"]) == ("Yes", "Bridge")
    assert {channel.linkedid for channel in rt.channels.values()} == {told.orig_transferer.linkedid}
    bob.hangup()
    await carol.calls[0].over()


async def test_a_call_is_transferred_into_an_application(rt: TestRuntime) -> None:
    alice, bob = await talking(rt, PLAN + "exten => 700,1,Answer()\n same => n,Echo()\n")
    second = await rt.phone("alice").call("700@default")
    await second.until("up")
    await asyncio.sleep(1)
    assert transfer.attended(rt.channels[ALICE], rt.channels[second.leg.name]) is transfer.Result.SUCCESS
    await second.over()
    await alice.over()
    await asyncio.sleep(1)
    bob.say("echo?")
    assert bob.sounds()[-1] == "echo?"
    told = rt.heard(AttendedTransfer)
    assert (told.dest["DestType"], told.dest["DestApp"]) == ("App", "Echo")
    bob.hangup()
    await bob.over()


async def test_a_call_is_transferred_to_a_phone_that_still_rings(rt: TestRuntime) -> None:
    alice, bob = await talking(rt)
    carol = rt.phone("carol").answers(after_s=5)
    second = await rt.phone("alice").call("200@default")
    await asyncio.sleep(1)
    ours = rt.channels[second.leg.name]
    assert transfer.attended(rt.channels[ALICE], ours) is transfer.Result.SUCCESS
    assert [event.newname for event in rt.heard_all(Rename)] == [
        f"{BOB}<MASQ>", BOB, f"{second.leg.name}<ZOMBIE>",
    ]  # fmt: skip
    await second.over()
    await alice.over()
    assert rt.channels[BOB] is ours
    await asyncio.sleep(5)
    assert carol.calls[0].connected == ours.caller
    assert await heard_by(bob, carol.calls[0], "hello carol")
    assert await heard_by(carol.calls[0], bob, "hello bob")
    bob.hangup()
    await carol.calls[0].over()
    await asyncio.sleep(1)
    assert not rt.channels and not rt.bridges


@pytest.mark.parametrize("plan", ["Dial(Loopback/bob)", "Echo()"])
async def test_a_call_takes_the_place_of_another(rt: TestRuntime, plan: str) -> None:
    rt.extensions(f"[default]\nexten => 100,1,Answer()\n same => n,{plan}\n")
    bob = rt.phone("bob").answers()
    alice = await rt.phone("alice").call("100@default")
    await asyncio.sleep(1)
    leg = rt.loopback.leg(rt.phone("carol"))
    rt.replace(leg, ALICE, context="default", caller=Party("300", "Carol"))
    await alice.over()
    carol = leg.call_at_phone
    await carol.until("up")
    await asyncio.sleep(1)
    if "Dial" in plan:
        assert await heard_by(carol, bob.calls[0], "it is carol now")
        assert bob.calls[0].connected.number == "300"
    else:
        assert await heard_by(carol, carol, "echo?")
    carol.hangup()
    await asyncio.sleep(1)
    assert not rt.channels and not rt.bridges


async def test_applications_on_keys(rt: TestRuntime, tmp_path: Path) -> None:
    rt.features = conf(
        "[applicationmap]\nshout => 77,self,Set(SHOUTED=${DYNAMIC_WHO_ACTIVATED})\n"
        "nudge => 88,peer,Gosub(sub,s,1(hey)),default\n[both]\nshout => 55\nnudge =>\n"
    )
    plan = PLAN.replace("__FEATURES=1", "__DYNAMIC_FEATURES=both") + (
        "[sub]\nexten => s,1,NoOp(nudged ${CHANNEL} ${ARG1} by ${DYNAMIC_WHO_ACTIVATED})\n same => n,Return()\n"
    )
    alice, bob = await talking(rt, plan)
    bob.press("88")
    await asyncio.sleep(1)
    assert f"s@sub:1 NoOp(nudged {ALICE} hey by {BOB})" in rt.executed()
    alice.press("55")
    await asyncio.sleep(1)
    assert "SHOUTED" in rt.channels[ALICE].variables
    assert await heard_by(alice, bob, "still talking")
    alice.hangup()
    await bob.over()


def conf(text: str) -> FeaturesConf:
    """features.conf from its text."""
    complaints: list[ConfigError] = []
    found = FeaturesConf.read(sections(text), complaints.append)
    assert not complaints
    return found


def sections(text: str) -> "list[object]":
    import tempfile

    from asterism.dialplan import reader

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "features.conf").write_text(text)
        return list(reader.read("features.conf", Path(folder)).sections)


@pytest.mark.parametrize(
    ("line", "word"),
    [("a => 1", "needed"), ("a => 1,there,NoOp", "neither self nor peer"), ("a => x1,self,NoOp", "cannot be dialled")],
)
def test_wrong_lines_name_their_place(line: str, word: str) -> None:
    complaints: list[ConfigError] = []
    FeaturesConf.read(sections(f"[applicationmap]\n{line}\n"), complaints.append)
    (complaint,) = complaints
    assert word in str(complaint) and "features.conf:2" in str(complaint)


def test_all_of_features_conf() -> None:
    read = conf(
        "[general]\ntransferdigittimeout=5\natxferdropcall=yes\n[featuremap]\nblindxfer=##\natxfer=*2\n"
        '[applicationmap]\nold = 1,self/both,NoOp,"Boo, hoo",default\n'
    )
    assert (read.general.transferdigittimeout, read.general.atxferdropcall) == (5, True)
    assert (read.featuremap.blindxfer, read.featuremap.disconnect) == ("##", "*")
    old = read.applications["old"]
    assert (old.application, old.arguments, old.music, old.on_peer) == ("NoOp", "Boo, hoo", "default", False)


async def test_the_functions(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 1,1,Set(FEATURE(xfersound)=tada)\n same => n,Set(FEATUREMAP(blindxfer)=##)\n"
        " same => n,NoOp(${FEATURE(xfersound)} ${FEATURE(atxferdropcall)} ${FEATUREMAP(blindxfer)} "
        "${FEATUREMAP(disconnect)})\n"
        " same => n,Set(FEATURE(atxferdropcall)=yes)\n same => n,NoOp(${FEATURE(atxferdropcall)}${FEATURE(nonsense)})\n"
    )
    await (await rt.phone("alice").call("1@default")).over()
    assert "1@default:3 NoOp(tada no ## *)" in rt.executed()
    assert "1@default:5 NoOp(yes)" in rt.executed()
    assert any("nonsense" in line for line in rt.logged(Level.WARNING))


async def test_features_by_the_callers_variable(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Set(BRIDGE_FEATURES=Hq)\n same => n,Dial(Loopback/bob)\n")
    rt.phone("bob").answers()
    alice = await rt.phone("alice").call("100@default")
    await alice.talking()
    assert features.allowed(rt.channels[ALICE]) == "H"
    assert any("feature code 'q'" in line for line in rt.logged(Level.WARNING))
    alice.press("*")
    await alice.over()
