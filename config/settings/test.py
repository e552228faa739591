"""Settings for the tests: as `local`, only quicker to sign in with, and with a key of their own."""

from config.settings.base import *  # noqa: F403  Django's way to build one settings module on another

SECRET_KEY = "a-key-for-tests-that-protects-nothing-at-all-0123456789"  # noqa: S105  it signs nothing real
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1", "[::1]"]

# Argon2 takes 50 ms on purpose; the tests sign in thousands of times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

STATIC_ROOT = None  # type: ignore[assignment]  # Django and WhiteNoise take it for "there is none"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True  # no scan of the static files at each test client's start

STOCKWIRE_FAKE_PAYMENTS = True
