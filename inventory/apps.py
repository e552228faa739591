from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from catalog import stock_port
        from config.audit.watching import watch
        from inventory import signals  # noqa: F401  an event can be published once its signal is there
        from inventory.audited import WATCHED
        from inventory.catalog_port import LedgerStock
        from inventory.duties import grant_duties

        stock_port.provide(LedgerStock())
        grant_duties()
        watch(*WATCHED)
