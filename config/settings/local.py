"""Settings for one machine: `make run`, and any command in a checkout."""

import secrets
import sys

from config.settings import environment
from config.settings.base import *  # noqa: F403  Django's way to build one settings module on another
from config.settings.base import ALLOWED_HOSTS, INSTALLED_APPS, SECRET_KEY

# `manage.py` puts the key of STOCKWIRE_HOME into the environment. Whoever comes another way gets one that
# ends with the process: never one that is written in the source.
SECRET_KEY = SECRET_KEY or secrets.token_urlsafe(48)

if sys.argv[1:2] == ["runserver"]:
    # Its ASGI server. No other command needs it, and it would make each of them start later.
    INSTALLED_APPS = ["daphne", *INSTALLED_APPS]

ALLOWED_HOSTS = ALLOWED_HOSTS or environment.local_hosts(environment.HOST.read())

# Static files come from the apps as they are, without `collectstatic`.
STATIC_ROOT = None  # type: ignore[assignment]  # Django and WhiteNoise take it for "there is none"
WHITENOISE_USE_FINDERS = True

STOCKWIRE_FAKE_PAYMENTS = environment.FAKE_PAYMENTS.read()
