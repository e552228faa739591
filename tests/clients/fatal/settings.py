"""The settings of one machine, and a step that is the last."""

from config.settings.local import *  # noqa: F403  Django's way to build one settings module on another
from config.settings.local import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.clients.fatal"]
