"""Reading the recorded cases."""

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"

Case = dict[str, Any]


def cases(name: str, **wanted: str) -> list[Case]:
    """Return the cases of a file; those that depend on the machine they were recorded on are left out."""
    text = (DATA / f"{name}.jsonl").read_text("utf-8")
    found = [json.loads(line) for line in text.split("\n") if line]
    return [case for case in found if not case.get("env") and all(case[key] == value for key, value in wanted.items())]


def token(case: Case) -> str:
    """Return the context that a case starts in."""
    return str(case["id"]).replace("-", "") + "x"


def whole(case: Case, text: str) -> str:
    """Return a case's dialplan as the whole file."""
    return text if case.get("solo") else "[general]\nautofallthrough=yes\n" + text


def rows(trace: list[list[Any]]) -> list[list[Any]]:
    """Return a trace with its application names in one case."""
    return [[context, exten, priority, name.lower(), text] for context, exten, priority, name, text in trace]
