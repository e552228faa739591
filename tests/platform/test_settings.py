"""What the environment may say, and what production refuses."""

import re
from pathlib import Path

import pytest

from config.settings import environment
from tests.platform.conftest import bare_environment, run_manage
from tests.server_process import ROOT

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "DATABASE_URL": "postgresql://shop:secret@db.example:5432/shop",
    "REDIS_URL": "redis://redis.example:6379/0",
    "STOCKWIRE_SECRET_KEY": "k" * 48,
    "STOCKWIRE_ALLOWED_HOSTS": "shop.example",
}


def refusal(**changes: str) -> str:
    """Load production settings with changes; give what they say."""
    done = run_manage("shell", "-c", "print('loaded')", env={**bare_environment(), **PRODUCTION, **changes})
    return "" if done.returncode == 0 and "loaded" in done.stdout else done.stderr


def test_production_lists_all_that_is_missing_at_once() -> None:
    missing = environment.problems(production=True, environ={})
    assert [line.split(":")[0] for line in missing] == [
        "DATABASE_URL",
        "REDIS_URL",
        "STOCKWIRE_SECRET_KEY",
        "STOCKWIRE_ALLOWED_HOSTS",
    ]
    said = refusal(**dict.fromkeys(list(PRODUCTION)[1:], ""))
    assert all(line in said for line in missing)


def test_production_names_the_missing_and_the_wrong_together() -> None:
    said = refusal(REDIS_URL="", PORT="eighty", STOCKWIRE_SECRET_KEY="short")
    assert "REDIS_URL: is missing" in said
    assert "PORT: must be a whole number from 0 to 65535 (it is 'eighty')" in said
    assert "STOCKWIRE_SECRET_KEY: must have at least 32 characters" in said


def test_a_wrong_secret_is_not_repeated() -> None:
    said = environment.problems(
        production=True, environ={"DATABASE_URL": "mysql://u:hunter2@h/d", "STOCKWIRE_SECRET_KEY": "hunter2"}
    )
    assert "hunter2" not in "".join(said)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgresql://embedded@/stockwire?host=/home/a/.stockwire/run/postgres"),
        ("REDIS_URL", "unix:///home/a/.stockwire/run/redis/embedded-redis.sock?db=0"),
    ],
)
def test_production_refuses_the_embedded_services(name: str, url: str) -> None:
    assert f"{name}: points at the embedded" in refusal(**{name: url})


def test_production_refuses_open_writes() -> None:
    assert "STOCKWIRE_OPEN_WRITES" in refusal(STOCKWIRE_OPEN_WRITES="1")


def test_production_loads_once_all_is_there() -> None:
    assert refusal() == ""


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", "8000.5"),
        ("STOCKWIRE_LOW_STOCK", "five"),
        ("STOCKWIRE_CURRENCY", "EURO"),
        ("STOCKWIRE_TIME_ZONE", "Nowhere/Town"),
        ("STOCKWIRE_TIME_ZONE", "Africa"),
        ("STOCKWIRE_TIME_ZONE", "../etc/passwd"),
        ("STOCKWIRE_OPEN_WRITES", "maybe"),
        ("STOCKWIRE_ALLOWED_ORIGINS", "shop.example"),
        ("STOCKWIRE_TRUSTED_PROXIES", "proxy.example"),
        ("STOCKWIRE_TRUSTED_PROXIES", "10.0.0.1/16"),
        ("STOCKWIRE_REDIS_PREFIX", "a b"),
        ("STOCKWIRE_LOG_LEVEL", "loud"),
        ("DATABASE_URL", "sqlite:///here"),
        ("REDIS_URL", "memcached://here"),
    ],
)
def test_a_value_that_can_not_be_used_is_named(name: str, wrong: str) -> None:
    found = environment.problems(production=False, environ={name: wrong})
    assert [line.split(":")[0] for line in found] == [name]


def test_an_empty_variable_counts_as_absent() -> None:
    assert environment.PORT.read({"PORT": "  "}) == 8000
    assert environment.problems(production=False, environ={"PORT": ""}) == []


def test_every_variable_that_is_read_is_in_the_registry() -> None:
    known = {setting.name for setting in environment.REGISTRY} | {"DJANGO_SETTINGS_MODULE", "PATH"}
    pattern = re.compile(r"""environ(?:\.get\(|\.setdefault\(|\[)\s*["']([A-Z_]+)["']""")
    read = {
        (str(path.relative_to(ROOT)), name)
        for folder in ("config", "catalog", "inventory", "orders", "realtime")
        for path in Path(ROOT / folder).rglob("*.py")
        for name in pattern.findall(path.read_text())
    }
    assert {(path, name) for path, name in read if name not in known} == set()


def test_the_generated_documents_are_up_to_date() -> None:
    env = {**bare_environment(), **PRODUCTION}
    done = run_manage("render_docs", "--check", env=env)
    assert (done.returncode, done.stderr) == (0, "")


def test_on_loopback_only_loopback_names_are_answered() -> None:
    assert environment.local_hosts("127.0.0.1") == ["localhost", "127.0.0.1", "[::1]", "127.0.0.1"]
    assert environment.local_hosts("0.0.0.0") == ["*"]
