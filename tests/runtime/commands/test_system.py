"""Commands about formats, states, configuration, and the process: printed as Asterisk prints them."""

import asyncio
import json
from pathlib import Path

import pytest
from asterism.runtime.grammar import Commands
from asterism.runtime.testing import TestRuntime


async def run(rt: TestRuntime, line: str) -> list[str]:
    return (await rt.commands.run(rt, line)).lines


async def test_codecs(rt: TestRuntime) -> None:
    lines = await run(rt, "core show codecs audio")
    assert lines[2:5] == [
        "      ID TYPE  NAME         FORMAT           QUALITY DESCRIPTION",
        "-" * 96,
        "       5 audio ulaw         ulaw                 100 (G.711 u-law)",
    ]
    assert "      23 audio speex        speex16               40 (SpeeX 16khz)" in lines
    assert len(await run(rt, "core show codecs video")) == 4
    assert await run(rt, "core show codec 5") == ["          5 G.711 u-law (ulaw)"]
    assert await run(rt, "core show codec 999") == ["Codec 999 not found"]
    assert {"NAME": "opus"}.items() <= json.loads("\n".join(await run(rt, "core show codecs --json")))[-1].items()


async def test_translation_has_asterisks_costs(rt: TestRuntime) -> None:
    lines = await run(rt, "core show translation")
    head = lines[3].split()
    rows = {line.split()[0]: dict(zip(head, line.split()[1:], strict=True)) for line in lines[4:]}
    assert rows["ulaw"]["alaw"] == "9150"
    assert rows["ulaw"]["gsm"] == "15000"
    assert rows["ulaw"]["slin8"] == "9000"
    assert rows["ulaw"]["slin192"] == "17000"
    assert rows["slin48"]["slin8"] == "8500"
    assert rows["speex16"]["ulaw"] == "23500"
    assert rows["gsm"]["gsm"] == "-"
    assert len({len(line) for line in lines[3:]}) == 1, "the columns stand below each other"
    paths = await run(rt, "core show translation paths ulaw")
    assert paths[0] == '--- Translation paths SRC Codec "ulaw" sample rate 8000 ---'
    assert paths[1] == f"\tulaw:8000        To alaw:8000      : {'(ulaw@8000)->(alaw@8000)':<60}"
    assert (
        f"\tulaw:8000        To speex:16000    : {'(ulaw@8000)->(slin@8000)->(slin@16000)->(speex@16000)':<60}" in paths
    )


async def test_file_formats(rt: TestRuntime) -> None:
    lines = await run(rt, "core show file formats")
    assert lines[:2] == ["Format     Name       Extensions          ", "------     ----       ----------          "]
    assert "gsm        gsm        gsm                 " in lines
    assert "slin16     wav16      wav16               " in lines
    assert lines[-1] == f"{len(lines) - 3} file formats registered."


async def test_device_states(rt: TestRuntime) -> None:
    rule = "-" * 69
    assert await run(rt, "devstate list") == [
        "", rule, "--- Custom Device States --------------------------------------------", rule, "---", rule, rule, "",
    ]  # fmt: skip
    assert await run(rt, "devstate change Custom:lamp busy") == ["Changing lamp to BUSY"]
    assert (await run(rt, "devstate list"))[4:6] == ["---", "--- Name: 'Custom:lamp'  State: 'BUSY'"]
    assert await run(rt, "devstate change SIP/x BUSY") == [
        "The devstate command can only be used to set 'Custom:' device state!",
        "Command 'devstate change SIP/x BUSY' failed.",
    ]
    assert (await run(rt, "devstate change Custom:lamp nosuch"))[0].startswith("Usage: devstate change")


async def test_presence_states(rt: TestRuntime) -> None:
    assert (await run(rt, "presencestate list"))[-2:] == ["---", "No custom presence states defined"]
    assert await run(rt, "presencestate change CustomPresence:a away,sub,msg") == ["Changing a to away"]
    lines = await run(rt, "presencestate list")
    assert lines[5:10] == [
        "--- Name: 'CustomPresence:a'",
        "    --- State: 'away'",
        "    --- Subtype: 'sub'",
        "    --- Message: 'msg'",
        "    --- Base64 Encoded: 'No'",
    ]


async def test_groups_and_hangup_handlers(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 1,1,Answer()\n same => n,Set(GROUP(out)=trunk)\n same => n,Set(GROUP()=all)\n"
        " same => n,Set(CHANNEL(hangup_handler_push)=h1,s,1)\n same => n,Set(CHANNEL(hangup_handler_push)=h2,s,1)\n"
        " same => n,Wait(60)\n[h1]\nexten => s,1,Return()\n[h2]\nexten => s,1,Return()\n"
    )
    call = await rt.phone("alice").call("1@default")
    await asyncio.sleep(1)
    (name,) = rt.channels
    assert await run(rt, "group show channels") == [
        "Channel                    Group                 Category            ",
        f"{name:<25}  trunk                 out                 ",
        f"{name:<25}  all                   (default)           ",
        "1 active channel",
    ]
    assert len(await run(rt, "group show channels ^tr")) == 3
    handlers = await run(rt, "core show hanguphandlers all")
    assert handlers[0] == "Channel                        Handler"
    assert handlers[1].startswith(f"{name:<30} h2,s,1") and handlers[2].startswith(f"{'':<30} h1,s,1")
    assert (await run(rt, "core show hanguphandlers nosuch"))[0] == "Channel does not exist."
    call.hangup()
    await call.over()


async def test_kinds_of_channel(rt: TestRuntime) -> None:
    lines = await run(rt, "core show channeltypes")
    assert lines[0] == (
        "Type             Description                              "
        "Devicestate   Presencestate Indications   Transfer     "
    )
    assert lines[1].split() == ["-" * 13] * 6
    assert lines[-1].endswith("channel drivers registered.")
    assert (await run(rt, "core show channeltype local"))[:2] == [
        "-- Info about channel driver: Local --", "  Device State: yes",
    ]  # fmt: skip
    assert await run(rt, "core show channeltype Nope") == [
        "", "Nope is not a registered channel driver.", "Command 'core show channeltype Nope' failed.",
    ]  # fmt: skip
    assert await run(rt, "local show channels") == ["No local channels in use"]


async def test_indications(rt: TestRuntime) -> None:
    assert (await run(rt, "indication show"))[-1] == "Default tone zone: us"
    assert await run(rt, "indication show zz") == ["No countries matched your criteria."]
    assert await run(rt, "indication add us foo 440/1000,0/500") == []
    assert "us      foo             440/1000,0/500" in await run(rt, "indication show us")
    assert await run(rt, "indication remove us foo") == []
    assert not (await rt.commands.run(rt, "indication remove us foo")).ok
    assert await run(rt, "indication add zz ring 440") == []
    assert await run(rt, "indication remove zz") == []
    assert "zz" not in rt.tones.zones
    assert not (await rt.commands.run(rt, "indication add us foo abc/x")).ok


async def test_sounds(tmp_path: Path) -> None:
    for name in ("en/hello.gsm", "en/hello.wav", "de/hello.gsm", "en/digits/1.ulaw", "en/notes.txt"):
        path = tmp_path / "sounds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "asterisk.conf").write_text("[directories]\nastdatadir = .\nastdbdir = .\nastspooldir = spool\n")
    async with TestRuntime(tmp_path) as rt:
        assert await run(rt, "core show sounds") == ["Available audio files:", "digits/1", "hello"]
        assert await run(rt, "core show sound hello") == [
            "Indexed Information for hello:",
            "  Language de:",
            "    Format: gsm",
            "  Language en:",
            "    Format: gsm",
            "    Format: slin",
        ]
        assert (await run(rt, "core show sound nosuch"))[0] == "ERROR: File nosuch not found in index"


async def test_the_process(rt: TestRuntime) -> None:
    assert any(line.startswith("File descriptors (-n) limited to ") for line in await run(rt, "ulimit"))
    assert len(await run(rt, "ulimit -n")) == 1
    assert not (await rt.commands.run(rt, "ulimit -n many")).ok
    threads = await run(rt, "core show threads")
    assert any("MainThread" in line for line in threads) and threads[-1].endswith("threads listed.")
    assert (await run(rt, "malloc trim"))[0].endswith("to the OS.")
    assert (await run(rt, "timing test 20"))[0] == "Attempting to test a timer with 20 ticks per second."
    assert "ticks" in (await run(rt, "timing test"))[-1]
    lines = await run(rt, "core show settings")
    assert sum("Maximum calls" in line for line in lines) == 1
    assert "  Min DTMF duration::          80" in lines


async def test_configuration(tmp_path: Path) -> None:
    (tmp_path / "asterisk.conf").write_text("[directories]\nastdbdir = .\nastspooldir = spool\n")
    (tmp_path / "extensions.conf").write_text("[default]\nexten => 1,1,Answer()\n")
    async with TestRuntime(tmp_path) as rt:
        assert await run(rt, "config list") == [
            f"core                 {tmp_path / 'asterisk.conf'!s:<50}",
            f"pbx_config           {tmp_path / 'extensions.conf'!s:<50}",
        ]
        for name in ("queues", "rtp", "dsp"):
            (tmp_path / f"{name}.conf").write_text("[general]\n")
        assert (await run(rt, "config list"))[2:] == [
            f"res_rtp_asterisk     {tmp_path / 'rtp.conf'!s:<50}",
            "Not read by any module: dsp.conf, queues.conf",
        ]
        assert await run(rt, f"config reload {tmp_path}/extensions.conf") == [
            "Module 'pbx_config' reloaded successfully."
        ]
        assert not (await rt.commands.run(rt, "config reload nosuch.conf")).ok
        assert await run(rt, "database put a b c") == ["Updated database successfully"]


async def test_what_comes_from_databases(tmp_path: Path) -> None:
    (tmp_path / "asterisk.conf").write_text("[directories]\nastdbdir = .\nastspooldir = spool\n")
    (tmp_path / "res_config_sqlite3.conf").write_text(f"[asterisk]\ndbfile => {tmp_path}/real.sqlite3\n")
    (tmp_path / "real.sqlite3").touch()
    (tmp_path / "extconfig.conf").write_text(
        "[settings]\nqueues => sqlite3,asterisk,qtab\nsippeers => sqlite3,asterisk\n"
    )
    async with TestRuntime(tmp_path) as rt:
        assert await run(rt, "core show config mappings") == [
            "Config Engine: sqlite3",
            "===> queues (db=asterisk, table=qtab)",
            "===> sippeers (db=asterisk, table=sippeers)",
        ]


async def test_what_may_stand_in_configuration(rt: TestRuntime) -> None:
    assert "\tlogger" in await run(rt, "config show help")
    assert any(line.startswith("general ") for line in await run(rt, "config show help logger"))
    lines = await run(rt, "config show help logger general")
    assert lines[1] == "  -= Info about Config Object 'logger:general' =- "
    assert any(line.startswith("rotatestrategy ") for line in lines)
    assert "rotatestrategy = (Default: sequential)" in await run(rt, "config show help logger general rotatestrategy")
    for line, answer in (
        ("nosuch", "Module nosuch not found or has no config XML documentation."),
        ("nosuch general", "Unknown module nosuch"),
        ("logger nosuch", "Unknown configuration type nosuch"),
        ("logger general nosuch", "No option nosuch found for logger:general"),
    ):
        assert await run(rt, f"config show help {line}") == [answer]


@pytest.mark.parametrize("line", ["", "core", "core show codec x", "devstate change", "ulimit -q"])
async def test_nonsense_is_answered(rt: TestRuntime, line: str) -> None:
    assert isinstance(rt.commands, Commands)
    assert not any("Traceback" in each for each in await run(rt, line))


async def test_there_are_no_task_processors(rt: TestRuntime) -> None:
    lines = await run(rt, "core show taskprocessors like pjsip")
    assert lines[1].endswith("  Low water High water Low time(us) High time(us)")
    assert "0 taskprocessors" in lines
    assert any(line.split()[:2] == ["Processor", "Processed"] for line in lines)
