"""VMCOUNT and VM_INFO on a spool folder."""

from pathlib import Path

from asterism.runtime.log import Level
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

CONF = """
[general]
format=wav
[default]
1234 => 4242,Example Mailbox,root@localhost,pager@localhost,tz=central|language=de
1235 => 1,Bob
[sales]
1234 => 9,Sales
"""


def message(spool: Path, place: str, *names: str) -> None:
    folder = spool / "voicemail" / place
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()


async def said(tmp_path: Path, text: str) -> tuple[str, list[str]]:
    (tmp_path / "voicemail.conf").write_text(CONF)
    (tmp_path / "extensions.conf").write_text(f"[default]\nexten => 1,1,NoOp({text})\n")
    directories = DirectorySettings(astspooldir=tmp_path / "spool", astdbdir=tmp_path / "db")
    async with TestRuntime(tmp_path, directories=directories) as rt:
        await (await rt.phone("alice").call("1@default")).over()
        return rt.executed()[0].partition("NoOp(")[2][:-1], rt.logged(Level.WARNING)


async def test_messages_are_counted(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    message(spool, "default/1234/INBOX", "msg0000.txt", "msg0000.wav", "msg0001.txt", "greet.txt")
    message(spool, "default/1234/Urgent", "msg0000.txt")
    message(spool, "default/1234/Old", "msg0000.txt")
    message(spool, "sales/1234/INBOX", "msg0000.txt")
    text, _ = await said(
        tmp_path,
        "${VMCOUNT(1234)} ${VMCOUNT(1234@default,Old)} ${VMCOUNT(1234@default,Urgent)} ${VMCOUNT(1234&1234@sales)}"
        " ${VMCOUNT(1235)} ${VM_INFO(1234,count)} ${VM_INFO(1234,count,Old)} ${VMCOUNT(../..,..)} ${VMCOUNT()}",
    )
    assert text == "3 1 1 4 0 3 1 0 "


async def test_what_voicemail_conf_says(tmp_path: Path) -> None:
    text, warned = await said(
        tmp_path,
        "${VM_INFO(1234,exists)}${VM_INFO(9,exists)}|${VM_INFO(1234,fullname)}|${VM_INFO(1234,email)}|"
        "${VM_INFO(1234@default,pager)}|${VM_INFO(1234,tz)}|${VM_INFO(1234,language)}|${VM_INFO(1235,language)}|"
        "${VM_INFO(1234@sales,password)}|${VM_INFO(9,email)}|${VM_INFO(1234,nosuch)}|${VM_INFO(1234)}",
    )
    assert text == "10|Example Mailbox|root@localhost|pager@localhost|central|de|en|9|||"
    assert any("unknown attribute 'nosuch'" in line for line in warned)
