"""Settings for real use. They refuse to load half-configured, and say all that is missing in one go."""

import os

from django.core.exceptions import ImproperlyConfigured

from config.settings import environment

_missing = environment.problems(production=True)
if os.environ.get(environment.OPEN_WRITES.name, "").strip() not in {"", "0"}:
    _missing.append("STOCKWIRE_OPEN_WRITES: is for trying things out on one machine, never for production.")
for _setting, _what in ((environment.DATABASE_URL, "PostgreSQL"), (environment.REDIS_URL, "Redis")):
    if environment.is_embedded(os.environ.get(_setting.name, "")):
        _missing.append(f"{_setting.name}: points at the embedded {_what}; production needs a real one.")
if _missing:
    raise ImproperlyConfigured("Production settings are incomplete:\n  " + "\n  ".join(_missing))

from config.settings import logs  # noqa: E402  only after the check, so that its list comes first
from config.settings.base import *  # noqa: E402, F403  as above
from config.settings.base import STORAGES  # noqa: E402  as above

STORAGES = {
    **STORAGES,
    # Files with their hash in the name, made by `collectstatic`, that browsers may keep for ever.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# TLS ends at the proxy, which says so in this header and takes it from clients.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

logs.configure(
    level=environment.LOG_LEVEL.read(),
    as_json=environment.LOG_FORMAT.read() != "console",
)
