"""Where a request comes from: past trusted proxies, and never by anybody's word."""

import ipaddress

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from config.api.addresses import client_address


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("8.8.8.8", None, "8.8.8.8"),
        ("8.8.8.8", "9.9.9.9", "8.8.8.8"),
        ("8.8.8.8", "127.0.0.1", "8.8.8.8"),
        ("127.0.0.1", None, ""),
        ("::1", None, ""),
        ("", None, ""),
        ("nonsense", "9.9.9.9", ""),
        # Proxies of ours: on this machine, and those that are named.
        ("127.0.0.1", "9.9.9.9", "9.9.9.9"),
        ("::1", "9.9.9.9", "9.9.9.9"),
        ("1.2.3.4", "9.9.9.9", "9.9.9.9"),
        ("10.0.5.5", "9.9.9.9", "9.9.9.9"),
        ("127.0.0.1", "9.9.9.9, 1.2.3.4,10.0.1.1", "9.9.9.9"),
        ("::ffff:1.2.3.4", "9.9.9.9", "9.9.9.9"),
        # What stands before the last stranger is the stranger's invention.
        ("127.0.0.1", "1.1.1.1, 9.9.9.9", "9.9.9.9"),
        ("127.0.0.1", "1.1.1.1, 9.9.9.9, 10.0.1.1", "9.9.9.9"),
        ("10.0.5.5", "127.0.0.1, 9.9.9.9", "9.9.9.9"),
        ("127.0.0.1", "9.9.9.9, unknown", ""),
        ("1.2.3.4", "9.9.9.9, unknown", "1.2.3.4"),
        ("1.2.3.4", "", "1.2.3.4"),
        ("127.0.0.1", "127.0.0.1", ""),
        # Behind a proxy a private address is a client's; as the peer it may be a proxy that nobody has named.
        ("1.2.3.4", "192.168.1.7", "192.168.1.7"),
        ("192.168.1.7", None, ""),
        ("172.17.0.1", "9.9.9.9", ""),
        # IPv6 by the subscriber's network.
        ("2001:4860:1:2:3:4:5:6", None, "2001:4860:1:2::/64"),
        ("127.0.0.1", "[2001:4860:1:2::9]", "2001:4860:1:2::/64"),
        ("::ffff:8.8.8.8", None, "8.8.8.8"),
    ],
)
def test_the_client_is_whoever_the_last_trusted_proxy_saw(
    settings: Settings, peer: str, forwarded: str | None, address: str
) -> None:
    settings.STOCKWIRE_TRUSTED_PROXIES = (
        ipaddress.ip_network("1.2.3.4"),
        ipaddress.ip_network("10.0.0.0/16"),
    )
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)
    assert client_address(request) == address
