"""The accounts of pjsua under which calls come in: how their sessions are kept is a matter of the account."""

from collections.abc import Sequence

from asterism.runtime.drivers.pjsip.model import Dialect, Endpoint, Transport
from asterism.runtime.drivers.pjsip.options import host_port
from asterism.runtime.drivers.pjsip.stack import AccountKind, Stack


def for_arrivals(stack: Stack, dialect: Dialect, endpoint: Endpoint, networks: Sequence[str]) -> tuple[int, ...]:
    """The numbers of an endpoint's accounts, for those transports whose plain one will not do.

    Args:
        networks: Where the endpoint calls from, as far as the files say so.

    Raises:
        DriverError: PJSIP has no room for another account.
    """
    found = []
    for transport in dialect.transports:
        listening = stack.listening.get(transport.key)
        if listening is None:
            continue
        kind = AccountKind(
            listening.number, timers=endpoint.session_timers, expires_s=endpoint.session_expires_s,
            minimum_s=endpoint.session_minimum_s, reliable=endpoint.reliable_responses,
            external=transport.protocol == "udp" and _is_outside(transport, networks),
        )  # fmt: skip
        if kind != AccountKind(listening.number):
            found.append(int(stack.account(kind).getId()))
    return tuple(found)


def _is_outside(transport: Transport, networks: Sequence[str]) -> bool:
    """Whether calls from there are told our external addresses.

    Who registers is not known beforehand; without local_net everybody counts as outside.
    """
    outside = [transport.is_external(host_port(network.partition("/")[0], 0)[0]) for network in networks]
    return all(outside) if outside else transport.is_external("") and not transport.local_net
