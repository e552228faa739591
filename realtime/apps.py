from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    name = "realtime"

    def ready(self) -> None:
        from config.audit.watching import watch
        from config.identity.signals import rights_changed
        from config.kernel.events import record_with
        from inventory.signals import stock_validated
        from orders.signals import order_assigned
        from realtime import receivers
        from realtime.audited import WATCHED
        from realtime.duties import grant_duties
        from realtime.notifications.writing import record_and_notify

        grant_duties()
        watch(*WATCHED)
        record_with(record_and_notify)
        rights_changed.connect(receivers.pass_on_changed_rights, dispatch_uid="realtime.rights")
        order_assigned.connect(receivers.pass_on_assignment, dispatch_uid="realtime.assignment")
        stock_validated.connect(receivers.pass_on_validation, dispatch_uid="realtime.validation")
