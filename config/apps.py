"""Makes `config` an app, so that Django finds its management commands. It has no models."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The app that holds the project's own commands (`serve`, `render_docs`)."""

    name = "config"
    label = "config"
    verbose_name = "Configuration"
