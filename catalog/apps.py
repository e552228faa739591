from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        import catalog.signals  # noqa: F401  each signal registers its event type as it is made
        from catalog.audited import WATCHED
        from catalog.duties import grant_duties
        from config.audit.watching import watch

        watch(*WATCHED)
        grant_duties()
