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
        "flow-own",
        "flow-random",
        "lua",
        "expressions-mutated",
        "substitution-mutated",
        "functions-mutated",
        "matching-mutated",
        "flow-mutated",
        "macro-mutated",
    ],
)
async def test_as_recorded(name: str) -> None:
    wanted = cases(name)
    got = {one["id"]: one["truth"] for one in await answers(wanted)}
    wrong, score = differences(wanted, json.loads(json.dumps(got)))
    assert [line for line in wrong if line.split(" ")[0] not in KNOWN.get(name, ())] == []
    assert all(good for good, _ in score.values())
