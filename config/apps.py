"""Makes `config` an app, so that Django finds its management commands. It has no models. And names the site
that Django's admin is served by."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ConfigConfig(AppConfig):
    """The app that holds the project's own commands (`serve`, `render_docs`)."""

    name = "config"
    label = "config"
    verbose_name = "Configuration"


class ConsoleConfig(admin_apps.AdminConfig):
    """Django's admin as the staff console."""

    default_site = "realtime.console.site.ConsoleSite"
    default = False
