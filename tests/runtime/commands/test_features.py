"""Commands about features.conf, access lists, and sound files."""

from pathlib import Path

from asterism.runtime.testing import TestRuntime

FEATURES = """[featuremap]
atxfer = *7
[applicationmap]
testfeature => #9,peer,Playback,tt-monkeys
nine => *9,self,NoOp(x)
[mygroup]
testfeature => #8
nine =>
"""

ACL = "[office]\ndeny=0.0.0.0/0.0.0.0\npermit=10.0.0.0/8\npermit=!fe80::/10\n[x]\npermit=192.168.1.1\n"


async def run(rt: TestRuntime, line: str) -> list[str]:
    return (await rt.commands.run(rt, line)).lines


async def test_features_as_asterisk_lists_them(tmp_path: Path) -> None:
    (tmp_path / "asterisk.conf").write_text("[directories]\nastdbdir = .\nastspooldir = spool\n")
    (tmp_path / "features.conf").write_text(FEATURES)
    async with TestRuntime(tmp_path) as rt:
        assert [line.rstrip() for line in await run(rt, "features show")] == [
            "Builtin Feature           Default Current",
            "---------------           ------- -------",
            "Pickup                    *8      *8",
            "Blind Transfer            #       #",
            "Attended Transfer                 *7",
            "Disconnect Call           *       *",
            "Park Call",
            "One Touch MixMonitor",
            "",
            "Dynamic Feature           Default Current",
            "---------------           ------- -------",
            "nine                      no def  *9",
            "testfeature               no def  #9",
            "",
            "Feature Groups:",
            "---------------",
            "===> Group: mygroup",
            "===> --> nine (*9)",
            "===> --> testfeature (#8)",
        ]


async def test_without_features_conf(rt: TestRuntime) -> None:
    lines = await run(rt, "features show")
    assert [*lines[8:12], *lines[-3:]] == [
        "",
        "Dynamic Feature           Default Current",
        "---------------           ------- -------",
        "(none)",
        "Feature Groups:",
        "---------------",
        "(none)",
    ]


async def test_access_lists(tmp_path: Path) -> None:
    (tmp_path / "asterisk.conf").write_text("[directories]\nastdbdir = .\nastspooldir = spool\n")
    async with TestRuntime(tmp_path) as rt:
        assert await run(rt, "acl show") == ["", "acl", "---"]
        (tmp_path / "acl.conf").write_text(ACL)
        assert await run(rt, "acl show") == ["", "acl", "---", "office", "x"]
        assert await run(rt, "acl show office") == [
            "",
            "ACL: office",
            "-" * 45,
            "  0:  deny - 0.0.0.0/0.0.0.0",
            "  1: allow - 10.0.0.0/255.0.0.0",
            "  2:  deny - fe80::/ffc0::",
        ]
        assert (await run(rt, "acl show nosuch"))[1] == "Could not find ACL named 'nosuch'"


async def test_sounds_are_converted(tmp_path: Path) -> None:
    (tmp_path / "asterisk.conf").write_text("[directories]\nastdatadir = .\nastdbdir = .\nastspooldir = spool\n")
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "beep.sln").write_bytes(bytes(1600))
    async with TestRuntime(tmp_path) as rt:
        assert (await run(rt, "file convert beep.sln beep.wav"))[0].startswith("Converted beep.sln to beep.wav in ")
        assert (tmp_path / "sounds" / "beep.wav").read_bytes()[44:] == bytes(1600)
        assert (await run(rt, "file convert beep.sln beep.xyz"))[0] == "'beep.xyz' is an invalid filename!"
        assert (await run(rt, "file convert none.sln beep.wav"))[0].startswith("Unable to open input file: none.sln")
