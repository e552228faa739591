from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from catalog import stock_port
        from inventory.catalog_port import LedgerStock

        stock_port.provide(LedgerStock())
