"""CURL and CURLOPT: requests over HTTP, and how they are made."""

import asyncio
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from asterism.functions import indirect
from asterism.functions.hashes import FIELDS, escaped
from asterism.runtime.arguments import split_arguments
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, function
from asterism.runtime.errors import ArgumentError
from asterism.runtime.settings import is_true
from asterism.runtime.unbound import Unbound

if TYPE_CHECKING:
    import aiohttp

SETTINGS = "curl"
"Where a channel, and the runtime for all channels, keeps what CURLOPT has set."
ANSWER_BYTES_MAX = 4 << 20
"Longest answer that becomes a value; what lies beyond is cut off with a WARNING."
TIMEOUT_S = 180.0
"How long a request may take unless CURLOPT(httptimeout) says otherwise; Asterisk's own bound."
CONNECT_TIMEOUT_S = 300.0
"How long connecting may take unless CURLOPT(conntimeout) says otherwise; libcurl's own bound."
REDIRECTS = 30
"How many redirections are followed unless CURLOPT(maxredirs) says otherwise."
USER_AGENT = "asterism-agent/1.0"


# --- options -------------------------------------------------------------------------------------


def _boolean(value: str) -> str:
    return "-1" if is_true(value) else "0"


def _integer(value: str) -> str:
    return str(indirect.integer(value, 64) or 0)


def _seconds(value: str) -> str:
    milliseconds = int((indirect.real(value) or 0.0) * 1000)
    return str(milliseconds // 1000) if milliseconds % 1000 == 0 else f"{milliseconds / 1000:.3f}"


def _proxy_type(value: str) -> str:
    known = ("socks4", "socks4a", "socks5")
    lower = value.lower()
    return lower if lower in known else "socks5hostname" if lower.startswith("socks5") else "http"


def _compatible(value: str) -> str:
    return "legacy" if value.lower() == "legacy" else "yes" if is_true(value) else "no"


def _authentication(value: str) -> str:
    for method in value.lower().split(","):
        if method not in ("basic", "digest"):
            raise ArgumentError(f"authentication method '{method}' is not supported")
    return value.lower()


_KINDS: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(("header", "followlocation", "ssl_verifypeer", "ftptext"), _boolean),
    **dict.fromkeys(("proxyport", "dnstimeout", "maxredirs", "ftptimeout", "ssl_verifyhost"), _integer),
    **dict.fromkeys(("httptimeout", "conntimeout"), _seconds),
    **dict.fromkeys(
        (
            "httpheader", "proxy", "userpwd", "proxyuserpwd", "referer", "useragent", "cookie", "ssl_cainfo",
            "ssl_capath", "ssl_cert", "ssl_certtype", "ssl_key", "ssl_keytype", "ssl_keypasswd", "failurecodes",
        ),
        str,
    ),
    "proxytype": _proxy_type,
    "hashcompat": _compatible,
    "httpauth": _authentication,
}  # fmt: skip
"How the value of each option is read, and written back."
_WITHOUT_EFFECT = {
    "ftptext": "only HTTP is served", "ftptimeout": "only HTTP is served", "dnstimeout": "names are not remembered",
    "ssl_certtype": "certificates are PEM", "ssl_keytype": "keys are PEM",
}  # fmt: skip


@dataclass
class Options:
    """What CURLOPT has set: for one channel, or for all."""

    values: dict[str, str] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)


def _options(chan: Channel) -> Options:
    """Those that a Set changes: the channel's, or everybody's where there is no channel."""
    kept: dict[str, Any] = chan.switch.datastores if isinstance(chan, Unbound) else chan.datastores
    found: Options = kept.setdefault(SETTINGS, Options())
    return found


def _in_force(chan: Channel) -> Options:
    """Those of all channels, and over them the channel's own; headers add up."""
    common: Options = chan.switch.datastores.get(SETTINGS, Options())
    own: Options = chan.datastores.get(SETTINGS, Options())
    return Options({**common.values, **own.values}, [*common.headers, *own.headers])


@function("CURLOPT", see="CURL, HASH")
def curlopt(chan: Channel, option: Text = "") -> str:
    """Read or set how CURL makes its requests on this channel; what is set without a channel holds for all.

    Args:
        option: In any case. cookie, conntimeout (seconds), followlocation, header (the answer's headers before it),
            httpauth (basic, digest), httpheader (one more each time), httptimeout (seconds), maxredirs, proxy,
            proxyport, proxyuserpwd, referer, ssl_cainfo, ssl_capath, ssl_cert, ssl_key, ssl_keypasswd,
            ssl_verifyhost, ssl_verifypeer, useragent, userpwd (user:password); hashcompat (yes, legacy, no): make a
            row for HASH of an answer like `a=1&b=2`; failurecodes: status codes that make the value empty.
    Compat: func_curl. The options about FTP, proxytype but http, and ssl_certtype have no effect and say so.
    """
    name = option.lower()
    if name not in _KINDS:
        chan.error(f"CURLOPT: unrecognized option '{option}'")
        return ""
    if name == "httpauth":
        return ""  # As in Asterisk: it can be set, and not read.
    found = _in_force(chan)
    if name == "httpheader":
        return found.headers[0] if found.headers else ""
    return found.values.get(name, "")


@curlopt.write
def _set_option(chan: Channel, option: Text = "", value: str = "") -> None:
    name = option.lower()
    if name not in _KINDS:
        chan.error(f"CURLOPT: unrecognized option '{option}'")
        return
    text = _KINDS[name](value)
    if name in _WITHOUT_EFFECT or (name == "proxytype" and text != "http"):
        chan.warn(f"CURLOPT({name}) has no effect: {_WITHOUT_EFFECT.get(name, 'only HTTP proxies are served')}")
    if name == "httpheader":
        if "\r" in text or "\n" in text:
            raise ArgumentError("a header is one line")
        _options(chan).headers.append(text)
    else:
        _options(chan).values[name] = text


# --- requests ------------------------------------------------------------------------------------


class Failed(Exception):
    """A request that brought nothing; its text says why."""


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def _address(url: str) -> str:
    """The URL to ask, with its scheme.

    Raises:
        Failed: It is none, or one that is not served.
    """
    if any(character <= " " or character == "\x7f" for character in url):
        raise Failed("the URL has blanks or control characters in it")
    scheme = _SCHEME.match(url)
    if scheme is None:
        url = f"http://{url}"
    elif scheme[1].lower() not in ("http", "https"):
        raise Failed(f"'{scheme[1]}' is refused, only http and https are served")
    if not url.partition("://")[2].partition("/")[0]:
        raise Failed("the URL names no host")
    return url


def _headers(options: Options, posts: bool) -> list[tuple[str, str]]:
    values = options.values
    found = [("Accept", "*/*"), ("User-Agent", values.get("useragent", USER_AGENT))]
    found += [(name, values[key]) for name, key in (("Referer", "referer"), ("Cookie", "cookie")) if values.get(key)]
    if posts:
        found.append(("Content-Type", "application/x-www-form-urlencoded"))
    for line in options.headers:
        name, colon, value = line.partition(":")
        name = name.strip()
        # One given by the dialplan takes the place of ours; `Name:` takes ours away.
        ours = {"accept", "user-agent", "referer", "cookie", "content-type"}
        if name.lower() in ours:
            found = [each for each in found if each[0].lower() != name.lower()]
        if colon and value.strip():
            found.append((name, value.strip()))
    return found


def _tls(values: Mapping[str, str]) -> ssl.SSLContext:
    """How a server proves who it is, and we do. Reads files."""
    context = ssl.create_default_context(
        cafile=values.get("ssl_cainfo") or None, capath=values.get("ssl_capath") or None
    )
    if values.get("ssl_verifyhost") == "0" or values.get("ssl_verifypeer") == "0":
        context.check_hostname = False
    if values.get("ssl_verifypeer") == "0":
        context.verify_mode = ssl.CERT_NONE
    if values.get("ssl_cert"):
        context.load_cert_chain(
            values["ssl_cert"], values.get("ssl_key") or None, values.get("ssl_keypasswd") or None
        )  # fmt: skip
    return context


def _credentials(text: str) -> tuple[str, str]:
    user, _, password = text.partition(":")
    return user, password


async def _arguments(url: str, options: Options, body: bytes | None) -> dict[str, Any]:
    """What aiohttp is asked with."""
    import aiohttp
    from yarl import URL

    values = options.values
    asked: dict[str, Any] = {
        # As it was written: what is encoded is not encoded again.
        "url": URL(url, encoded=True),
        "method": "GET" if body is None else "POST",
        "data": body,
        "headers": _headers(options, body is not None),
        "skip_auto_headers": ("Accept-Encoding", "Accept", "User-Agent", "Content-Type"),
        "allow_redirects": values.get("followlocation", "0") != "0",
        "max_redirects": int(values.get("maxredirs", REDIRECTS)) if values.get("maxredirs") != "-1" else 100,
        "timeout": aiohttp.ClientTimeout(
            total=float(values.get("httptimeout", TIMEOUT_S)) or None,
            sock_connect=float(values.get("conntimeout", CONNECT_TIMEOUT_S)) or None,
        ),
    }
    if "userpwd" in values and "digest" not in values.get("httpauth", "basic"):
        asked["headers"].append(("Authorization", aiohttp.encode_basic_auth(*_credentials(values["userpwd"]), "utf-8")))
    if values.get("proxy"):
        proxy = values["proxy"] if "://" in values["proxy"] else f"http://{values['proxy']}"
        asked["proxy"] = f"{proxy}:{values['proxyport']}" if values.get("proxyport", "0") != "0" else proxy
        if "proxyuserpwd" in values:
            proof = aiohttp.encode_basic_auth(*_credentials(values["proxyuserpwd"]), "utf-8")
            asked["proxy_headers"] = {"Proxy-Authorization": proof}
    if url.lower().startswith("https:") or asked["allow_redirects"]:
        asked["ssl"] = await asyncio.get_running_loop().run_in_executor(None, _tls, dict(values))
    return asked


@dataclass
class Answer:
    """What came back.

    Args:
        status: The HTTP status; 0 when there was none.
        body: As much of it as came.
        problem: Why there is no more.
    """

    status: int = 0
    body: bytes = b""
    problem: str = ""


async def _request(
    url: str, options: Options, body: bytes | None, receive: Callable[[bytes], Any] | None = None
) -> Answer:
    """Make a request. The body is handed to `receive` in pieces, or kept.

    Raises:
        Failed: It could not be made at all.
    """
    try:
        import aiohttp
    except ImportError:
        raise Failed("aiohttp is missing: install asterism with its extra 'http'") from None
    answer = Answer()
    try:
        asked = await _arguments(_address(url), options, body)
        middlewares: Sequence[Any] = ()
        if "digest" in options.values.get("httpauth", "") and "userpwd" in options.values:
            middlewares = (aiohttp.DigestAuthMiddleware(*_credentials(options.values["userpwd"])),)
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(
                aiohttp.ClientSession(
                    auto_decompress=False, middlewares=middlewares, cookie_jar=aiohttp.DummyCookieJar()
                )
            )
            response = await stack.enter_async_context(client.request(**asked))
            answer.status = response.status
            if options.values.get("header", "0") != "0":
                answer.body = _head(response)
            await _receive(response, answer, receive)
    except TimeoutError:
        answer.problem = "timed out"
    except (aiohttp.ClientError, OSError, ssl.SSLError, ValueError) as error:
        answer.problem = str(error) or type(error).__name__
    return answer


def _head(response: "aiohttp.ClientResponse") -> bytes:
    version = response.version
    first = f"HTTP/{version.major}.{version.minor}" if version is not None else "HTTP/1.1"
    lines = [f"{first} {response.status} {response.reason}".encode()]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join((*lines, b"", b""))


async def _receive(
    response: "aiohttp.ClientResponse", answer: Answer, receive: Callable[[bytes], Any] | None
) -> None:  # fmt: skip
    loop = asyncio.get_running_loop()
    async for piece in response.content.iter_any():
        if receive is not None:
            await loop.run_in_executor(None, receive, piece)
            continue
        answer.body += piece
        if len(answer.body) > ANSWER_BYTES_MAX:
            answer.body = answer.body[:ANSWER_BYTES_MAX]
            answer.problem = f"the answer is longer than {ANSWER_BYTES_MAX} bytes, the rest is cut off"
            return


def _accepted(chan: Channel, url: str, options: Options, answer: Answer) -> bool:
    """Say what went wrong; False for a status that is to count as a failure."""
    if answer.problem:
        chan.warn(f"CURL: {answer.problem} ('{url}')")
    codes = options.values.get("failurecodes", "")
    if not codes or answer.status not in [indirect.integer(code) or 0 for code in codes.split(",")]:
        return True
    chan.notice(f"{chan.name}: CURL '{url}' returned response code ({answer.status}).")
    return False


# --- the function --------------------------------------------------------------------------------


@function("CURL", see="CURLOPT, URIENCODE, JSON_DECODE", form="url[,post-data]", dangerous_write=True)
async def curl(chan: Channel, arguments: Text = "") -> str:
    """Ask a server over HTTP; `Set(CURL(url)=file)` puts the answer into a file.

    Args:
        arguments: The URL, http:// unless it says https://, and after a comma what to POST, as it stands.
    Sets: ~ODBCFIELDS~ to the names of the values, with CURLOPT(hashcompat).
    Compat: func_curl. Blanks at the end of the answer are taken away. Other schemes, which libcurl knows, are refused:
        a dialplan shall not read files with it. Setting is refused from outside the dialplan unless live_dangerously.
    """
    given = split_arguments(arguments, most=2)
    if not given or not given[0]:
        raise ArgumentError("a URL is needed")
    url = given[0]
    body = given[1].encode("utf-8", "surrogateescape") if len(given) > 1 else None
    options = _in_force(chan)
    try:
        answer = await _request(url, options, body)
    except Failed as error:
        chan.warn(f"CURL: {error} ('{url}')")
        return ""
    if not _accepted(chan, url, options, answer):
        return ""
    text = indirect.rstrip(answer.body.partition(b"\0")[0].decode("utf-8", "surrogateescape"))
    mode = options.values.get("hashcompat", "no")
    return _row(chan, text, mode == "legacy") if text and mode != "no" else text


def _row(chan: Channel, text: str, plus: bool) -> str:
    """Make a row for HASH of `name=value&name=value`."""
    pairs = [piece.partition("=") for piece in text.split("&")]
    chan.set(FIELDS, ",".join(escaped(_decoded(name, plus)) for name, _, _ in pairs))
    return ",".join(escaped(_decoded(value, plus)) for _, _, value in pairs)


def _decoded(text: str, plus: bool) -> str:
    raw = (text.replace("+", " ") if plus else text).encode("utf-8", "surrogateescape")
    return unquote_to_bytes(raw).decode("utf-8", "surrogateescape")


@curl.write
async def _save(chan: Channel, url: Text = "", value: str = "") -> None:
    name = (split_arguments(value) or [""])[0]
    if not url:
        raise ArgumentError("a URL is needed")
    if not name:
        raise ArgumentError("a file to write is needed")
    loop, options = asyncio.get_running_loop(), _in_force(chan)
    try:
        file = await loop.run_in_executor(None, Path(name).open, "wb")
    except OSError as error:
        raise ArgumentError(f"{name}: {error.strerror}") from None
    try:
        answer = await _request(url, options, None, file.write)
        _accepted(chan, url, options, answer)
    except Failed as error:
        chan.warn(f"CURL: {error} ('{url}')")
    finally:
        await loop.run_in_executor(None, file.close)
