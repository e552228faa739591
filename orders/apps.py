from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = "Orders"

    def ready(self) -> None:
        import orders.signals  # noqa: F401  each signal registers its event type as it is made
        from catalog import purchase_port
        from config.audit.watching import watch
        from config.identity.api.arrivals import on_arrival
        from orders.api.taking_along import take_guests_cart_along
        from orders.audited import WATCHED
        from orders.catalog_port import DeliveredOrders
        from orders.duties import grant_duties

        purchase_port.provide(DeliveredOrders())
        on_arrival(take_guests_cart_along)
        grant_duties()
        watch(*WATCHED)
