"""Where a request comes from, as far as that can be known: what failures and connections are counted by.

Belongs here: reading it past the proxies that are trusted. Does not belong here: what anybody concludes.
"""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: One subscriber has at least this much of IPv6 to take addresses from.
_SUBSCRIBER = 64


def client_address(request: HttpRequest) -> str:
    """``address_of`` whoever sent ``request``."""
    return address_of(
        request.META.get("REMOTE_ADDR", ""), forwarded_for=request.headers.get("X-Forwarded-For", "")
    )


def address_of(peer_address: str, *, forwarded_for: str) -> str:
    """The client's IPv4 address, or the /64 network of its IPv6 one; empty where it is not known.

    ``forwarded_for``, a request's ``X-Forwarded-For``, is read from its end, for as long as whoever wrote an
    entry is a trusted proxy: what stands before it may be anybody's invention. A peer in a private network is
    not told from others: it may be a proxy that nobody has named, with the whole shop behind it.
    """
    address = peer = _parsed(peer_address)
    for text in reversed(forwarded_for.split(",")):
        further = _parsed(text)
        if address is None or further is None or not _is_trusted(address):
            break
        address = further
    if address is None or address.is_loopback or (address is peer and address.is_private):
        return ""
    return _counted_by(address)


def _parsed(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_trusted(address: _Address) -> bool:
    return address.is_loopback or any(address in network for network in settings.STOCKWIRE_TRUSTED_PROXIES)


def _counted_by(address: _Address) -> str:
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((int(address), _SUBSCRIBER), strict=False))
