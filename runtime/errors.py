"""The whole error tree.

::

    Hangup(Ended)                        raised at a channel's await; passes `except Exception`; then `h` runs
    AsterismError(Exception)
    |- ConfigError    file line option   a configuration file is wrong; on reload the old one stays in force
    |  `- ModuleMissing                  modules.conf requires a module that is not here: nothing starts
    |- ArgumentError                     bad arguments of an application, function, or command
    |- Unavailable    cause              a leg could not be made; dialing turns it into a DialStatus
    |- NotAllowed                        refused for security: live_dangerously, missing right
    `- DriverError                       the SIP stack misbehaved or is missing
    DialplanError                        the user's dialplan is wrong: see asterism.dialplan.errors

A hangup is not an error: it descends from BaseException, as cancellation does, so that a user's
`except Exception` cannot swallow it.
"""

from asterism.dialplan.errors import Ended
from asterism.runtime.causes import Cause


class Hangup(Ended):
    """The channel has been, or is to be, hung up."""

    def __init__(self, cause: int = Cause.NORMAL_CLEARING, *, asked: bool = False) -> None:
        """Args: cause: the Q.850 cause to hang up with; 0 lets the channel choose. asked: not even TryExec goes on."""
        super().__init__(cause, asked=asked)
        self.cause = int(cause)


class AsterismError(Exception):
    """Root of everything that this library raises as an error."""


class ConfigError(AsterismError):
    """A configuration file is wrong: names file, line, and option."""

    def __init__(self, message: str, file: str = "", line: int = 0, option: str = "") -> None:
        self.message, self.file, self.line, self.option = message, file, line, option
        where = f"{file}:{line}: " if line else f"{file}: " if file else ""
        super().__init__(where + message)


class ModuleMissing(ConfigError):
    """modules.conf requires a module that is not here."""


class ArgumentError(AsterismError):
    """The arguments do not fit the application, function, or command."""


class Unavailable(AsterismError):
    """A leg could not be made; `cause` says why (Q.850)."""

    def __init__(self, message: str, cause: Cause = Cause.NO_ROUTE_DESTINATION) -> None:
        super().__init__(message)
        self.cause = cause


class NotAllowed(AsterismError):
    """Refused for security: needs `live_dangerously`, or a right that the asker has not."""


class DriverError(AsterismError):
    """The SIP stack misbehaved, is missing, or belongs to another runtime of this process."""
