"""Which network addresses are public: the only ones that a plan reaches unless it says otherwise."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from opsroom_dagster.errors import InputError, StepError

_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def addresses(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of a host, in the order in which they should be tried.

    However an address is written (``0x7f.1``, ``2130706433``, ``[::ffff:127.0.0.1]``), it is judged as what the system
    would connect to. One that is not public refuses the host: who answers with both kinds is up to something.

    Raises:
        InputError: the host has an address that is not public.
        StepError: it has none.
    """
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except socket.gaierror as error:
        raise StepError(f"the host {host!r} has no address: {error.strerror}.") from None
    except UnicodeError:
        raise InputError(f"{host!r} is no name of a host.") from None
    if not allow_private and (refused := [address for address in found if not is_public(address)]):
        shown = host if refused[0] == host else f"{host} ({refused[0]})"
        raise InputError(
            f"the address of {shown} is not public.",
            remedy="Set allowPrivate to true when the plan is meant to reach it.",
        )
    return list(dict.fromkeys(found))


def is_public(address: str) -> bool:
    """Whether it is the address of one machine on the internet; one that wraps another is judged by that, too."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv4Address):
        return parsed.is_global and not parsed.is_multicast
    inner = _wrapped(parsed)
    if inner is not None:
        return is_public(str(inner))
    return parsed in _GLOBAL_UNICAST and parsed.is_global and not parsed.is_multicast


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to an IPv6 address end at: mapped, 6to4, Teredo, NAT64."""
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
