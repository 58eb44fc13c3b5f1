"""The model as the native module checks requests against it: services, identities, credentials."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from asterism import _native as native
from asterism.runtime.drivers.pjsip.model import CODECS, Dialect, Endpoint, Rule

_DTMF = {"shortinfo": "info", "auto_info": "auto"}
_SIP_CHALLENGE = frozenset(("INVITE", "REGISTER", "SUBSCRIBE", "MESSAGE", "PUBLISH"))
ASKED = 0
"""Number of nobody."""


def media_of(endpoint: Endpoint) -> native.Media:
    """How an endpoint's audio is negotiated."""
    return native.Media(
        codecs=tuple(CODECS[name] for name in endpoint.codecs),
        dtmf=_DTMF.get(endpoint.dtmf, endpoint.dtmf),
        symmetric=endpoint.symmetric,
    )


def access_of(rules: Sequence[Rule]) -> tuple[native.Access, ...]:
    """An access list, for the native module."""
    return tuple(native.Access(rule.permit, rule.network) for rule in rules)


@dataclass(slots=True)
class Identities:
    """Numbers of endpoints, the same over a reload, and the tables made of them."""

    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    _endpoints: dict[int, Endpoint] = field(default_factory=dict)

    def number(self, technology: str, name: str) -> int:
        """The number of an endpoint, given out once."""
        return self._numbers.setdefault((technology, name), len(self._numbers) + 1)

    def endpoint(self, number: int) -> Endpoint | None:
        """The endpoint of a number, as the tables in force have it."""
        return self._endpoints.get(number)

    def publish(
        self,
        dialects: Sequence[Dialect],
        transports: Callable[[Dialect], tuple[int, ...]],
        addresses: Mapping[str, Sequence[str]],
        accounts: Callable[[Dialect, Endpoint, Sequence[str]], tuple[int, ...]],
    ) -> None:
        """Put the tables of these dialects in force.

        Args:
            transports: Numbers of the transports of a dialect.
            addresses: Addresses of host names, as far as they are known.
            accounts: Numbers of the accounts for calls of an endpoint from these networks, where the plain ones of the
                transports will not do.
        """
        services: list[native.Service] = []
        identities: list[native.Identity] = []
        endpoints: dict[int, Endpoint] = {}
        for dialect in dialects:
            if not dialect.present:
                continue
            service = len(services)
            guest = self._guest(dialect, endpoints)
            services.append(self._service(dialect, transports(dialect), guest))
            networks = _networks(dialect, addresses)
            known = dict(dialect.endpoints)
            if guest and "" not in known and dialect.technology == "SIP":
                known[""] = endpoints[guest]
            for endpoint in known.values():
                number = self.number(endpoint.technology, endpoint.name)
                endpoints[number] = endpoint
                known_at = networks.get(endpoint.name, ())
                made = self._identity(dialect, endpoint, service, known_at)
                patterns = tuple(
                    native.Pattern(pattern.header, pattern.text, pattern.is_regex)
                    for identify in dialect.identifies
                    if identify.endpoint == endpoint.name
                    for pattern in identify.patterns
                )
                identities.append(made._replace(accounts=accounts(dialect, endpoint, known_at), patterns=patterns))
        native.set_identities(services, identities)
        self._endpoints = endpoints

    def _guest(self, dialect: Dialect, endpoints: dict[int, Endpoint]) -> int:
        general = dialect.general
        if not general.guest_context:
            return ASKED
        number = self.number(dialect.technology, general.guest)
        endpoints[number] = dialect.endpoints.get(general.guest) or Endpoint(
            name="", technology=dialect.technology, context=general.guest_context, challenged=frozenset(), aors=()
        )
        return number

    def _service(self, dialect: Dialect, transports: tuple[int, ...], guest: int) -> native.Service:
        general = dialect.general
        return native.Service(
            transports=transports,
            order=general.order,
            realm=general.realm,
            challenge=_SIP_CHALLENGE if dialect.technology == "SIP" else frozenset({"*"}),
            register_user=general.register_user,
            wrong_password=general.wrong_password,
            nonce_lifetime_s=general.nonce_s,
            guest=guest,
            access=access_of(general.access),
        )

    def _identity(self, dialect: Dialect, endpoint: Endpoint, service: int, networks: Sequence[str]) -> native.Identity:
        general = dialect.general
        sip = endpoint.technology == "SIP"
        named = endpoint.calls_in and (sip or "username" in endpoint.identify_by) and bool(endpoint.name)
        by_digest = "auth_username" in (general.order if sip else endpoint.identify_by)
        challenged = endpoint.challenged
        if endpoint.options_open:
            challenged = frozenset(("INVITE", "REGISTER", "SUBSCRIBE", "MESSAGE", "PUBLISH", "NOTIFY", "REFER", "INFO"))
        return native.Identity(
            number=self.number(endpoint.technology, endpoint.name),
            service=service,
            users=(endpoint.name,) if named else (),
            register_users=(endpoint.name,) if endpoint.name and endpoint.calls_out and endpoint.dynamic else (),
            auth_users=tuple(auth.username for auth in endpoint.auths) if by_digest else (),
            networks=tuple(networks) if sip or "ip" in endpoint.identify_by else (),
            credentials=_credentials(dialect, endpoint),
            challenge=challenged,
            access=access_of(endpoint.access),
            media=media_of(endpoint),
            force_rport=endpoint.force_rport,
            rewrite_contact=endpoint.rewrite_contact and not endpoint.auto_force_rport,
        )


def _credentials(dialect: Dialect, endpoint: Endpoint) -> tuple[native.Credential, ...]:
    found = []
    realm = next((auth.realm for auth in endpoint.auths if auth.realm), dialect.general.realm)
    for auth in endpoint.auths:
        # One challenge names one realm; a secret for another one can never be shown.
        if (auth.realm or realm) != realm:
            continue
        for algorithm in ("md5", "sha256") if auth.ha1_algorithm == "sha256" else ("md5",):
            digest = auth.digest(realm, algorithm)
            if digest:
                found.append(native.Credential(auth.username or endpoint.name, realm, algorithm, digest))
    return tuple(found)


def _networks(dialect: Dialect, addresses: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Networks by endpoint, host names replaced by their addresses."""
    found: dict[str, list[str]] = {}
    for identify in dialect.identifies:
        entries = found.setdefault(identify.endpoint, [])
        for match in identify.matches:
            name, colon, port = match.partition(":")
            if match.startswith("[") or name.replace(".", "").replace("/", "").isdigit() or match.count(":") > 1:
                entries.append(match)
            else:
                for address in addresses.get(name, ()):
                    entries.append(f"{address}{colon}{port}" if ":" not in address else f"[{address}]{colon}{port}")
    return found
