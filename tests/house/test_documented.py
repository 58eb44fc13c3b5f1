"""Every declaration says what it is: console help, completion and the manual have no other source."""

import ast
import importlib
import re
import textwrap
from collections.abc import Iterator
from inspect import getsource

import pytest
from asterism.runtime.declare import Action, Application, Command, Declaration, Function

from tests.house.source import ROOT, files, name_of, tree

DECLARING = [
    ".".join(("asterism", *file.relative_to(ROOT).with_suffix("").parts))
    for file in files("apps", "functions", "runtime/commands", "runtime/actions", "runtime/agi")
    if file.stem != "__init__"
]


def declarations() -> Iterator[Declaration]:
    """Yield what the modules of the fourth floor declare."""
    for module in map(importlib.import_module, DECLARING):
        for value in vars(module).values():
            if isinstance(value, Declaration) and value.module == module.__name__:
                yield value


def said(declaration: Declaration) -> str:
    """Return how a message names a declaration."""
    return f"{declaration.module}: {type(declaration).__name__.lower()} {declaration.name}"


@pytest.fixture(scope="module", name="every")
def every_declaration() -> list[Declaration]:
    """Everything that is declared; loaded when the tests run, so that one bad module fails them alone."""
    return list(declarations())


def test_every_declaration_has_a_synopsis(every: list[Declaration]) -> None:
    wrong = [said(one) for one in every if not re.fullmatch(r"[A-Z\"'$`].{3,113}\.", one.doc.synopsis)]
    assert not wrong, "a synopsis is one sentence that begins large and ends with a dot"


def test_every_argument_is_explained(every: list[Declaration]) -> None:
    missing = [
        f"{said(one)}: {parameter.name}"
        for one in every
        if isinstance(one, Application | Function)
        for parameter in one.parameters
        if not parameter.options
        and not re.search(rf"^\s*{parameter.name}\b[^\n]*:", one.doc.sections.get("Args", ""), re.MULTILINE)
    ]
    assert not missing


def test_every_option_is_explained(every: list[Declaration]) -> None:
    missing = []
    for one in every:
        if not isinstance(one, Application):
            continue
        for hint in one.body.__annotations__.values():
            if isinstance(hint, type) and hasattr(hint, "__dataclass_fields__"):
                missing += [f"{said(one)}: {name}" for name in undocumented_fields(hint)]
    assert not missing


def undocumented_fields(kind: type) -> Iterator[str]:
    """Yield the fields of a dataclass that no string stands under."""
    body = ast.parse(textwrap.dedent(getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    for field, under in zip(body.body, [*body.body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign) and not (
            isinstance(under, ast.Expr) and isinstance(under.value, ast.Constant) and isinstance(under.value.value, str)
        ):
            yield ast.unparse(field.target)


def test_no_two_declarations_share_a_name(every: list[Declaration]) -> None:
    for kind in (Application, Function, Command, Action):
        names = [one.name.lower() for one in every if isinstance(one, kind)]
        assert sorted(set(names)) == sorted(names)


def test_public_code_is_documented() -> None:
    missing = [
        f"{name_of(file)}:{node.lineno} {node.name}"
        for file in files()
        for node in tree(file).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not missing


def test_the_fourth_floor_is_looked_at(every: list[Declaration]) -> None:
    assert {type(one) for one in every} >= {Application, Function, Command}
