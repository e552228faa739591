"""Where a webhook may go. URLs are looked at when they are given; addresses when they are connected to.

A name is looked up anew for each connection, and may mean another address by then (DNS rebinding), or mean
one of ours from the beginning. So what counts is asked of the very address that the socket is about to
connect to. No I/O here.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from config.settings.parsing import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST_URL = 1000
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII | re.IGNORECASE)
#: What a host ends in is taken for an address by those that connect, if it is one.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII | re.IGNORECASE)
_LONGEST_NAME = 253
#: What older Pythons take for public: where IETF protocols, and a cloud's metadata, have their numbers; and
#: what is public by its number, and yet a cloud's own: where Azure serves its virtual machines.
_NOT_FOR_US = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("168.63.129.16/32"))
_EMBEDDED_IN = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))


def problem_of(url: str, *, networks: Iterable[Network]) -> str | None:
    """What is wrong with a URL as the target of a webhook; ``None``: nothing that can be seen from here."""
    if len(url) > LONGEST_URL or not url.isascii() or any(c <= " " or c in "\\\x7f" for c in url):
        return f"Enter a URL of at most {LONGEST_URL} plain characters, without spaces or backslashes"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "That is no URL"
    private = tuple(networks)
    if parts.scheme != "https" and (parts.scheme != "http" or not private):
        return "Enter a URL that begins with https://"
    if not host or ("[" in parts.netloc and ":" not in host):
        return "The URL names no host"
    if "@" in parts.netloc:
        return "A URL with a user name or a password is not taken: the signature tells who calls"
    if parts.fragment or "#" in url:
        return "The part behind # would never be sent"
    if port == 0:
        return "No server listens on port 0"
    return _problem_with_host(host, networks=private, encrypted=parts.scheme == "https")


def _problem_with_host(host: str, *, networks: Iterable[Network], encrypted: bool) -> str | None:
    """What is wrong with a host. Some names are known to mean one of ours; all others are asked about when
    they are connected to."""
    try:
        return problem_with(ipaddress.ip_address(host), networks=networks, encrypted=encrypted)
    except ValueError:
        pass  # a name, or an address in another writing
    labels = host.removesuffix(".").split(".")
    if len(host) > _LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)):
        return "The URL names no host that there can be"
    if _NUMBER.fullmatch(labels[-1]):
        # 127.1, 0x7f000001, 2130706433, 127.0.0.1.: addresses to whoever connects, in another writing.
        return "Write an address as four numbers with dots between them"
    if labels[-1] == "localhost" and not any(_is_ours(network) for network in networks):
        return f"{host} is this machine (STOCKWIRE_WEBHOOK_NETWORKS allows private addresses)"
    return None


def _is_ours(network: Network) -> bool:
    """Whether this machine itself is in it."""
    return network.network_address.is_loopback


def problem_with(address: Address, *, networks: Iterable[Network], encrypted: bool) -> str | None:
    """Why nothing of ours may connect to this address; ``None``: it may.

    Private networks that are allowed by the setting may also be reached without TLS.
    """
    if any(_inner(address) in network for network in networks):
        return None
    if not is_public(address):
        return f"{address} is not a public address (STOCKWIRE_WEBHOOK_NETWORKS allows private ones)"
    if not encrypted:
        return f"{address} is public, and may be reached by https:// only"
    return None


def is_public(address: Address) -> bool:
    """Whether it is on the open internet, by whatever way of writing it."""
    inner = _inner(address)
    if inner != address:
        return is_public(inner)
    if isinstance(address, ipaddress.IPv6Address):
        if address.is_site_local or address.teredo is not None:
            return False
        if address.sixtofour is not None and not is_public(address.sixtofour):
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not any(address in network for network in _NOT_FOR_US)
    )


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it stands for one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.scope_id is not None:
        return _inner(ipaddress.IPv6Address(int(address)))
    if any(address in network for network in _EMBEDDED_IN) and int(address) > 1:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
