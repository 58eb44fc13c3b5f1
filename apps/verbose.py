"""NoOp, Verbose and Log: saying something, or nothing."""

from asterism.dialplan.compile import Compiler
from asterism.dialplan.nodes import Call, Dynamic, Expression, Text
from asterism.dialplan.scope import Outcome, Run, Scope
from asterism.runtime import declare
from asterism.runtime.declare import application


@application("NoOp", since="0.1", see="Verbose, Log")
def noop(chan: Scope, text: declare.Text = "") -> None:
    """Do nothing.

    Args:
        text: Worked out as any text is, so that the console shows it at verbose 3.
    """


def _nothing(scope: Scope) -> Outcome:
    return None


@noop.compile
def _noop(compiler: Compiler, text: Text) -> Run | None:
    if text.constant is not None:
        return _nothing
    evaluate = compiler.now(text)
    if evaluate is None:
        return None
    if not any(isinstance(part, Call | Dynamic | Expression) for part in text.parts):
        # Reading variables changes nothing, so where nobody looks they need not be read.
        return _nothing

    def run(scope: Scope) -> Outcome:
        evaluate(scope)
        return None

    return run


@application("Verbose", since="0.1", see="NoOp, Log")
def verbose(chan: Scope, text: declare.Text = "") -> None:
    """Say something to the consoles.

    Args:
        text: `[level,]message`; consoles of that verbosity or more show it, level 0 is for all.

    Compat: app_verbose; a level that is no number from 0 to 10 is taken as 0.
    """
    level, comma, message = text.partition(",")
    if not comma:
        level, message = "0", text
    number = int(level) if level.strip().isdigit() and len(level) < 4 else 0
    if number > 10 or (comma and not level.strip().isdigit()):
        chan.warn(f"'{level}' is no verbosity")
        number = 0
    chan.verbose(number, message)


LEVELS = ("ERROR", "WARNING", "NOTICE", "DEBUG", "VERBOSE", "DTMF")


@application("Log", since="0.1", see="Verbose, NoOp")
def log(chan: Scope, level: str = "", message: declare.Text = "") -> None:
    """Write a line into the log.

    Args:
        level: ERROR, WARNING, NOTICE, DEBUG, VERBOSE, DTMF, or one of logger.conf's custom_levels.
        message: What to write; the line names the dialplan's place, `Ext. s:1 @ default`.

    Compat: app_verbose; a level that is none of these logs an ERROR, and nothing else is written.
    """
    if not level and not message:
        return
    switch = getattr(chan, "switch", None)
    known = {*LEVELS, *(switch.log.custom_levels if switch is not None else ())}
    if level.upper() not in known:
        chan.log("ERROR", f"Unknown log level: '{level}'; Log takes one of {', '.join(LEVELS)}")
        return
    if level.upper() == "VERBOSE":
        chan.verbose(0, message)
    elif switch is None:
        chan.log(level.upper(), message)
    else:
        place = (f"Ext. {chan.exten}", chan.priority, f"@ {chan.context}")
        switch.log.at(level, message, getattr(chan, "call", ""), place)
