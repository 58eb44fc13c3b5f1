"""The words of AGI: how a line becomes arguments, and what is answered."""

from dataclasses import dataclass

ARGUMENTS_MAX = 126
"Words of one line, Asterisk's bound; the others are lost."

LINE_BYTES = 8192
"Longest line that is read; a longer one is cut, as Asterisk cuts it (there after 2047 bytes)."

UNKNOWN = "Invalid or unknown command"
DEAD = "Command Not Permitted on a dead channel or intercept routine"


def arguments(line: str) -> list[str]:
    """Split a line into its words.

    Blanks and tabs separate them, but not in double quotes and not behind a backslash, which makes any character
    an ordinary one. A quote inside a word does not begin another: `x"a b"` is one.
    """
    words: list[str] = []
    quoted = escaped = False
    between = True
    for char in line:
        if char == '"' and not escaped:
            quoted = not quoted
            if not (quoted and between):
                continue
            char = ""
        elif char in " \t" and not quoted and not escaped:
            between = True
            continue
        elif char == "\\" and not escaped:
            escaped = True
            continue
        escaped = False
        if between:
            if len(words) == ARGUMENTS_MAX:
                break
            words.append("")
            between = False
        words[-1] += char
    return words


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command answers.

    Args:
        text: The line behind `200 `.
        verdict: How AGIExecEnd calls the outcome.
        failed: The command could not do its work: AGISTATUS becomes FAILURE though the conversation goes on.
        code: 200; 510, 511, and 520 for commands that do not come to be run.
        usage: Lines between `520-` and `520 `.
        silent: Nothing is said: the next command has come meanwhile and is answered instead.
    """

    text: str
    verdict: str = "Success"
    failed: bool = False
    code: int = 200
    usage: tuple[str, ...] = ()
    silent: bool = False

    @property
    def result_code(self) -> int:
        """AGIExecEnd's ResultCode."""
        return -1 if self.failed else self.code

    def __str__(self) -> str:
        if self.silent:
            return ""
        if self.code == 520:
            return "\n".join((f"520-{self.text}", *self.usage, "520 End of proper usage.", ""))
        return f"{self.code} {self.text}\n"


def result(value: int | str, detail: str = "") -> Reply:
    """`200 result=...`, and perhaps more."""
    return Reply(f"result={value} {detail}" if detail else f"result={value}")


def failure(value: int | str, detail: str = "") -> Reply:
    """`200 result=...` of a command that failed."""
    return Reply(result(value, detail).text, "Failure", failed=True)


SUPERSEDED = Reply("", silent=True)
"The command made way for the next one, which came while it played or listened."


def unknown() -> Reply:
    """There is no such command."""
    return Reply(UNKNOWN, UNKNOWN, code=510)


def not_permitted() -> Reply:
    """The command needs a channel that is alive."""
    return Reply(DEAD, DEAD, code=511)


def misused(usage: tuple[str, ...]) -> Reply:
    """The arguments do not fit."""
    return Reply("Invalid command syntax.  Proper usage follows:", "Usage", code=520, usage=usage)
