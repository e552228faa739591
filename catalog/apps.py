from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        import catalog.signals  # noqa: F401  each signal registers its event type as it is made
