"""`dialplan show` and its kin; the expected screens are a real Asterisk 22's."""

from pathlib import Path

from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime

FIRST = """[general]
[default]
exten => 100,1(start),NoOp(a)
exten => 12345678901234567,1,NoOp(b)
 same => n(a-very-long-label-name),NoOp(c)
exten => _X.,1(lab),Dial(SIP/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,20)
exten => 5/_12X,1,NoOp(x)
exten => 200,hint,SIP/200
exten => 200,1,NoOp(x)
exten => 300/_55,hint,SIP/300
include => other,9:00-17:00,mon-fri,*,*
"""

FIRST_SHOWN = """\
[ Context 'default' created by 'pbx_config' ]
  '100' =>          1. NoOp(a)                                    [extensions.conf:3]
  '12345678901234567' => 1. NoOp(b)                                    [extensions.conf:4]
     [a-very-long-label-name] 2. NoOp(c)                                    [extensions.conf:5]
  '200' =>          hint: SIP/200                                 [extensions.conf:8]
                    1. NoOp(x)                                    [extensions.conf:9]
  '300' (CID match '_55') =>  hint: SIP/300                                 [extensions.conf:10]
  '5' (CID match '_12X') =>  1. NoOp(x)                                    [extensions.conf:7]
  '_X.' =>          1. Dial(SIP/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,20) [extensions.conf:6]
  Include =>        'other,9:00-17:00,mon-fri,*,*'                [pbx_config]

-= 6 extensions (8 priorities) in 1 context. =-"""

SECOND = """[general]
[default]
exten => 100,1(start),NoOp(a)
include => other
switch => Loopback/x
ignorepat => 9
[other]
exten => 555,1,NoOp(b)
exten => 100,1,NoOp(b)
include => third
[third]
exten => 555,1,NoOp(c)
"""

SECOND_SHOWN = """\
[ Context 'default' created by 'pbx_config' ]
  '100' =>          1. NoOp(a)                                    [extensions.conf:3]
  Include =>        'other'                                       [pbx_config]
  Ignore pattern => '9'                                           [pbx_config]
  Alt. Switch =>    'Loopback/x'                                  [pbx_config]

-= 1 extension (1 priority) in 1 context. =-"""

INCLUDED_SHOWN = """\
[ Context 'default' created by 'pbx_config' ]
  '100' =>          1. NoOp(a)                                    [extensions.conf:3]
[ Included context 'other' created by 'pbx_config' ]
  '100' =>          1. NoOp(b)                                    [extensions.conf:9]

  Alt. Switch =>    'Loopback/x'                                  [pbx_config]

-= 2 extensions (2 priorities) in 2 contexts. =-"""


async def run(rt: TestRuntime, line: str) -> str:
    return "\n".join((await rt.commands.run(rt, line)).lines)


async def test_a_context_is_shown_as_asterisk_shows_it(rt: TestRuntime) -> None:
    rt.extensions(FIRST)
    assert await run(rt, "dialplan show default") == FIRST_SHOWN
    assert (await run(rt, "dialplan show 20@default")).splitlines()[1].startswith("  '_X.' =>          1. Dial(SIP/a")
    rt.extensions(SECOND)
    assert await run(rt, "dialplan show default") == SECOND_SHOWN


async def test_an_extension_is_looked_for_through_includes(rt: TestRuntime) -> None:
    rt.extensions(SECOND)
    assert await run(rt, "dialplan show 100@default") == INCLUDED_SHOWN
    assert (await run(rt, "dialplan show 555@default")).splitlines()[0].startswith("[ Included context 'other'")
    assert (await run(rt, "dialplan show 555@")).count("'555' =>") == 5
    assert (await run(rt, "dialplan show")).endswith("-= 4 extensions (4 priorities) in 3 contexts. =-")


async def test_an_empty_dialplan_is_one_line(rt: TestRuntime) -> None:
    rt.extensions("[general]\n")
    assert await run(rt, "dialplan show") == "-= 0 extensions (0 priorities) in 0 contexts. =-"


async def test_what_is_not_there(rt: TestRuntime) -> None:
    rt.extensions(SECOND)
    assert await run(rt, "dialplan show nosuch") == (
        "There is no existence of 'nosuch' context\nCommand 'dialplan show nosuch' failed."
    )
    assert "There is no existence of 777@default extension" in await run(rt, "dialplan show 777@default")
    assert "There is no existence of '777' extension in all contexts" in await run(rt, "dialplan show 777@")


async def test_contexts_that_include_each_other_end(rt: TestRuntime) -> None:
    rt.extensions("[a]\ninclude => b\n[b]\ninclude => a\nexten => 1,1,NoOp()\n")
    assert "'1' =>" in await run(rt, "dialplan show 1@a")


async def test_globals_and_functions(rt: TestRuntime) -> None:
    rt.extensions("[globals]\nB=2\nA=1\n[default]\n")
    assert await run(rt, "dialplan show globals") == "   A=1\n   B=2\n\n    -- 2 variable(s)"
    assert await run(rt, "dialplan set global A 3") == "\n    -- Global variable 'A' set to '3'"
    assert rt.variables["A"] == "3"
    assert await run(rt, "dialplan eval function LEN(abc)") == "Return Value: Success (0)\nResult: 3"
    asking = {"ENUMLOOKUP", "ENUMQUERY", "SRVQUERY", "TXTCIDNAME"}  # These would wait for a server of names.
    for name in sorted(set(rt.functions) - asking):
        reply = await rt.commands.run(rt, f"dialplan eval function {name}(1)")
        assert reply.ok or reply.lines[-1].endswith("failed."), name
    assert not [text for text in rt.logged(Level.ERROR) if text.startswith("Command '")]
    assert await run(rt, "dialplan eval function NOSUCH(1)") == "Return Value: Failure (-1)\nResult: "


async def test_reload_tells_what_is_wrong_and_keeps_what_was(tmp_path: Path) -> None:
    file = tmp_path / "extensions.conf"
    file.write_text("[default]\nexten => 100,1,NoOp(old)\n")
    async with TestRuntime(tmp_path) as rt:
        file.write_text("[default]\nexten => 100,1,NoOp(new)\nexten => 100,2,Nosuch(x)\n")
        shown = await run(rt, "dialplan reload")
        assert "extensions.conf:3" in shown
        assert shown.endswith("Dialplan reloaded.")
        assert "NoOp(new)" in await run(rt, "dialplan show default")
        file.unlink()
        reply = await rt.commands.run(rt, "dialplan reload")
        assert not reply.ok
        assert "NoOp(new)" in await run(rt, "dialplan show default")


async def test_hints(rt: TestRuntime) -> None:
    assert await run(rt, "core show hints") == "There are no registered dialplan hints"
    rt.extensions("[default]\nexten => 200,hint,PJSIP/200\n")
    line = "200@default" + " " * 19 + ": PJSIP/200" + " " * 53
    line += "State:Unavailable     Presence:not_set         Watchers  0"
    assert await run(rt, "core show hint 200") == f"{line}\n1 hint matching extension 200"
    assert (await run(rt, "core show hints")).splitlines()[1:] == [
        "    -= Registered Asterisk Dial Plan Hints =-",
        line,
        "----------------",
        "- 1 hints registered",
    ]
    assert await run(rt, "core show hint 999") == "No hints matching extension 999"
