"""TLS of the servers that speak no SIP: the options that manager.conf and http.conf share."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from asterism.runtime.arguments import Separated
from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import Alias


@dataclass(frozen=True)
class TlsOptions:
    """Serving over TLS."""

    tlsenable: bool = False
    "Serve it over TLS as well."
    tlsbindaddr: Annotated[list[str], Separated(",")] = field(default_factory=list)
    "Addresses for TLS, several separated by commas; those of bindaddr, on the port for TLS, when empty."
    tlscertfile: str = ""
    "Certificate for TLS, with its chain, as PEM; relative to the configuration folder."
    tlsprivatekey: Annotated[str, Alias("tlspvtkey")] = ""
    "Its key; in the same file when empty."
    tlscipher: Annotated[str, Alias("tlsciphers")] = ""
    "Ciphers, as OpenSSL names them; its own choice when empty."
    tlscafile: str = ""
    "Certificates of authorities, as PEM, that clients must have theirs from when they are asked for one."
    tlsverifyclient: bool = False
    "Ask clients for a certificate, and send those away who have none that fits."
    tlsdisablev1: bool = True
    "TLS 1.0 is never spoken; accepted for Asterisk's sake."
    tlsdisablev11: bool = True
    "TLS 1.1 is never spoken; accepted for Asterisk's sake."
    tlsdisablev12: bool = False
    "Speak TLS 1.3 only."
    tlsservercipherorder: bool = True
    "Our order of ciphers counts, not the client's."


def server_context(options: TlsOptions, folder: Path, file: str) -> ssl.SSLContext:
    """What is needed to serve over TLS.

    Args:
        options: What the configuration says.
        folder: Where relative names begin.
        file: Which configuration this is, for complaints.

    Raises:
        ConfigError: A file cannot be read, or does not fit.
    """
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3 if options.tlsdisablev12 else ssl.TLSVersion.TLSv1_2
        certificate = folder / options.tlscertfile
        context.load_cert_chain(certificate, folder / (options.tlsprivatekey or certificate))
        if options.tlscipher:
            context.set_ciphers(options.tlscipher)
        if options.tlsservercipherorder:
            context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
        if options.tlsverifyclient:
            context.load_verify_locations(folder / (options.tlscafile or certificate))
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        name = options.tlscertfile or "no certificate (tlscertfile)"
        raise ConfigError(f"TLS cannot be served with {name}: {error}", file) from None
    return context
