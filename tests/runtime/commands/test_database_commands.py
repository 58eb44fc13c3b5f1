"""Commands about astdb, printed as Asterisk 22 prints them."""

from pathlib import Path

import pytest
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

SEEN = """
> database put fam key value
Updated database successfully
> database put fam key2 "value two"
Updated database successfully
> database put fam/sub key3 v3
Updated database successfully
> database put other key v
Updated database successfully
> database show
/fam/key                                          : value                    |
/fam/key2                                         : value two                |
/fam/sub/key3                                     : v3                       |
/other/key                                        : v                        |
4 results found.
> database show fam/sub
/fam/sub/key3                                     : v3                       |
1 results found.
> database show fam key
/fam/key                                          : value                    |
1 results found.
> database show nofam
0 results found.
> database show fam nokey
0 results found.
> database showkey key
/fam/key                                          : value                    |
/other/key                                        : v                        |
2 results found.
> database showkey nokey
0 results found.
> database get fam key
Value: value
> database get fam nokey
Database entry not found.
> database del fam key
Database entry removed.
> database del fam key
Database entry could not be removed.
> database deltree fam sub
1 database entries removed.
> database deltree nofam
Database entries do not exist.
> database deltree fam
1 database entries removed.
> database put "a b" "c d" "e f"
Updated database successfully
> database show
/a b/c d                                          : e f                      |
/other/key                                        : v                        |
2 results found.
"""

QUERIES = """
> database query "SELECT * FROM astdb ORDER BY key"
key  : /fam/key                                          |
value: value                                             |

key  : /other/key                                        |
value: v                                                 |

> database query "SELECT key FROM astdb WHERE value='v'"
key  : /other/key                                        |

> database query "SELECT 1, NULL"
1    : 1                                                 |
NULL : (null)                                            |

> database query "DELETE FROM astdb WHERE key='/other/key'"
> database show other
0 results found.
> database query "INSERT INTO astdb VALUES ('/fam/new', 'x')"
> database get fam new
Value: x
"""


def conversation(text: str) -> list[tuple[str, list[str]]]:
    """Commands and what they print; a bar marks the end of a line that ends with blanks."""
    found: list[tuple[str, list[str]]] = []
    for line in text.strip("\n").split("\n"):
        if line.startswith("> "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line.removesuffix("|"))
    return found


async def test_printed_as_asterisk_prints(rt: TestRuntime) -> None:
    for command, printed in conversation(SEEN):
        assert (await rt.commands.run(rt, command)).lines == printed, command


async def test_sql_of_the_operators_own(tmp_path: Path) -> None:
    directories = DirectorySettings(astdbdir=tmp_path)
    async with TestRuntime(directories=directories, real_time=True) as rt:
        await rt.database.put("fam", "key", "value")
        await rt.database.put("other", "key", "v")
        for command, printed in conversation(QUERIES):
            assert (await rt.commands.run(rt, command)).lines == printed, command
        reply = await rt.commands.run(rt, 'database query "SELECT nosuch FROM astdb"')
        assert not reply.ok
        assert "no such column: nosuch" in reply.lines[0]


async def test_what_is_kept_in_memory_has_no_sql(rt: TestRuntime) -> None:
    reply = await rt.commands.run(rt, 'database query "SELECT 1"')
    assert not reply.ok and "in memory" in reply.lines[0]


@pytest.mark.parametrize("command", ["database put fam key", "database query SELECT 1", "database deltree"])
async def test_usage(rt: TestRuntime, command: str) -> None:
    assert (await rt.commands.run(rt, command)).lines[0].startswith("Usage: database ")
