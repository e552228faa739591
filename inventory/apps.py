from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from catalog import stock_port
        from inventory import signals  # noqa: F401  an event can be published once its signal is there
        from inventory.catalog_port import LedgerStock

        stock_port.provide(LedgerStock())
