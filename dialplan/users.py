"""users.conf: an extension and a hint for each user, as Asterisk's pbx_config makes them.

The users stand in `userscontext` of extensions.conf, or in `default`. What extensions.conf has there already stays.
"""

import re

from asterism.dialplan.plan import REGISTRAR, Context, Plan
from asterism.dialplan.reader import Config, Section
from asterism.dialplan.source import Step

FILE = "users.conf"
MAX_CHANNELS = 100
"""Channels of one range, `dahdichan=1-24`."""
_TRUE = ("1", "yes", "true", "y", "t", "on")
_TECHNOLOGIES = (("hassip", "SIP"), ("hasiax", "IAX2"), ("hash323", "H323"))
_RANGE = re.compile(r"\s*([0-9]{1,9})(?:-([0-9]{1,9}))?")


def add(plan: Plan, config: Config) -> None:
    """Put the users of a users.conf into a plan."""
    general = config.section("general") or Section("general", FILE, 0)
    name = plan.general.get("userscontext", "default")
    for user in config:
        if user.name.lower() == "general" or (user.get("hasexten") and not _yes(user.get("hasexten"))):
            continue
        devices = _devices(user, general)
        if devices:
            _user(plan.context(name, FILE, user.lineno), user, devices, _yes(_option(user, general, "hasvoicemail")))


def _option(user: Section, general: Section, key: str) -> str:
    return user.get(key) or general.get(key)


def _yes(value: str) -> bool:
    return value.lower() in _TRUE


def _devices(user: Section, general: Section) -> str:
    found = [f"{technology}/{user.name}" for key, technology in _TECHNOLOGIES if _yes(_option(user, general, key))]
    for part in filter(None, _option(user, general, "dahdichan").split(",")):
        match = _RANGE.match(part)
        start, end = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        start, end = min(start, end), max(start, end)
        found += [f"DAHDI/{channel}" for channel in range(start, min(end, start + MAX_CHANNELS) + 1)]
    return "&".join(found)


def _user(context: Context, user: Section, devices: str, has_voicemail: bool) -> None:
    extension = context.make(user.name, None)
    if extension.hint is None:
        extension.hint = _step(context, user.name, -1, devices, "")
    application, data = ("Gosub", f"{user.name},stdexten(${{HINT}})") if has_voicemail else ("Dial", "${HINT}")
    extension.steps.setdefault(1, _step(context, user.name, 1, application, data))
    for number in filter(None, user.get("alternateexts").split(",")):
        other = context.make(number, None)
        other.steps.setdefault(1, _step(context, number, 1, "Goto", f"{user.name},1"))


def _step(context: Context, name: str, priority: int, application: str, data: str) -> Step:
    return Step(context.name, name, priority, "", application, data, REGISTRAR, 0)
