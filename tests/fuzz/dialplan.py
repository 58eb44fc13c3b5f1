"""Made-up texts for all that reads a dialplan: `python -m tests.fuzz.dialplan --count 100000 --seed 1 [TARGET ...]`.

Texts of the recorded cases are cut, joined, repeated and sown with marks that mean something. Whatever raises anything
but the language's own error, or takes more than a second, is written to `--keep` (a folder) and named. The last line
is one JSON object: how many texts each target got, and what was found.

With `--atheris` (Python package atheris) the texts are steered by what code they reach.
"""

import argparse
import json
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from asterism.dialplan import expression, pattern, reader, resolve, substitution, timing
from asterism.dialplan.compile import Compiler
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.plan import Context

DATA = Path(__file__).parents[1] / "oracle" / "data"
SLOW_S = 1.0
"""Processor seconds after which a text counts as one that holds up every call."""
MARKS = (
    "${", "}", "$[", "]", "(", ")", "[", "{", ",", ":", "::", "?", "=", "=>", "=~", "~~", "!", ".", "-", "_", "/", "|",
    "&", ";", ";--", "--;", "\\", '"', "'", " ", "\t", "\r", "\n", "\0", "\x7f", "ü", "\udcff", "\ufeff", "n", "s",
    "hint", "same => n,", "exten => ", "include => ", "switch => Loopback/", "[a](!)", "[b](a)", "[a](+)", "#include ",
    "X", "N", "Z", "0", "1", "9" * 30, "1e9", "-0", "0.1", "%", "^", "*", "+", "[^", "[:alpha:]", "{1,9}", "(a|b)*",
    "${EXTEN:1}", "${A:-1:2}", "LEN(", "SIN(", "CUT(", "9-17,mon-fri", "00:00-23:59,*,*,*",
)  # fmt: skip


def seeds() -> dict[str, list[str]]:
    """Return texts to begin with, by target."""
    found: dict[str, list[str]] = {"expression": [], "substitution": [], "reader": [], "pattern": [], "timing": []}
    for file in sorted(DATA.glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            case = json.loads(line)
            if "expr" in case:
                found["expression"].append(case["expr"])
            found["substitution"] += case.get("steps", ())
            text = case.get("conf", "")
            if text:
                found["reader"].append(text)
                for row in text.splitlines():
                    if "=>" in row:
                        found["pattern"].append(row.partition("=>")[2].partition(",")[0].strip())
                        found["timing"].append(row.partition(",")[2])
    found["parser"] = found["reader"]
    return found


class Mutator:
    """Makes a text of others.

    Args:
        texts: What to begin with.
        seed: The same seed makes the same texts.
    """

    def __init__(self, texts: list[str], seed: int) -> None:
        self._texts = texts
        self._random = random.Random(seed)

    def __call__(self) -> str:
        """Return the next text."""
        pick = self._random
        text = pick.choice(self._texts)
        for _ in range(pick.choice((1, 1, 2, 3, 5, 9))):
            start, end = sorted((pick.randrange(len(text) + 1), pick.randrange(len(text) + 1)))
            kind = pick.random()
            if kind < 0.5:
                text = text[:start] + pick.choice(MARKS) + text[start:]
            elif kind < 0.65:
                text = text[:start] + text[end:]
            elif kind < 0.75:
                other = pick.choice(self._texts)
                text = text[:start] + other[pick.randrange(len(other) + 1) :]
            elif kind < 0.85:
                text = text[:start] + text[end:] + text[start:end]
            elif kind < 0.97:
                text = text[:start] + chr(pick.randrange(256)) + text[end:]
            else:
                # What is repeated many times shows what takes quadratic time.
                text = text[:start] + text[start:end][:200] * pick.choice((10, 100, 1000)) + text[end:]
        return text[:100_000]


def targets() -> dict[str, Callable[[str], None]]:
    """Return what takes a text, by name."""
    from asterism.runtime.testing import TestRuntime

    rt = TestRuntime("[general]\n")
    for name in ("SHELL", "FILE", "LOCK", "ENV"):
        assert rt.modules.function(name) is not None
    scope = rt.unbound({"A": "alpha", "B": "1"})
    compiler = Compiler(rt.modules)

    def read(text: str) -> None:
        reader.read_text(text)

    def parse(text: str) -> None:
        plan = resolve.load_text(text, rt.modules, rt.unbound, globals={})
        for context in plan.contexts.values():
            for extension in context:
                number = extension.bare.lstrip("_") or "1"
                plan.find(scope, context.name, number, 1)
                plan.longer(scope, context.name, number[:1])

    def evaluate(text: str) -> None:
        expression.evaluate(text, lambda name, argument: argument)

    def substitute(text: str) -> None:
        parsed = substitution.parse(text)
        if not _dangerous(text):
            now = compiler.now(parsed)
            if now:
                now(scope)

    def match(text: str) -> None:
        name, _, number = text.partition(" ")
        context = Context("fuzz")
        extension = context.make(pattern.spelled(name), None)
        list(context.matching(number))
        context.longer(number, "")
        pattern.number_matches(name, number)
        context.discard(extension)

    def hold(text: str) -> None:
        found = timing.parse(text)
        if found:
            found.holds(1_700_000_000.0)

    return {
        "reader": read, "parser": parse, "expression": evaluate, "substitution": substitute, "pattern": match,
        "timing": hold,
    }  # fmt: skip


def _dangerous(text: str) -> bool:
    """Whether a text may run programs or touch files."""
    return any(word in text for word in ("SHELL", "FILE", "ENV", "STAT", "CURL", "CONFIG", "ODBC", "REALTIME"))


def texts(target: str, seed: int, count: int) -> Iterator[str]:
    """Go through the made-up texts of a target."""
    mutate = Mutator(seeds()[target], seed)
    return (mutate() for _ in range(count))


class Findings:
    """Tries texts and keeps those that show a fault."""

    def __init__(self, keep: Path) -> None:
        self.keep = keep
        self.count = 0
        self.faults: list[str] = []

    def attempt(self, name: str, take: Callable[[str], None], text: str) -> None:
        """Give a text to a target."""
        self.count += 1
        began = time.process_time()
        fault = ""
        try:
            take(text)
        except DialplanError:
            pass
        except Exception as error:
            fault = f"{type(error).__name__}: {error} at {traceback.extract_tb(error.__traceback__)[-1]}"
        took = time.process_time() - began
        if took > SLOW_S:
            fault = f"took {took:.1f} s"
        if fault:
            self.keep.mkdir(parents=True, exist_ok=True)
            file = self.keep / f"{name}-{len(self.faults)}.txt"
            file.write_text(text, "utf-8", "surrogateescape")
            self.faults.append(f"{name}: {fault} ({file})")
            sys.stderr.write(self.faults[-1] + "\n")


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--count", type=int, default=10_000, help="texts for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--atheris", action="store_true", help="let atheris choose; one target only")
    arguments, rest = parser.parse_known_args()
    known = targets()
    findings = Findings(arguments.keep)
    if arguments.atheris:
        return _steered(arguments.targets[0], known, findings, rest)
    counts = {}
    for name in arguments.targets or known:
        before = findings.count
        for text in texts(name, arguments.seed, arguments.count):
            findings.attempt(name, known[name], text)
        counts[name] = findings.count - before
    sys.stdout.write(json.dumps({"texts": counts, "faults": findings.faults}) + "\n")
    return 1 if findings.faults else 0


def _steered(name: str, known: dict[str, Callable[[str], None]], findings: Findings, rest: list[str]) -> int:
    import atheris  # type: ignore[import-not-found, unused-ignore]

    def take(raw: bytes) -> None:
        findings.attempt(name, known[name], raw.decode("utf-8", "surrogateescape"))

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *rest], take)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
