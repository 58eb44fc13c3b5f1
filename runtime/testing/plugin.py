"""The fixture `rt` for pytest: import it in `conftest.py`."""

from collections.abc import AsyncIterator

import pytest_asyncio
from asterism.runtime.testing import TestRuntime


@pytest_asyncio.fixture
async def rt() -> AsyncIterator[TestRuntime]:
    """A runtime in memory with all modules loaded and an empty dialplan."""
    async with TestRuntime() as runtime:
        yield runtime
