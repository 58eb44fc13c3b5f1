"""Hold the conversations of `conversations.jsonl` with any server that speaks FastAGI, and write down its answers.

`python -m tests.runtime.agi.record --dialplan ADDRESS > extensions.conf` prints what the server must load; then
`python -m tests.runtime.agi.record ADDRESS OUT` waits for it to call `agi://ADDRESS/<id>`, once for each conversation:
originate `Local/s@near-<id>/n` to the extension s of the context `far-<id>`. The sounds agi-test/one and agi-test/five
last one and five seconds.
"""

import json
import re
import socket
import sys
from pathlib import Path
from typing import Any

PLAN = """
[other]
exten => s,1,NoOp(other)
 same => n(here),NoOp(here)
 same => n,Wait(0.2)
[sub]
exten => s,1,Set(SEEN=${ARG1}/${ARGC})
 same => n(lab),Return(back)
exten => hang,1,Hangup()
exten => jump,1,Goto(other,s,1)
"""
PATIENCE_S = 15.0
CASES: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "conversations.jsonl").read_text().splitlines()
]


def dialplan(case: dict[str, Any], talk: str) -> str:
    """Return both sides of a call: `near` talks AGI, `far` is its caller."""
    near = "".join(f" same => n,{step}\n" for step in case["near"])
    far = "".join(f" same => n,{step}\n" for step in case["far"])
    return (
        f"[near-{case['id']}]\nexten => s,1,NoOp()\n{near} same => n,{talk}\n"
        " same => n,UserEvent(After,Status: ${AGISTATUS})\n same => n,Hangup()\n"
        "exten => h,1,UserEvent(H,Status: ${AGISTATUS})\n"
        f"[far-{case['id']}]\nexten => s,1,NoOp()\n{far}"
    )


def hold(connection: socket.socket, cases: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Hold the conversation that a connection asks for; the case with the answers that came."""
    connection.settimeout(PATIENCE_S)
    lines = connection.makefile("r", encoding="utf-8", errors="surrogateescape", newline="\n")
    block = list(iter(lambda: lines.readline().removesuffix("\n"), ""))
    script = next(line.partition(": ")[2] for line in block if line.startswith("agi_network_script:"))
    case = cases[script]
    talk = []
    for command, _ in case["talk"]:
        connection.sendall(command.encode("utf-8", "surrogateescape") + b"\n")
        talk.append([command, _answer(lines)])
    return {**case, "environment": block if case["environment"] else [], "talk": talk}


def _answer(lines: Any) -> list[str]:
    found = []
    for line in iter(lines.readline, ""):
        found.append(line.removesuffix("\n"))
        if re.match(r"[25]\d\d( |$)", line):
            break
    return found if not any(line.startswith("520-") for line in found) else [found[0], found[-1]]


def main() -> None:
    """Print the dialplan, or record."""
    if sys.argv[1] == "--dialplan":
        calls = [dialplan(case, f"AGI(agi://{sys.argv[2]}/{case['id']}{case['args']})") for case in CASES]
        sys.stdout.write(PLAN + "".join(calls))
        return
    host, _, port = sys.argv[1].rpartition(":")
    left = {case["id"]: case for case in CASES}
    with socket.create_server((host, int(port))) as server, Path(sys.argv[2]).open("w", encoding="utf-8") as out:
        while left:
            connection, _ = server.accept()
            with connection:
                held = hold(connection, left)
            del left[held["id"]]
            out.write(json.dumps(held) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
