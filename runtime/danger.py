"""What must not be evaluated for somebody outside the dialplan."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asterism.runtime.switchboard import Switchboard

EVALUATING = ("SHELL", "EVAL", "CURL", "ODBC", "REALTIME", "FILE", "STAT", "ENV", "AST_CONFIG")
"Functions that read or run what is outside, or evaluate a text again, beside those that say that they are dangerous."

# `${${a}${b}(id)}`: a name that is put together while it is evaluated could become that of any function.
_NESTED = re.compile(r"\$[{\[][^}\]]*\$[{\[]")
# A function is called by name and bracket, whatever stands around it: `CUT(SHELL(id),1)`.
_CALLED = re.compile(r"[A-Za-z_0-9]+(?=\s*\()")


def is_dangerous(rt: "Switchboard", texts: Iterable[str], *, write: bool = True) -> bool:
    """Whether texts name a dangerous function, or could come to name one while they are evaluated.

    Args:
        rt: Whose functions.
        texts: Names of variables and functions, arguments of applications, values.
        write: Functions that are dangerous to write count as well.
    """
    words: set[str] = set()
    for text in texts:
        if _NESTED.search(text):
            return True
        words.update(_CALLED.findall(text))
    if not words.isdisjoint(EVALUATING):
        return True
    found = (rt.find_function(word) for word in words)
    return any(each is not None and (each.dangerous_read or (write and each.dangerous_write)) for each in found)
