"""Actions as code asks for them: by name, with headers, without a connection."""

import inspect
from collections.abc import Awaitable, Callable

import pytest
from asterism.runtime.errors import AsterismError
from asterism.runtime.manager.client import arguments
from asterism.runtime.request import Request, Response
from asterism.runtime.testing import TestRuntime

Do = Callable[..., Awaitable[Response]]


@pytest.fixture(name="do")
def make_do(rt: TestRuntime) -> Do:
    """Do an action: `await do("Hangup", Channel="x")`."""

    async def do(name: str, **headers: str) -> Response:
        action = rt.actions[name]
        request = Request([(key.rstrip("_"), value) for key, value in headers.items()])
        try:
            answer = action.body(rt, *arguments(action.parameters, request))
            answer = await answer if inspect.isawaitable(answer) else answer
        except AsterismError as error:
            return Response.error(str(error))
        assert isinstance(answer, Response)
        return answer

    return do
