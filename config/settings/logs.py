"""Logging: structlog in front, one line per record on stderr, and quiet about what only repeats itself.

Which fields a line has is decided where it is written.
"""

import logging.config
from typing import Any

import structlog

QUIET = {
    # One line per connection, opened and closed: with thousands of listeners that is all one would see.
    "uvicorn.error": "WARNING",
    "uvicorn.access": "WARNING",
    "websockets": "WARNING",
    "daphne": "WARNING",
    "asyncio": "WARNING",
    # Says at INFO each job that it starts and ends; the sweeps run every few seconds.
    "procrastinate": "WARNING",
    # Each refused request, a 404 included, which the client has been told.
    "django.request": "ERROR",
    "django.channels.server": "WARNING",
    "import_export": "WARNING",
}

# The values of local variables may be tokens, keys or passwords, and to render them takes a second.
_WITHOUT_LOCALS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def configure(*, level: str, as_json: bool) -> None:
    """Set up standard logging and structlog to print the same lines."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    finish: list[structlog.types.Processor] = (
        [structlog.processors.ExceptionRenderer(_WITHOUT_LOCALS), structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    formatter: dict[str, Any] = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {name: {"level": least} for name, least in QUIET.items()},
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:-1],
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
