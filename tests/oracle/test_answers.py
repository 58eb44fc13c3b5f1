"""The recorded cases, run in a whole runtime; what is known to differ is named here, with its reason."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.oracle.answer import answers
from tests.oracle.cases import cases
from tests.oracle.compare import differences

KNOWN: dict[str, set[str]] = {}


@pytest.fixture(autouse=True)
def _as_recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The cases were recorded where the time zone is UTC."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    "name",
    [
        "expressions-own",
        "expressions-random",
        "substitution",
        "substitution-random",
        "matching-random",
        "macro",
        "flow-apps",
        "flow-corners",
        "functions-random",
        "flow-own",
        "flow-random",
        "lua",
        "expressions-mutated",
        "substitution-mutated",
        "functions-mutated",
        "matching-mutated",
        "flow-mutated",
        "macro-mutated",
        "macro-random",
    ],
)
async def test_as_recorded(name: str) -> None:
    wanted = cases(name)
    got = {one["id"]: one["truth"] for one in await answers(wanted)}
    wrong, score = differences(wanted, json.loads(json.dumps(got)))
    assert [line for line in wrong if line.split(" ")[0] not in KNOWN.get(name, ())] == []
    assert all(good for good, _ in score.values())


async def test_no_case_ends_the_run() -> None:
    """Cases with fields used together, or with none; the last shows that the run went on."""
    conf = "[c]\n#include c.conf\nexten => 6/7,1,NoOp(six)\n"
    wanted = [
        {"id": "odd-00001"},
        {"id": "odd-00002", "conf": "[general\n", "solo": True},
        {"id": "odd-00003", "conf": "[odd00003x]\nexten => s,1,Goto(s,1)\nexten => h,1,Goto(h,1)\n"},
        {
            "id": "odd-00004", "conf": conf, "files": {"c.conf": "exten => 5,1,NoOp(five)\n"},
            "lookups": [["c", "5", None], ["c", "6", "7"]], "show": ["c"],
        },
        {
            "id": "odd-00005", "steps": ["NoOp(${V} ${CALLERID(num)})"],
            "start": {"variables": [["V", "x"]], "callerid": "7"},
        },
        {"id": "odd-00006", "expr": "2*3", "set": [["A", "1"]], "start": {}},
    ]  # fmt: skip
    got = {one["id"]: one["truth"] for one in await answers(wanted)}
    assert "error" in got["odd-00001"] and len(got) == len(wanted)
    looked_up = got["odd-00004"]
    assert [one["trace"][0][4] for one in looked_up["lookups"]] == ["five", "six"]
    assert looked_up["show"] == {"c": ["5", "6/7"]}
    assert got["odd-00005"]["data"] == ["x 7"] and got["odd-00006"] == {"value": "6"}
