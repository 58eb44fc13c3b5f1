"""The project's own source, as the tests of the house read it."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("dialplan", "runtime", "apps", "functions")


def files(*rooms: str) -> list[Path]:
    """Return every Python file of these rooms, or of all of them."""
    return sorted(file for room in rooms or ROOMS for file in (ROOT / room).rglob("*.py"))


def name_of(file: Path) -> str:
    """Return how a message names a file."""
    return file.relative_to(ROOT).as_posix()


@functools.cache
def tree(file: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def walk_loaded(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node but those for the type checker alone."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from walk_loaded(child)


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of everything a file loads, wherever the import stands.

    What stands under `if TYPE_CHECKING:` is not loaded: a word may name the type that speaks it.
    """
    for node in walk_loaded(tree(file)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{'.' * node.level}{node.module or ''}.{alias.name}") for alias in node.names)
