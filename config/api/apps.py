from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "config.api"
    label = "api"
    verbose_name = "API"

    def ready(self) -> None:
        # Only now may anything that touches the database be imported.
        from config.api import patience

        patience.begin()
