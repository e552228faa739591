"""Settings that hold everywhere. What differs by place is in `local`, `test` and `production`.

Importing this starts nothing and reaches nothing: type checking and documentation do it without any service.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import structlog
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from config.settings import console, environment, logs

# Lets `ModelAdmin[Product]` and its like be written: Django has not all of its generics at run time.
django_stubs_ext.monkeypatch()

_problems = environment.problems(production=False)
if _problems:
    raise ImproperlyConfigured("These settings can't be used:\n  " + "\n  ".join(_problems))

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DEBUG = False
SECRET_KEY = environment.SECRET_KEY.read()
ALLOWED_HOSTS: list[str] = list(environment.ALLOWED_HOSTS.read())

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # before the admin, whose templates it replaces
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "config.apps.ConsoleConfig",  # the admin, with our own site
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "drf_spectacular_sidecar",  # Swagger UI's files
    "django_filters",
    "django_htmx",
    "corsheaders",
    "import_export",
    "procrastinate.contrib.django",  # before the apps whose tasks it collects
    "config",
    "config.api",
    "config.identity",
    "config.audit",
    "config.jobs",
    "catalog",
    "inventory",
    "orders",
    "realtime",
]

MIDDLEWARE = [
    "config.api.patience.StatementLimitMiddleware",  # around whatever asks the database
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.identity.middleware.SignInCookieMiddleware",  # around CORS, whose verdict it goes by
    "corsheaders.middleware.CorsMiddleware",
    "config.api.middleware.ErrorShapeMiddleware",  # inside CORS, so that a page may read its errors
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "realtime.middleware.EventCursorMiddleware",  # before any view reads its data
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.audit.doers.DoerMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False  # the contract's paths have no slash at the end, and a redirect would lose a POST's body

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def database(url: str) -> dict[str, Any]:
    """Turn a PostgreSQL URL into Django's form; libpq itself reads it, so whatever psql takes is right."""
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    return {
        "ENGINE": "config.database",
        "NAME": parts.pop("dbname", "stockwire"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        # One connection per thread that stays; tested before each request, so that a database which
        # was restarted costs nobody an error.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {
            "connect_timeout": environment.DATABASE_TIMEOUT.read(),
            "application_name": "stockwire",
            # Over TCP a server that has gone without a word is given up after some seconds: the first
            # holds while something is being sent, the others while an answer is awaited.
            "tcp_user_timeout": 5000,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            # Every wait for a row is bounded; config.kernel.transactions tries again what it ended.
            "options": f"-c lock_timeout=5s {parts.pop('options', '')}".rstrip(),
            **parts,
        },
    }


DATABASES = {"default": database(environment.DATABASE_URL.read())}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "identity.User"
# Where the console's sign-in leads that was not asked for by a page: its form says nothing of it.
LOGIN_REDIRECT_URL = "admin:index"
SILENCED_SYSTEM_CHECKS = [
    "auth.E003",  # e-mail is unique by a constraint over its lower case, which the check can't see
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
# What the pages are written in: the markets of the contract. REST and the admin speak English.
LANGUAGES = [("en", "English"), ("sv", "Svenska"), ("ar", "العربية"), ("hi", "हिन्दी")]
LANGUAGE_COOKIE_NAME = "stockwire_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# ---- The API (config.api) and who calls it (config.identity)
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.identity.authentication.JWTAuthentication",
        "config.identity.authentication.ApiKeyAuthentication",
        "config.identity.authentication.SessionAuthentication",  # last: it refuses a header that nobody took
    ],
    # An endpoint that names nobody is open to nobody.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["config.api.json.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.api.json.OrjsonParser"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "config.api.openapi.inspection.TableSchema",
    "EXCEPTION_HANDLER": "config.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Stockwire",
    "VERSION": "0.1.0",
    "DESCRIPTION": "The real-time back end of a shop. Two dialects stand in front of one model: the shop's "
    "under `/api/`, the catalog's under `/products`. What happens is heard on `/ws`, `/events` and Socket.IO "
    "(`/api/asyncapi`).",
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "SERVERS": [{"url": "/"}],
    "OAS_VERSION": "3.1.0",
    "DEFAULT_GENERATOR_CLASS": "config.api.openapi.inspection.Generator",
    "POSTPROCESSING_HOOKS": [],  # choices stay where they are: a name for each would be one more to know
    "COMPONENT_SPLIT_REQUEST": False,
}
SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=12),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),  # from the last refresh on
    "ALGORITHM": "HS256",  # and no other is taken, whatever a token's header says
    "USER_ID_CLAIM": "userId",
    "JTI_CLAIM": "jti",
    "UPDATE_LAST_LOGIN": False,
}
CSRF_FAILURE_VIEW = "config.api.errors.csrf_failure"
# ---- end of the API

# config.api limits a body by its path before Django reads it; this is the highest of those limits.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

CORS_ALLOWED_ORIGINS: list[str] = list(environment.ALLOWED_ORIGINS.read())
CSRF_TRUSTED_ORIGINS: list[str] = list(environment.ALLOWED_ORIGINS.read())
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Idempotent-Replayed",
    "Last-Modified",
    "Link",
    "Location",
    "Retry-After",
    "X-Cart-Token",
    "X-Event-Cursor",
    "X-Stock-Timestamp",
    "X-Unread-Count",
]
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "x-cart-token",
    "x-csrftoken",
    "x-requested-with",
]

REDIS_URL = environment.REDIS_URL.read()
REDIS_PREFIX = environment.REDIS_PREFIX.read()
CHANNEL_LAYERS: dict[str, dict[str, Any]] = (
    {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": REDIS_PREFIX},
        }
    }
    if REDIS_URL
    else {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
)

UNFOLD = console.UNFOLD

STOCKWIRE_CURRENCY = environment.CURRENCY.read()
STOCKWIRE_TIME_ZONE = environment.TIME_ZONE.read()
STOCKWIRE_LOCATION = environment.LOCATION.read()
STOCKWIRE_LOW_STOCK = environment.LOW_STOCK.read()
STOCKWIRE_OPEN_WRITES = environment.OPEN_WRITES.read()
STOCKWIRE_ALLOWED_ORIGINS = environment.ALLOWED_ORIGINS.read()
STOCKWIRE_TRUSTED_PROXIES = environment.TRUSTED_PROXIES.read()
STOCKWIRE_HOME = Path(environment.HOME.read()).expanduser()
STOCKWIRE_THREADS = environment.THREADS.read()
STOCKWIRE_WEB_PROCESSES = environment.WEB_PROCESSES.read()
STOCKWIRE_WORKER_JOBS = environment.WORKER_JOBS.read()
STOCKWIRE_DRAIN_NOTICE = environment.DRAIN_NOTICE.read()
STOCKWIRE_DRAIN_SECONDS = environment.DRAIN_SECONDS.read()
STOCKWIRE_CONNECTIONS_PER_USER = environment.CONNECTIONS_PER_USER.read()
STOCKWIRE_CONNECTIONS_PER_ADDRESS = environment.CONNECTIONS_PER_ADDRESS.read()
STOCKWIRE_WEBHOOK_NETWORKS = environment.WEBHOOK_NETWORKS.read()
STOCKWIRE_KEEP_AUDIT = environment.KEEP_AUDIT.read()
STOCKWIRE_KEEP_DELIVERIES = environment.KEEP_DELIVERIES.read()
STOCKWIRE_KEEP_NOTIFICATIONS = environment.KEEP_NOTIFICATIONS.read()
STOCKWIRE_KEEP_PROVIDER_EVENTS = environment.KEEP_PROVIDER_EVENTS.read()

RAZORPAY_KEY_ID = environment.RAZORPAY_KEY_ID.read()
RAZORPAY_KEY_SECRET = environment.RAZORPAY_KEY_SECRET.read()
RAZORPAY_WEBHOOK_SECRET = environment.RAZORPAY_WEBHOOK_SECRET.read()
RAZORPAY_BASE_URL = environment.RAZORPAY_BASE_URL.read()
STRIPE_SECRET_KEY = environment.STRIPE_SECRET_KEY.read()
STRIPE_WEBHOOK_SECRET = environment.STRIPE_WEBHOOK_SECRET.read()
STRIPE_BASE_URL = environment.STRIPE_BASE_URL.read()
STOCKWIRE_FAKE_PAYMENTS = False  # the settings of one machine and of the tests have it

# Django would set up logging a second time, and mail the admins on an error.
LOGGING_CONFIG = None
LOG_FORMAT = environment.LOG_FORMAT.read() or "console"
logs.configure(level=environment.LOG_LEVEL.read(), as_json=LOG_FORMAT == "json")
structlog.contextvars.clear_contextvars()
