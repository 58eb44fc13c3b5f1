"""Commands about the HTTP server."""

from typing import TYPE_CHECKING

from asterism.runtime.declare import command
from asterism.runtime.front_ends import web_server_of

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@command("http show status")
def http_show_status(rt: "Runtime") -> list[str]:
    """Print where HTTP is served, and what."""
    server = web_server_of(rt.front_ends.get("http"))
    places = [] if server is None else server.places()
    lines = ["HTTP Server Status:", f"Prefix: {'' if server is None else server.prefix}"]
    if server is None or not places:
        return [*lines, "Server Disabled", ""]
    lines.append(f"Server: {server.server_name}")
    lines += [f"Server Enabled and Bound to {address}" for address, secure in places if not secure]
    lines += [f"HTTPS Server Enabled and Bound to {address}" for address, secure in places if secure]
    pages = [f"{server.prefix}{path} => {about}" for path, about in server.pages()]
    redirects = [f"  {source} => {target}" for source, target in server.redirects()]
    return [
        *(*lines, "", "Enabled URI's:", *(pages or ["None."])),
        *("", "Enabled Redirects:", *(redirects or ["  None."]), ""),
    ]
