"""What an action reads is what its help says."""

import ast
from pathlib import Path

import pytest
from asterism.runtime import actions
from asterism.runtime.testing import TestRuntime

FILES = sorted(Path(actions.__path__[0]).glob("*.py"))


def read_in(file: Path) -> set[str]:
    """The headers that the code of a file asks a request for."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        of, name = node.func.value, node.args[0]
        if isinstance(of, ast.Name) and of.id == "request" and node.func.attr in ("get", "all"):
            found.update({name.value} if isinstance(name, ast.Constant) else ())
    return {str(each) for each in found} - {"ActionID"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_headers_are_told(rt: TestRuntime, file: Path) -> None:
    mine = [each for each in rt.actions.values() if each.module.endswith(f".{file.stem}")]
    told = {name.removesuffix("*") for each in mine for name in each.headers.split()}
    assert read_in(file) <= told
    for each in mine:
        takes_all = any(parameter.name == "request" for parameter in each.parameters)
        assert bool(each.headers) is takes_all, each.name


async def test_the_help_names_them(rt: TestRuntime) -> None:
    lines = (await rt.commands.run(rt, "manager show command Originate Hangup")).lines
    assert "Channel: <value>" in lines and "[PreDialGoSub:] <value>" in lines and "[Cause:] <value>" in lines
