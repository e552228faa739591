"""Every environment variable that Stockwire reads: name, type, default and meaning, in one table.

`docs/settings.md` is generated from it, and production settings are checked against it all at once. A
variable that is read anywhere else is a mistake. Nothing of Django belongs here: it is read before Django
is set up.
"""

import datetime as dt
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from config.settings import parsing

T = TypeVar("T")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

# The embedded services' URLs carry these names, so that production can tell them from real servers.
EMBEDDED_ROLE = "embedded"
EMBEDDED_REDIS_SOCKET = "embedded-redis.sock"


class BadSettingError(ValueError):
    """What is wrong with one variable, in words for whoever set it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[T]):
    """One variable: `read()` gives its typed value, or its default where it is absent or empty."""

    name: str
    parse: Callable[[str], T]
    default: T
    meaning: str
    secret: bool = False
    required_in_production: bool = False

    def read(self, environ: Mapping[str, str] | None = None) -> T:
        """Give the value, or raise `BadSettingError` with the name in it."""
        raw = (os.environ if environ is None else environ).get(self.name, "").strip()
        if not raw:
            return self.default
        try:
            return self.parse(raw)
        except ValueError as error:
            # A secret's value is never repeated, not even a wrong one.
            shown = "" if self.secret else f" (it is {raw!r})"
            raise BadSettingError(f"{self.name}: {error}{shown}") from None

    def is_given(self, environ: Mapping[str, str] | None = None) -> bool:
        """Say whether it is there and not empty."""
        return bool((os.environ if environ is None else environ).get(self.name, "").strip())


DATABASE_URL = Setting(
    name="DATABASE_URL",
    parse=parsing.postgres_url,
    default="",
    meaning="PostgreSQL 15 or later, `postgresql://user:password@host:5432/name`. "
    "Without it local commands run an embedded one.",
    secret=True,
    required_in_production=True,
)
REDIS_URL = Setting(
    name="REDIS_URL",
    parse=parsing.redis_url,
    default="",
    meaning="Redis 6.2 or later, `redis://host:6379/0`. Without it local commands run an embedded one.",
    secret=True,
    required_in_production=True,
)
REDIS_PREFIX = Setting(
    name="STOCKWIRE_REDIS_PREFIX",
    parse=parsing.prefix,
    default="stockwire",
    meaning="Starts the name of everything in Redis. Shops that share a Redis need one each; "
    "its database number doesn't keep their messages apart.",
)
SECRET_KEY = Setting(
    name="STOCKWIRE_SECRET_KEY",
    parse=parsing.secret_key,
    default="",
    meaning="Signs tokens, sessions and cursors; at least 32 random characters. "
    "Local commands make one and keep it under `STOCKWIRE_HOME`.",
    secret=True,
    required_in_production=True,
)
ALLOWED_HOSTS: Setting[tuple[str, ...]] = Setting(
    name="STOCKWIRE_ALLOWED_HOSTS",
    parse=parsing.names,
    default=(),
    meaning="Host names that requests may ask for, with commas between them. "
    "Local commands answer to loopback names and to `HOST`.",
    required_in_production=True,
)
ALLOWED_ORIGINS: Setting[tuple[str, ...]] = Setting(
    name="STOCKWIRE_ALLOWED_ORIGINS",
    parse=parsing.origins,
    default=(),
    meaning="Origins of other sites whose pages may call the API and open live connections. "
    "The server's own origin always may.",
)
TRUSTED_PROXIES: Setting[tuple[parsing.Network, ...]] = Setting(
    name="STOCKWIRE_TRUSTED_PROXIES",
    parse=parsing.networks,
    default=(),
    meaning="Addresses or networks of the proxies in front, with commas between them: they are believed who "
    "they forward for (`X-Forwarded-For`). Loopback always is. Behind any other proxy wrong passwords are "
    "counted as if all clients were one.",
)
CURRENCY = Setting(
    name="STOCKWIRE_CURRENCY",
    parse=parsing.currency,
    default="EGP",
    meaning="The shop's own currency, a code of ISO 4217.",
)
TIME_ZONE: Setting[dt.tzinfo] = Setting(
    name="STOCKWIRE_TIME_ZONE",
    parse=parsing.time_zone,
    default=dt.UTC,
    meaning="Where the shop's days begin and end, for the figures of today: a name of the IANA database, "
    "such as Africa/Cairo. REST and events write UTC all the same.",
)
LOW_STOCK = Setting(
    name="STOCKWIRE_LOW_STOCK",
    parse=parsing.whole_number(0, 1_000_000),
    default=5,
    meaning="Stock is low at this many units or fewer, where a level has no threshold of its own.",
)
OPEN_WRITES = Setting(
    name="STOCKWIRE_OPEN_WRITES",
    parse=parsing.boolean,
    default=False,
    meaning="`1` lets anyone write products without credentials. "
    "The server then refuses to start unless `HOST` is a loopback address.",
)
HOME = Setting(
    name="STOCKWIRE_HOME",
    parse=str,
    default=".stockwire",
    meaning="Where local commands keep the embedded services' data, the secret key and the demo accounts.",
)
HOST = Setting(name="HOST", parse=str, default="127.0.0.1", meaning="The address to listen on.")
PORT = Setting(
    name="PORT", parse=parsing.whole_number(0, 65535), default=8000, meaning="The port to listen on."
)
DEMO = Setting(
    name="DEMO",
    parse=parsing.boolean,
    default=True,
    meaning="`0` leaves the demo shop out at the first start.",
)
THREADS = Setting(
    name="STOCKWIRE_THREADS",
    parse=parsing.whole_number(1, 500),
    default=16,
    meaning="Threads that answer HTTP in one process; each keeps one database connection.",
)
WEB_PROCESSES = Setting(
    name="STOCKWIRE_WEB_PROCESSES",
    parse=parsing.whole_number(1, 128),
    default=2,
    meaning="Processes of `serve --role web`.",
)
WORKER_JOBS = Setting(
    name="STOCKWIRE_WORKER_JOBS",
    parse=parsing.whole_number(1, 100),
    default=4,
    meaning="Jobs that one worker runs at the same time.",
)
LOCATION = Setting(
    name="STOCKWIRE_LOCATION",
    parse=str,
    default="main",
    meaning="The location of stock that is written without one, for a variant that is nowhere yet.",
)
CONNECTIONS_PER_USER = Setting(
    name="STOCKWIRE_CONNECTIONS_PER_USER",
    parse=parsing.whole_number(0, 1_000_000),
    default=50,
    meaning="Live connections that one user may have, over all processes; 0: any number.",
)
CONNECTIONS_PER_ADDRESS = Setting(
    name="STOCKWIRE_CONNECTIONS_PER_ADDRESS",
    parse=parsing.whole_number(0, 1_000_000),
    default=1_000,
    meaning="Live connections from one address, over all processes, loopback not counted; 0: any number.",
)
DRAIN_NOTICE = Setting(
    name="STOCKWIRE_DRAIN_NOTICE",
    parse=parsing.whole_number(0, 600),
    default=0,
    meaning="Seconds between `/api/ready` failing and the first connection closed, when a live process is "
    "told to end: as long as the load balancer takes to notice.",
)
DRAIN_SECONDS = Setting(
    name="STOCKWIRE_DRAIN_SECONDS",
    parse=parsing.whole_number(0, 600),
    default=10,
    meaning="Seconds over which a live process that is told to end closes its connections; few are closed "
    "quicker.",
)
DATABASE_TIMEOUT = Setting(
    name="STOCKWIRE_DATABASE_TIMEOUT",
    parse=parsing.whole_number(1, 120),
    default=5,
    meaning="Seconds to wait for a connection to the database.",
)
LOG_LEVEL = Setting(
    name="STOCKWIRE_LOG_LEVEL",
    parse=parsing.one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    default="INFO",
    meaning="The least severe log line to print: `DEBUG`, `INFO`, `WARNING` or `ERROR`.",
)
LOG_FORMAT = Setting(
    name="STOCKWIRE_LOG_FORMAT",
    parse=parsing.one_of("console", "json"),
    default="",
    meaning="`console` for people, `json` for machines. Production prints JSON, all else console lines.",
)
WEBHOOK_NETWORKS: Setting[tuple[parsing.Network, ...]] = Setting(
    name="STOCKWIRE_WEBHOOK_NETWORKS",
    parse=parsing.networks,
    default=(),
    meaning="Private addresses or networks that outgoing webhooks may go to, also without TLS, with commas "
    "between them. All others have to be public, and are reached by https only.",
)
KEEP_AUDIT = Setting(
    name="STOCKWIRE_KEEP_AUDIT",
    parse=parsing.whole_number(1, 3650),
    default=365,
    meaning="Days for which the audit trail is kept: who changed what by hand, before and after.",
)
KEEP_DELIVERIES = Setting(
    name="STOCKWIRE_KEEP_DELIVERIES",
    parse=parsing.whole_number(1, 3650),
    default=7,
    meaning="Days for which it is kept what was delivered to webhooks, and what they answered.",
)
KEEP_NOTIFICATIONS = Setting(
    name="STOCKWIRE_KEEP_NOTIFICATIONS",
    parse=parsing.whole_number(1, 3650),
    default=90,
    meaning="Days for which a notification is kept after it was read.",
)
KEEP_PROVIDER_EVENTS = Setting(
    name="STOCKWIRE_KEEP_PROVIDER_EVENTS",
    parse=parsing.whole_number(30, 3650),
    default=180,
    meaning="Days for which the call backs of payment providers are kept. Providers repeat one for some "
    "days, and each is to be taken once.",
)
RAZORPAY_KEY_ID = Setting(
    name="RAZORPAY_KEY_ID",
    parse=str,
    default="",
    meaning="With `RAZORPAY_KEY_SECRET` it switches on payments by Razorpay. Needs the extra `razorpay`.",
)
RAZORPAY_KEY_SECRET = Setting(
    name="RAZORPAY_KEY_SECRET",
    parse=str,
    default="",
    meaning="Signs what Razorpay's page says of a payment.",
    secret=True,
)
RAZORPAY_WEBHOOK_SECRET = Setting(
    name="RAZORPAY_WEBHOOK_SECRET",
    parse=str,
    default="",
    meaning="Signs Razorpay's call backs to `/api/payments/webhooks/razorpay`; without it they are refused.",
    secret=True,
)
STRIPE_SECRET_KEY = Setting(
    name="STRIPE_SECRET_KEY",
    parse=str,
    default="",
    meaning="Switches on payments by Stripe. Needs the extra `stripe`.",
    secret=True,
)
STRIPE_WEBHOOK_SECRET = Setting(
    name="STRIPE_WEBHOOK_SECRET",
    parse=str,
    default="",
    meaning="Signs Stripe's call backs to `/api/payments/webhooks/stripe`; without it they are refused.",
    secret=True,
)
RAZORPAY_BASE_URL = Setting(
    name="RAZORPAY_BASE_URL",
    parse=parsing.http_url,
    default="",
    meaning="Another address of Razorpay's API, for tests.",
)
STRIPE_BASE_URL = Setting(
    name="STRIPE_BASE_URL",
    parse=parsing.http_url,
    default="",
    meaning="Another address of Stripe's API, for tests.",
)
FAKE_PAYMENTS = Setting(
    name="STOCKWIRE_FAKE_PAYMENTS",
    parse=parsing.boolean,
    default=True,
    meaning="`0` takes away the provider `fake`, which only pretends to be paid. Production never has it.",
)
TEST_HOME = Setting(
    name="STOCKWIRE_TEST_HOME",
    parse=str,
    default="",
    meaning="Where the tests keep their own embedded services; without it a temporary folder.",
)


REGISTRY: tuple[Setting[object], ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Setting)
)


def problems(*, production: bool, environ: Mapping[str, str] | None = None) -> list[str]:
    """List all that is missing or ill-typed, so that nobody has to fix one thing at a time."""
    found: list[str] = []
    for setting in REGISTRY:
        if production and setting.required_in_production and not setting.is_given(environ):
            found.append(f"{setting.name}: is missing. {setting.meaning.split('. ')[0].rstrip('.')}.")
            continue
        try:
            setting.read(environ)
        except BadSettingError as problem:
            found.append(str(problem))
    return found


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach a server that listens on `host`."""
    return host in LOOPBACK or host.startswith("127.")


def is_embedded(url: str) -> bool:
    """Say whether a URL is one that `config.embedded` has given out."""
    return f"//{EMBEDDED_ROLE}@" in url or EMBEDDED_REDIS_SOCKET in url


def local_hosts(host: str) -> list[str]:
    """Name the hosts that requests may ask for: on loopback no name that another site could point here."""
    return ["localhost", "127.0.0.1", "[::1]", host] if is_loopback(host) else ["*"]
