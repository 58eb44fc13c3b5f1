"""What must not be evaluated for somebody outside the dialplan."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asterism.runtime.switchboard import Switchboard

SYSTEM_APPLICATIONS = (
    "system", "exec", "agi", "monitor", "externalivr", "originate", "record", "reload", "dictate", "minivm",
    "voicemail", "sendmail", "while", "set", "waitforcondition",
)  # fmt: skip
"""Applications that can start a process, or write a file, or work out a text that does, by a part of their name:
asking for one from outside takes the class system."""

PASSWORD_FILES = ("authenticate", "disa")
"Applications whose first argument is a file when there is a slash in it."

EVALUATING = ("SHELL", "EVAL", "CURL", "ODBC", "REALTIME", "FILE", "STAT", "ENV", "AST_CONFIG")
"Functions that read or run what is outside, or evaluate a text again, beside those that say that they are dangerous."

FILE_VARIABLES = "TOUCH_MIXMONITOR"
"How variables begin that say where the keys of a party record, and how."

# `${${a}${b}(id)}`: a name that is put together while it is evaluated could become that of any function.
_NESTED = re.compile(r"\$[{\[][^}\]]*\$[{\[]")
# A function is called by name and bracket, whatever stands around it: `CUT(SHELL(id),1)`.
_CALLED = re.compile(r"[A-Za-z_0-9]+(?=\s*\()")


def may_run(rt: "Switchboard", application: str, texts: Sequence[str]) -> bool:
    """Whether somebody outside, without the class system, may have an application run.

    Args:
        rt: Whose application.
        application: Its name, in any case.
        texts: Its arguments first, then what else it is to find.
    """
    name = application.lower()
    if any(part in name for part in SYSTEM_APPLICATIONS):
        return False
    if any(part in name for part in PASSWORD_FILES) and any("/" in text for text in texts[:1]):
        return False
    return not is_dangerous(rt, texts)


def is_dangerous(rt: "Switchboard", texts: Iterable[str], *, write: bool = True) -> bool:
    """Whether texts name a dangerous function, or could come to name one while they are evaluated.

    Args:
        rt: Whose functions.
        texts: Names of variables and functions, arguments of applications, values.
        write: Functions that are dangerous to write count as well, and variables that name files.
    """
    words: set[str] = set()
    for text in texts:
        if _NESTED.search(text) or (write and FILE_VARIABLES in text):
            return True
        words.update(_CALLED.findall(text))
    if not words.isdisjoint(EVALUATING):
        return True
    found = (rt.find_function(word) for word in words)
    return any(each is not None and (each.dangerous_read or (write and each.dangerous_write)) for each in found)
