"""compare.py CASES.jsonl OUT.jsonl: score what `answer.py` wrote against the recorded truth.

Exact: values, data, traces of each channel in order, causes. The order of `show` and the last values of variables
are scored apart. Application names count without regard to case.
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from tests.oracle.cases import Case, rows  # noqa: E402

Parts = dict[str, Any]
APART = ("show", "vars")
"""Scored, but not named case by case."""


def parts(case: Case, truth: dict[str, Any]) -> Parts:
    """Take a truth apart into what is compared."""
    if "expr" in case:
        return {"value": [truth.get("value"), truth.get("data")]}
    if "steps" in case:
        return {"data": truth.get("data")}
    if "lookups" in case:
        found: Parts = {f"lookup {n}": rows(one["trace"]) for n, one in enumerate(truth.get("lookups", []))}
        found["show"] = truth.get("show")
        return found
    channels = truth.get("channels", [])
    return {
        "trace": [rows(one["trace"]) for one in channels],
        "cause": [one.get("cause") for one in channels],
        "vars": [dict(one.get("vars", [])) for one in channels],
    }


def differences(cases: list[Case], answers: dict[str, dict[str, Any]]) -> tuple[list[str], dict[str, tuple[int, int]]]:
    """Return what differs, and for each part how many of how many are the same."""
    wrong, score = [], {}
    for case in cases:
        if case.get("env"):
            continue
        got = parts(case, answers.get(case["id"], {}))
        for part, want in parts(case, case["truth"]).items():
            kind = part.split(" ", maxsplit=1)[0]
            good, total = score.get(kind, (0, 0))
            same = got.get(part) == want
            score[kind] = (good + same, total + 1)
            if not same and kind not in APART:
                wrong.append(f"{case['id']} {part}: {json.dumps(got.get(part))} instead of {json.dumps(want)}")
    return wrong, score


def main() -> int:
    """Run as a program."""
    cases, out = ([json.loads(line) for line in Path(name).read_text("utf-8").splitlines()] for name in sys.argv[1:3])
    wrong, score = differences(cases, {one["id"]: one["truth"] for one in out})
    print("\n".join(wrong))
    for part, (good, total) in score.items():
        print(f"{part}: {good} of {total}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
