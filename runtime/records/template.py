"""Text with `${...}` that is filled in from a record: what mappings of Asterisk's custom back ends are made of."""

from collections.abc import Callable
from typing import Generic, TypeVar

from asterism.dialplan import expression, substitution
from asterism.dialplan.nodes import Call, Dynamic, Expression, Part, Text, Variable
from asterism.dialplan.scope import BUILTINS
from asterism.runtime.errors import ArgumentError
from asterism.runtime.records.subjects import Subject
from asterism.runtime.switch import Switch
from asterism.runtime.unbound import Unbound

T = TypeVar("T")


class Template(Generic[T]):
    """A text ready to be filled in. Functions that read the record are answered from it, all others by the dialplan's.

    Raises:
        ArgumentError: It uses a function that is not there, or one that has to wait.
    """

    def __init__(self, switch: Switch, subject: Subject[T], text: str) -> None:
        self._scope = Unbound(switch)
        self._switch = switch
        self._subject = subject
        self._text = substitution.parse(text)
        self._check(self._text)

    def _check(self, text: Text) -> None:
        for part in text.parts:
            if isinstance(part, Call):
                function = self._switch.find_function(part.name)
                if part.name not in self._subject.functions and (function is None or function.is_async):
                    raise ArgumentError(f"{part.name}() cannot be used here")
                self._check(part.argument)
            elif isinstance(part, Expression | Dynamic):
                self._check(part.body)

    def fill(self, record: T) -> str:
        """The text for a record."""
        return self._filled(self._text, record)

    def _filled(self, text: Text, record: T) -> str:
        return "".join(part if isinstance(part, str) else self._part(part, record) for part in text.parts)

    def _part(self, part: Part, record: T) -> str:
        if isinstance(part, Expression):
            return expression.evaluate(self._filled(part.body, record))
        if isinstance(part, Dynamic):
            part = substitution.name(self._filled(part.body, record))
        if isinstance(part, Variable):
            return substitution.cut(self._variable(part.name, record), part.offset, part.length)
        assert isinstance(part, Call)
        value = self._called(part.name, self._filled(part.argument, record), record)
        return substitution.cut(value, part.offset, part.length)

    def _variable(self, name: str, record: T) -> str:
        reader: Callable[[T], str] | None = self._subject.variables.get(name)
        if reader is not None:
            return reader(record)
        return self._scope.builtin(name) if name in BUILTINS else self._scope.globals.get(name, "")

    def _called(self, name: str, argument: str, record: T) -> str:
        reader = self._subject.functions.get(name)
        if reader is not None:
            return reader(record, argument)
        function = self._switch.find_function(name)
        value = "" if function is None else function.read(self._scope, argument)
        return value if isinstance(value, str) else ""
