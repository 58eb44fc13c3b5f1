"""http.conf: where pages are served, and what they are called."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

from asterism.dialplan import reader
from asterism.runtime.arguments import Separated, Unit
from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import Address, Alias, Complain, read, section, tell_ineffective
from asterism.runtime.tls import TlsOptions

FILE = "http.conf"

TLS_PORT = 8089


@section(FILE, "general")
@dataclass(frozen=True)
class HttpConf(TlsOptions):
    """Where HTTP is served."""

    enabled: bool = False
    "Serve HTTP at all."
    bindaddr: Annotated[list[str], Separated(",")] = field(default_factory=lambda: ["127.0.0.1"])
    "Addresses to listen on, several separated by commas."
    bindport: int = 8088
    "TCP port, where an address of bindaddr has none."
    prefix: str = ""
    "What stands before every path, without slashes: with `pbx` the page `rawman` is `/pbx/rawman`."
    servername: str = ""
    "What the server calls itself; its name and version when empty."
    sessionlimit: int = 100
    "Requests and WebSockets at once; those beyond are told to come back later."
    session_keep_alive: Annotated[int, Unit("ms")] = 15_000
    "How long a connection may stay between two requests."
    session_inactivity: Annotated[int, Unit("ms")] = 30_000
    "Accepted for Asterisk's sake."
    redirect: Annotated[list[str], Separated(",")] = field(default_factory=list)
    "`/from /to`: send whoever asks for the one to the other; several separated by commas."
    enable_static: Annotated[bool, Alias("enablestatic")] = False
    "Files are not served; a WARNING says so."
    enable_status: bool = False
    "Serve the page `httpstatus`, which says where the server listens."

    def places(self) -> Iterator[tuple[str, int, bool]]:
        """Where to listen: host, port, and whether over TLS.

        Raises:
            ConfigError: What stands there is no address.
        """
        if not self.enabled:
            return
        wanted = [(text, self.bindport, False) for text in self.bindaddr]
        if self.tlsenable:
            wanted += [(text, TLS_PORT, True) for text in self.tlsbindaddr or self.bindaddr]
        for text, port, secure in wanted:
            try:
                address = Address.parse(text)
            except ValueError as error:
                raise ConfigError(f"HTTP cannot be served on {text}: {error}", FILE) from None
            own_port = 0 if secure and not self.tlsbindaddr else address.port
            yield address.host, own_port or port, secure


def http_conf(config: reader.Config, complain: Complain) -> HttpConf:
    """Read what http.conf says."""
    found = read(HttpConf, config.lines("general"), complain)
    tell_ineffective(config.lines("general"), ("session_inactivity",), complain)
    if found.enable_static:
        complain(ConfigError("enable_static: files are not served", FILE))
    return found
