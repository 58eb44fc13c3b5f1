"""features.conf: what parties of a call may do with DTMF while they talk, and which keys do it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Annotated

from asterism.runtime.arguments import Unit, split_arguments
from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import Entry, Section, read, section

Complain = Callable[[ConfigError], None]


@section("features.conf", "general")
@dataclass(frozen=True)
class FeaturesGeneral:
    """How features behave."""

    featuredigittimeout: Annotated[int, Unit("ms")] = 1000
    "Longest pause between the keys of one code."
    transferdigittimeout: Annotated[float, Unit("s")] = 3
    "Longest pause between the digits of a number that is dialled for a transfer."
    transferdialattempts: int = 3
    "How often a wrong number may be dialled for a transfer."
    transferannouncesound: str = "pbx-transfer"
    "Asks for the number to transfer to; empty for the dial tone at once."
    transferretrysound: str = "pbx-invalid"
    "Played after a wrong number when another try is allowed."
    transferinvalidsound: str = "privacy-incorrect"
    "Played after the last wrong number."
    xfersound: str = "beep"
    "Played to those who are joined by an attended transfer."
    xferfailsound: str = "beeperr"
    "Played when an attended transfer has failed."
    atxfernoanswertimeout: Annotated[float, Unit("s")] = 15
    "How long the target of an attended transfer may ring."
    atxferdropcall: bool = False
    "When the transferer has hung up before the target answered: do not call him back."
    atxferloopdelay: Annotated[float, Unit("s")] = 10
    "Pause before the target is called again, when the transferer could not be called back."
    atxfercallbackretries: int = 2
    "How often the transferer is called back."
    atxferabort: str = "*1"
    "The transferer gives an attended transfer up, and talks to the first party again."
    atxfercomplete: str = "*2"
    "The transferer joins the two others and is out."
    atxferthreeway: str = "*3"
    "All three talk."
    atxferswap: str = "*4"
    "The transferer changes between the two others."
    pickupexten: str = "*8"
    "Dialled to take a ringing call of one's group."
    pickupsound: str = ""
    "Played to whoever has picked up a call."
    pickupfailsound: str = ""
    "Played when there is nothing to pick up."
    courtesytone: str = ""
    "Played when a recording starts or stops."
    recordingfailsound: str = ""
    "Played when a recording could not start."


@section("features.conf", "featuremap")
@dataclass(frozen=True)
class FeatureMap:
    """The keys of the built-in features; empty for none."""

    blindxfer: str = "#"
    "Send the other party to a number."
    disconnect: str = "*"
    "Hang up."
    atxfer: str = ""
    "Talk to a number first, then join the other party with it."
    parkcall: str = ""
    "Park the other party."
    automixmon: str = ""
    "Record both parties."


@dataclass(frozen=True, slots=True)
class MappedApplication:
    """An application that a key code runs: a line of [applicationmap].

    Args:
        name: By which DYNAMIC_FEATURES asks for it.
        code: The keys.
        on_peer: It runs on the other party's channel.
        application, arguments: What runs.
        music: Class of the music that the others hear meanwhile; empty for none.
    """

    name: str
    code: str
    on_peer: bool
    application: str
    arguments: str = ""
    music: str = ""


@dataclass(frozen=True)
class FeaturesConf:
    """features.conf as a whole."""

    general: FeaturesGeneral = field(default_factory=FeaturesGeneral)
    featuremap: FeatureMap = field(default_factory=FeatureMap)
    applications: dict[str, MappedApplication] = field(default_factory=dict)
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    "Sets of applications, each with the code that it has there; an empty code is its own."

    @classmethod
    def read(cls, sections: Iterable[Section], complain: Complain) -> "FeaturesConf":
        """Make it from the file's sections; what is wrong there is told, and the rest counts."""
        general, featuremap = FeaturesGeneral(), FeatureMap()
        applications: dict[str, MappedApplication] = {}
        groups: dict[str, dict[str, str]] = {}
        lines: dict[str, list[Entry]] = {}
        for each in sections:
            lines.setdefault(each.name, []).extend(each.lines)
        for name, entries in lines.items():
            if name == "general":
                general = read(FeaturesGeneral, [line for line in entries if not _is_parking(line, complain)], complain)
            elif name == "featuremap":
                featuremap = read(FeatureMap, entries, complain)
            elif name == "applicationmap":
                for line in entries:
                    found = _application(line, complain)
                    if found is not None:
                        applications[found.name] = found
            else:
                groups[name] = {line.key.strip(): line.value.strip() for line in entries}
        for name, group in groups.items():
            for item in group:
                if item not in applications:
                    at = next(line for line in lines[name] if line.key.strip() == item)
                    text = f"there is no '{item}' in [applicationmap]"
                    complain(ConfigError(text, at.file, at.lineno, item))
        return cls(general, featuremap, applications, groups)

    def dynamic(self, wanted: str, unknown: Callable[[str], None]) -> list[MappedApplication]:
        """The applications that DYNAMIC_FEATURES names, `#` between them; also by the names of groups."""
        found: list[MappedApplication] = []
        for name in filter(None, wanted.split("#")):
            if name in self.groups:
                for item, code in self.groups[name].items():
                    if item in self.applications:
                        one = self.applications[item]
                        found.append(replace(one, code=code) if code else one)
            elif name in self.applications:
                found.append(self.applications[name])
            else:
                unknown(name)
        return found


_PARKING = ("parkext", "parkpos", "context", "parkinghints", "parkingtime", "comebacktoorigin", "courtesytone_parked")


def _is_parking(line: Entry, complain: Complain) -> bool:
    """Whether a line belongs to parking, which has a file of its own since Asterisk 12."""
    if line.key.strip().lower() not in _PARKING:
        return False
    complain(ConfigError(f"'{line.key}' belongs into res_parking.conf", line.file, line.lineno, line.key))
    return True


def _application(line: Entry, complain: Complain) -> MappedApplication | None:
    """`name => code,self|peer[/by],Application(arguments)[,music]`, or the arguments behind a comma."""
    code, where, rest = ([part.strip() for part in line.value.split(",", 2)] + ["", "", ""])[:3]
    on = where.partition("/")[0].lower()
    if not code or not on or not rest:
        text = "code, self or peer, and an application are needed"
    elif on not in ("self", "peer", "caller", "callee"):
        text = f"'{where}' is neither self nor peer"
    elif any(key not in "0123456789*#ABCD" for key in code):
        text = f"'{code}' cannot be dialled"
    else:
        application, bracket, behind = rest.partition("(")
        if bracket and "," not in application:
            arguments, _, music = behind.rpartition(")")
            music = music.lstrip(" ,")
        else:
            application, *more = split_arguments(rest, raw=True)
            arguments, music = ([*more, "", ""])[:2]
            arguments = arguments.strip().strip('"')
        return MappedApplication(
            line.key.strip(), code, on in ("peer", "callee"), application.strip(), arguments, music.strip()
        )
    complain(ConfigError(f"{line.key} => {line.value}: {text}", line.file, line.lineno, line.key))
    return None
