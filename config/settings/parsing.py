"""How the text of an environment variable is read: the value, or a `ValueError` that says what it must be.

What a variable is called and means is in `environment`. Nothing of Django belongs here.
"""

import datetime as dt
import ipaddress
import re
import zoneinfo
from collections.abc import Callable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def boolean(raw: str) -> bool:
    lowered = raw.lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off"}:
        return False
    raise ValueError("must be 1 or 0")


def whole_number(least: int, most: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not re.fullmatch(r"\d{1,12}", raw) or not least <= int(raw) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(raw)

    return parse


def names(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def origins(raw: str) -> tuple[str, ...]:
    origins = names(raw)
    for origin in origins:
        if not re.fullmatch(r"https?://[^/\s]+", origin):
            raise ValueError("must be origins such as https://shop.example, with commas between them")
    return origins


def networks(raw: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(name) for name in names(raw))
    except ValueError:
        raise ValueError("must be addresses or networks such as 10.0.0.5,10.1.0.0/16") from None


def currency(raw: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", raw):
        raise ValueError("must be a currency code of ISO 4217, such as EGP")
    return raw.upper()


def time_zone(raw: str) -> dt.tzinfo:
    if raw.upper() == "UTC":
        return dt.UTC
    try:
        return zoneinfo.ZoneInfo(raw)
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        # A folder's name, such as Africa, is an OSError, a path a ValueError.
        raise ValueError("must be a time zone that this machine knows, such as Africa/Cairo") from None


def postgres_url(raw: str) -> str:
    if not raw.startswith(("postgres://", "postgresql://")):
        raise ValueError("must start with postgresql://")
    return raw


def redis_url(raw: str) -> str:
    if not raw.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must start with redis://, rediss:// or unix://")
    return raw


def http_url(raw: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+[^\s]*", raw):
        raise ValueError("must start with http:// or https://")
    return raw


def prefix(raw: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,50}", raw):
        raise ValueError("must be up to 50 letters, digits, - and _")
    return raw


def secret_key(raw: str) -> str:
    least = 32
    if len(raw) < least:
        raise ValueError(f"must have at least {least} characters")
    return raw


def one_of(*allowed: str) -> Callable[[str], str]:
    """Read one of these words, in capitals or not; give it as it stands here."""
    words = {word.lower(): word for word in allowed}

    def parse(raw: str) -> str:
        try:
            return words[raw.lower()]
        except KeyError:
            raise ValueError(f"must be one of {', '.join(allowed)}") from None

    return parse
