"""The HTTP server itself, on aiohttp: connections, paths, and which page answers."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from asterism import __version__
from asterism.runtime.errors import ConfigError
from asterism.runtime.http.conf import FILE, HttpConf, http_conf
from asterism.runtime.settings import Address
from asterism.runtime.tls import server_context

if TYPE_CHECKING:
    from aiohttp import web
    from asterism.runtime.runtime import Runtime

BODY_BYTES_MAX = 1 << 20
"Longest body of a request."

Place = tuple[str, int, bool]
"""Where HTTP is served: host, port, whether over TLS."""

Answer = Callable[["web.BaseRequest"], "Awaitable[web.StreamResponse]"]


@dataclass(frozen=True)
class Page:
    """What is served at one path.

    Args:
        answer: Makes the response; whatever it raises costs this request alone.
        about: What it is, for `http show status`.
    """

    answer: Answer
    about: str


class HttpServer:
    """Serves the pages of a runtime. Meets `asterism.runtime.front_ends.WebServer`."""

    def __init__(self, rt: "Runtime") -> None:
        self.rt = rt
        self.conf = HttpConf()
        self._pages: dict[str, Page] = {}
        self._runner: web.ServerRunner | None = None
        self._sites: dict[Place, web.TCPSite] = {}
        self._busy = 0

    # --- life

    async def start(self) -> None:
        """Read http.conf and serve, if it says so.

        Raises:
            ConfigError: It is lost as a whole, an address cannot be had, or aiohttp is missing.
        """
        await self.reload()

    async def reload(self) -> None:
        """Read http.conf again; when it is wrong the old one stays in force.

        Raises:
            ConfigError: It is lost as a whole, an address cannot be had, or aiohttp is missing.
        """
        folder = self.rt.config_dir
        assert folder is not None
        complain = self.rt.complain
        conf = http_conf(self.rt.configuration(FILE, complain), complain)
        wanted = list(conf.places())
        context = server_context(conf, folder, FILE) if conf.enabled and conf.tlsenable else None
        if wanted and self._runner is None:
            self._runner = await self._made(conf)
        # With another certificate the addresses of TLS are opened anew.
        for place in [place for place in self._sites if place[2]]:
            await self._sites.pop(place).stop()
        await self._listen(wanted, context)
        self.conf = conf

    async def _made(self, conf: HttpConf) -> "web.ServerRunner":
        try:
            from aiohttp import web
        except ImportError:
            raise ConfigError("HTTP needs the extra `http` (aiohttp), which is not installed", FILE) from None
        server = web.Server(
            self._serve,
            access_log=None,
            keepalive_timeout=conf.session_keep_alive / 1000,
            lingering_time=1.0,
        )
        runner = web.ServerRunner(server)
        await runner.setup()
        return runner

    async def _listen(self, wanted: list[Place], context: ssl.SSLContext | None) -> None:
        """Listen at these places, and at no other; at all of the new ones, or as before."""
        if self._runner is None:
            return
        from aiohttp import web

        opened: dict[Place, web.TCPSite] = {}
        for place in wanted:
            if place in self._sites:
                continue
            host, port, secure = place
            site = web.TCPSite(self._runner, host, port, ssl_context=context if secure else None)
            try:
                await site.start()
            except OSError as error:
                for each in opened.values():
                    await each.stop()
                raise ConfigError(f"HTTP cannot be served on {Address(host, port)}: {error}", FILE) from None
            opened[place] = site
        for place in self._sites.keys() - set(wanted):
            await self._sites.pop(place).stop()
        self._sites |= opened

    async def stop(self) -> None:
        """Serve nothing any more."""
        self._sites.clear()
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    # --- pages

    def add(self, path: str, page: Page) -> None:
        """Serve a page; one that was served at this path is no more.

        Args:
            path: Behind the prefix, without slashes at its ends: `rawman`.
            page: What answers.
        """
        self._pages[path] = page

    def remove(self, path: str) -> None:
        """Serve a page no more."""
        self._pages.pop(path, None)

    async def _serve(self, request: "web.BaseRequest") -> "web.StreamResponse":
        from aiohttp import web

        response: web.StreamResponse
        if self._busy >= self.conf.sessionlimit > 0:
            response = self.plain(503, "Service Unavailable", "There are too many requests at once.")
            return self._signed(response)
        self._busy += 1
        try:
            page = self._pages.get(self._path(request))
            if page is None:
                response = self._elsewhere(request)
            else:
                response = await page.answer(request)
        except web.HTTPException as error:
            response = self.plain(error.status, error.reason, error.text or "")
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception as error:
            self.rt.log.error(f"The page {request.path!r} failed: {error!r}")
            self.rt.log.traceback(error)
            response = self.plain(500, "Internal Server Error", "The page failed.")
        finally:
            self._busy -= 1
        return self._signed(response)

    def _signed(self, response: "web.StreamResponse") -> "web.StreamResponse":
        if not response.prepared:
            response.headers["Server"] = self.server_name
            response.headers.setdefault("Cache-Control", "no-cache, no-store")
        return response

    def _path(self, request: "web.BaseRequest") -> str:
        path = request.path.strip("/")
        prefix = self.prefix.strip("/")
        if prefix and path != prefix and not path.startswith(f"{prefix}/"):
            return ""
        return path.removeprefix(prefix).strip("/")

    def _elsewhere(self, request: "web.BaseRequest") -> "web.StreamResponse":
        from aiohttp import web

        for source, target in self.redirects():
            if request.path == source:
                return web.Response(status=302, headers={"Location": target})
        if self.conf.enable_status and self._path(request) == "httpstatus":
            places = "".join(f"<li>{escape(address)}</li>" for address, _ in self.places())
            text = f"<!DOCTYPE html>\n<title>{escape(self.server_name)}</title><ul>{places}</ul>\n"
            return web.Response(text=text, content_type="text/html")
        return self.plain(404, "Not Found", "The requested URL was not found on this server.")

    def redirects(self) -> "list[tuple[str, str]]":
        """Paths for which another place is named, and that place."""
        pairs = (line.partition(" ") for line in self.conf.redirect)
        return [(source, target.strip()) for source, _, target in pairs if target.strip()]

    def plain(self, status: int, title: str, text: str) -> "web.Response":
        """A page that says no more than a status."""
        from aiohttp import web

        body = (
            f"<!DOCTYPE html>\n<html><head><title>{status} {escape(title)}</title></head><body>\n"
            f"<h1>{escape(title)}</h1>\n<p>{escape(text)}</p>\n<hr>\n<address>{escape(self.server_name)}</address>\n"
            "</body></html>\n"
        )
        return web.Response(status=status, text=body, content_type="text/html")

    # --- what commands may ask

    @property
    def server_name(self) -> str:
        """What it calls itself."""
        return self.conf.servername or f"Asterism/{__version__}"

    @property
    def prefix(self) -> str:
        """What stands before all its pages."""
        prefix = self.conf.prefix.strip("/")
        return f"/{prefix}" if prefix else ""

    def places(self) -> list[tuple[str, bool]]:
        """Addresses that it listens on, and whether over TLS."""
        found = []
        for place, site in self._sites.items():
            with contextlib.suppress(AttributeError, IndexError):
                server = site._server
                assert isinstance(server, asyncio.Server)
                found += [(str(Address(*each.getsockname()[:2])), place[2]) for each in server.sockets]
        return found

    def pages(self) -> list[tuple[str, str]]:
        """What it serves: the path behind the prefix, and what that is."""
        return [(f"/{path}", page.about) for path, page in self._pages.items()]


def make(rt: "Runtime") -> HttpServer:
    """The HTTP server of a runtime; for whoever starts front ends by name."""
    return HttpServer(rt)
