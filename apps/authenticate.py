"""Authenticate: let only those go on who know a password."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, application
from asterism.runtime.errors import Hangup

_TRIES = 3


@dataclass(frozen=True)
class AuthenticateOptions:
    """Options of Authenticate."""

    account: Annotated[bool, Option("a")] = False
    "The password becomes the account code of the call."
    database: Annotated[bool, Option("d")] = False
    "The password is a family of the database, and the keys in it are what may be dialled."
    multiple: Annotated[bool, Option("m")] = False
    "The file has lines of an account code, a colon, and the MD5 sum of a password; the account becomes the call's."
    remove: Annotated[bool, Option("r")] = False
    "With `d`: the key is gone once it has been used."


@application("Authenticate", see="DISA, ReadExten, DB")
async def authenticate(
    chan: Channel,
    password: str = "",
    options: AuthenticateOptions = AuthenticateOptions(),
    maxdigits: str = "",
    prompt: str = "",
) -> None:
    """Ask the caller for a password, and end the call when he does not know it.

    Args:
        password: The password, or, when it begins with `/`, a file of passwords, one on each line; see `d` and `m`.
        options: `a` makes the password the account code, `d` looks in the database (and `r` removes the key), `m`
            reads account codes and MD5 sums from the file.
        maxdigits: Stop reading after so many digits; 0 or nothing waits for `#`.
        prompt: Sounds to play instead of `agent-pass`, joined by `&`.
    Sets: CHANNEL(accountcode), with `a` or `m`.
    Compat: app_authenticate. Three attempts; then, or when the prompt is missing, the call ends.
    """
    if not password:
        chan.warn("Authenticate requires an argument (password)")
        raise Hangup(0)
    await chan.answer()
    most = int(maxdigits) if maxdigits.isdigit() and 0 < int(maxdigits) < 255 else 255
    sounds = prompt.split("&") if prompt else ["agent-pass"]
    for _ in range(_TRIES):
        digits = await _ask(chan, sounds, most)
        account = await _account(chan, digits, password, options) if digits else None
        if account is not None:
            if options.account or options.multiple:
                chan.set_accountcode(account)
            await chan.play("auth-thankyou")
            return
        sounds = ["auth-incorrect"]
    chan.verbose(3, f"{chan.name} does not know the password")
    await chan.play("vm-goodbye")
    raise Hangup(0)


async def _ask(chan: Channel, sounds: list[str], most: int) -> str:
    played = await chan.play(*sounds, interrupt="0123456789*#ABCD")
    if played.missing:
        raise Hangup(0)
    if played.digit == "#":
        return ""
    if len(played.digit) >= most:
        return played.digit
    return played.digit + await chan.read_digits(most - len(played.digit), first_s=6.0, next_s=2.0 + 4.0)


async def _account(chan: Channel, digits: str, password: str, options: AuthenticateOptions) -> str | None:
    """The account code that these digits are good for; None when they are wrong."""
    if not password.startswith("/"):
        return digits if digits == password else None
    if options.database:
        database, family = chan.switch.database, password[1:]
        if await database.get(family, digits) is None:
            return None
        if options.remove:
            await database.delete(family, digits)
        return digits
    lines = await asyncio.get_running_loop().run_in_executor(None, _lines, password)
    if lines is None:
        chan.warn(f"Unable to open file '{password}' for authentication")
        return None
    if not options.multiple:
        return digits if digits in lines else None
    wanted = hashlib.md5(digits.encode(), usedforsecurity=False).hexdigest()
    accounts = (line.partition(":") for line in lines)
    return next((account for account, colon, md5 in accounts if colon and md5.strip().lower() == wanted), None)


def _lines(path: str) -> list[str] | None:
    try:
        return [line.rstrip("\r\n") for line in Path(path).read_text("utf-8", "surrogateescape").splitlines() if line]
    except OSError:
        return None
