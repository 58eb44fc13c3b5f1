"""Functions that see more than their own channel: groups, locks, hints, other channels, files, the shell."""

import asyncio
from pathlib import Path

import pytest
from asterism.runtime.channel import Channel
from asterism.runtime.driver import Ended
from asterism.runtime.events import DeviceStateChange
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime


def said(rt: TestRuntime) -> list[str]:
    """What NoOp was given, in order."""
    return [line.partition("NoOp(")[2][:-1] for line in rt.executed() if " NoOp(" in line]


async def test_a_group_counts_calls_until_they_end(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(GROUP(out)=trunk)\n same => n,NoOp(${GROUP_COUNT(trunk@out)})\n"
        " same => n,Wait(10)\n"
    )
    calls = [await rt.phone(name).call("100@default") for name in ("alice", "bob")]
    await asyncio.sleep(1)
    calls[0].hangup()
    await calls[0].over()
    calls.append(await rt.phone("carol").call("100@default"))
    for call in calls[1:]:
        await call.over()
    assert said(rt) == ["1", "2", "2"]


LOCKS = """[default]
exten => 1,1,NoOp(first ${LOCK(door)})
 same => n,Wait(2)
 same => n,NoOp(first ${UNLOCK(door)})
exten => 2,1,NoOp(try ${TRYLOCK(door)})
 same => n,NoOp(second ${LOCK(door)})
 same => n,Wait(60)
exten => 3,1,NoOp(third ${LOCK(door)})
"""


async def test_a_lock_is_waited_for_and_freed_by_the_end_of_a_call(rt: TestRuntime) -> None:
    rt.extensions(LOCKS)
    first = await rt.phone("alice").call("1@default")
    await asyncio.sleep(0.5)
    second = await rt.phone("bob").call("2@default")
    await first.over()
    began = rt.now()
    third = await rt.phone("carol").call("3@default")
    await third.over()
    assert rt.now() - began == pytest.approx(3, abs=0.2)
    second.hangup()
    await second.over()
    await (await rt.phone("dave").call("3@default")).over()
    assert said(rt) == ["first 1", "try 0", "first 1", "second 1", "third 0", "third 1"]


HINTS = """[default]
exten => 10,hint,Custom:a&Custom:b(Reception)
exten => s,1,Set(DEVICE_STATE(Custom:a)={a})
 same => n,Set(DEVICE_STATE(Custom:b)={b})
 same => n,NoOp(${EXTENSION_STATE(10@default)} ${HINT(10@default)} ${HINT(10,n)} ${EXTENSION_STATE(11)})
"""


@pytest.mark.parametrize(
    ("a", "b", "state"),
    [
        ("NOT_INUSE", "NOT_INUSE", "NOT_INUSE"),
        ("INUSE", "NOT_INUSE", "INUSE"),
        ("RINGING", "NOT_INUSE", "RINGING"),
        ("RINGING", "INUSE", "RINGINUSE"),
        ("UNAVAILABLE", "INVALID", "UNAVAILABLE"),
        ("UNAVAILABLE", "NOT_INUSE", "NOT_INUSE"),
        ("BUSY", "INUSE", "BUSY"),
        ("ONHOLD", "NOT_INUSE", "ONHOLD"),
    ],
)
async def test_an_extension_is_what_its_devices_are(rt: TestRuntime, a: str, b: str, state: str) -> None:
    rt.extensions(HINTS.replace("{a}", a).replace("{b}", b))
    await (await rt.phone("alice").call("s@default")).over()
    assert said(rt) == [f"{state} Custom:a&Custom:b Reception UNKNOWN"]
    assert rt.heard(DeviceStateChange) == DeviceStateChange("Custom:b", b)


async def test_why_each_called_channel_ended(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Loopback/bob&Loopback/carol,30)\n"
        " same => n,NoOp(${HANGUPCAUSE_KEYS()} ${HANGUPCAUSE(Loopback/bob-00000001,tech)}/"
        "${HANGUPCAUSE(Loopback/carol-00000002,ast)})\n same => n,HangupCauseClear()\n"
        " same => n,NoOp([${HANGUPCAUSE_KEYS()}])\n"
    )
    call = await rt.phone("alice").call("100@default")
    await asyncio.sleep(1)
    rt.channels["Loopback/bob-00000001"].post(Ended(17, 486, "Busy Here"))
    rt.channels["Loopback/carol-00000002"].post(Ended(21, 603, "Decline"))
    await call.over()
    names = "Loopback/bob-00000001,Loopback/carol-00000002"
    assert said(rt) == [f"{names} SIP 486 Busy Here/Call Rejected", "[]"]


async def test_variables_of_another_channel(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(COLOUR=red)\n same => n,Wait(5)\n same => n,NoOp(${COLOUR})\n"
        "exten => 200,1,NoOp(${IMPORT(${CHANNELS(alice)},COLOUR)} ${CHANNEL_EXISTS(${CHANNELS(alice)})})\n"
        " same => n,Set(EXPORT(${CHANNELS(alice)},COLOUR)=blue)\n"
    )
    first = await rt.phone("alice").call("100@default")
    await (await rt.phone("bob").call("200@default")).over()
    await first.over()
    assert said(rt) == ["red 1", "blue"]


async def test_a_function_that_is_named_may_wait(rt: TestRuntime) -> None:
    @rt.function("LATER")
    async def later(chan: Channel, key: str = "") -> str:
        """Wait."""
        return "a-b"

    rt.extensions(
        "[default]\nexten => 100,1,NoOp([${CUT(LATER(x),-,2)}] ${EVAL(${LATER(x)})})\n"
        " same => n,Set(f=LATER)\n same => n,NoOp(${CUT(${f}(x),-,1)} ${LEN(${CUT(LATER(x),-,2)})})\n"
        " same => n,Set(f=LATER(x))\n same => n,NoOp([${CUT(${f},-,2)}])\n"
    )
    await (await rt.phone("alice").call("100@default")).over()
    # Nobody can see beforehand that the last one names a function.
    assert said(rt) == ["[b] a-b", "a 1", "[]"]
    assert any("LATER has to wait" in line for line in rt.logged(Level.WARNING))


FILES = """[default]
exten => 100,1,Set(FILE(${F},,,l,u)=one)
 same => n,Set(FILE(${F},,,al)=two)
 same => n,NoOp(${FILE(${F},1,1,l):0:3} ${FILE(${F},-4,3)} ${FILE_COUNT_LINE(${F})} ${FILE_FORMAT(${F})})
 same => n,Set(FILE(${F},0,1)=ONE)
 same => n,NoOp(${FILE(${F},0,3)} ${STAT(s,${F})} ${STAT(e,${F})}${STAT(d,${F})}${STAT(e,${F}x)} ${BASENAME(${F})})
 same => n,NoOp(${SHELL(printf 'a b\\; ' ; echo ${EXTEN}):0:8} [${FILE(${F}x)}])
 same => n,NoOp(${LEN(${SHELL(yes | head -c 20000)})})
"""


async def test_files_and_the_shell(tmp_path: Path) -> None:
    async with TestRuntime(real_time=True) as rt:
        rt.extensions(FILES.replace("${F}", str(tmp_path / "list")).replace("'a b\\; ' ;", "'a b ' &&"))
        call = await rt.phone("alice").call("100@default")
        await asyncio.wait_for(call.over(), 10)
        assert said(rt) == ["two two 2 u", "ONE 10 100 list", "a b 100\n []", "4091"]
    assert (tmp_path / "list").read_text() == "ONEne\ntwo\n"


async def test_the_shell_ends_with_the_call(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with TestRuntime(real_time=True) as rt:
        rt.extensions(f"[default]\nexten => 100,1,NoOp(${{SHELL(sleep 3 && touch {mark})}})\n")
        call = await rt.phone("alice").call("100@default")
        await asyncio.sleep(0.3)
        call.hangup()
        await asyncio.wait_for(call.over(), 1)
        await asyncio.sleep(0.2)
    assert not mark.exists()


async def test_groups_of_destinations_and_the_blacklist(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(DIALGROUP(sales,add)=Loopback/a)\n"
        " same => n,Set(DIALGROUP(sales,add)=Loopback/b)\n"
        " same => n,Set(DIALGROUP(sales,add)=Loopback/a)\n same => n,NoOp(${DIALGROUP(sales)})\n"
        " same => n,Set(DIALGROUP(sales,del)=Loopback/a)\n same => n,NoOp(${DIALGROUP(sales)})\n"
        " same => n,Set(CALLERID(num)=555)\n same => n,Set(DB(blacklist/555)=1)\n same => n,NoOp(${BLACKLIST()})\n"
        " same => n,Set(CALLERID(num)=556)\n same => n,NoOp(${BLACKLIST()})\n"
    )
    await (await rt.phone("alice").call("100@default")).over()
    assert said(rt) == ["Loopback/a&Loopback/b", "Loopback/b", "1", "0"]


async def test_a_presence_that_the_dialplan_sets(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(PRESENCE_STATE(CustomPresence:anna)=AWAY,lunch,back at two)\n"
        " same => n,Set(PRESENCE_STATE(CustomPresence:anna)=gone)\n"
        " same => n,NoOp(${PRESENCE_STATE(CustomPresence:anna,value)} ${PRESENCE_STATE(CustomPresence:anna,subtype)} "
        "${PRESENCE_STATE(CustomPresence:anna,message)} ${PRESENCE_STATE(CustomPresence:bob,value)})\n"
    )
    await (await rt.phone("alice").call("100@default")).over()
    assert said(rt) == ["away lunch back at two not_set"]


async def test_a_presence_in_base64(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(PRESENCE_STATE(CustomPresence:anna)=away,lunch)\n"
        " same => n,NoOp(${PRESENCE_STATE(CustomPresence:anna,subtype,e)})\n"
        " same => n,Set(PRESENCE_STATE(CustomPresence:anna)=away,dGVh,,e)\n"
        " same => n,NoOp(${PRESENCE_STATE(CustomPresence:anna,subtype)})\n"
    )
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert [line for line in rt.executed() if "NoOp" in line] == [
        "100@default:2 NoOp(bHVuY2g=)",
        "100@default:4 NoOp(tea)",
    ]


async def test_what_a_configuration_file_says(tmp_path: Path) -> None:
    (tmp_path / "extensions.conf").write_text(
        "[default]\nexten => 100,1,NoOp(${AST_CONFIG(own.conf,shop,city)} ${AST_CONFIG(own.conf,shop,phone,-1)} "
        "${AST_CONFIG(own.conf,shop,phone,*)} [${AST_CONFIG(own.conf,shop,nope)}${AST_CONFIG(none.conf,a,b)}])\n"
    )
    (tmp_path / "own.conf").write_text("[shop]\ncity = Ulm\nphone = 1\nphone = 2\n")
    async with TestRuntime(tmp_path) as rt:
        await (await rt.phone("alice").call("100@default")).over()
        assert said(rt) == ["Ulm 2 1,2 []"]


async def test_the_database_can_be_read_by_name(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(DB(menu/day)=a-b-c)\n same => n,Set(PUSH(DB(menu/day),-)=d)\n"
        " same => n,NoOp(${CUT(DB(menu/day),-,4)} ${FIELDQTY(DB(menu/day),-)} ${DB_RESULT})\n"
    )
    await (await rt.phone("alice").call("100@default")).over()
    assert said(rt) == ["d 4 a-b-c-d"]


async def test_a_priority_is_evaluated_where_it_stands(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,NoOp(${EVAL_EXTEN(other,7,1)} ${EXTEN}@${CONTEXT} ${EVAL_EXTEN(other,8,1)})\n"
        "[other]\nexten => 7,1,Return(${EXTEN}@${CONTEXT}:${PRIORITY})\nexten => 8,1,Return([${SHELL(printf x)}])\n"
    )
    await (await rt.phone("alice").call("100@default")).over()
    assert said(rt) == ["7@other:1 100@default [x]"]


@pytest.mark.parametrize(("answers", "said_after"), [(True, "ANSWERED 8"), (False, "NO ANSWER 0")])
async def test_the_record_tells_how_dial_ended(rt: TestRuntime, answers: bool, said_after: str) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,NoOp(${CDR(disposition)})\n same => n,Dial(Loopback/bob,5,g)\n"
        " same => n,NoOp(${CDR(disposition)} ${CDR(disposition,u)})\n same => n,NoOp(${CDR(disposition)})\n"
    )
    if answers:
        rt.phone("bob").answers(after_s=1, talks_s=2)
    await (await rt.phone("alice").call("100@default")).over()
    assert said(rt) == ["NO ANSWER", said_after, "NO ANSWER"]


async def test_locks_that_nobody_gives_back_are_forgotten(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(i=0)\n same => n(top),Set(i=$[${i}+1])\n"
        " same => n,NoOp(${TRYLOCK(${UNIQUEID}-${i})})\n same => n,GotoIf($[${i}<300]?top)\n"
    )
    for _ in range(3):
        await (await rt.phone("alice").call("100@default")).over()
    assert len(rt.datastores["locks"]) < 600


async def test_the_families_of_the_database_pass_over_one_without_a_name(rt: TestRuntime) -> None:
    """As recorded from Asterisk: keys `//a/x`, `///b/x`, `/c/x`."""
    rt.extensions(
        "[default]\nexten => 1,1,Set(DB(/a/x)=1)\n same => n,Set(DB(//b/x)=1)\n same => n,Set(DB(c/x)=1)\n"
        " same => n,NoOp(${DB_KEYS()})\n same => n,NoOp(${DB_KEYS(/)})\n same => n,NoOp(${DB_KEYS(c)})\n"
    )
    await (await rt.phone("alice").call("1@default")).over()
    assert said(rt) == [",a,c", ",c", "x"]
