from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    name = "realtime"

    def ready(self) -> None:
        from config.kernel.events import record_with
        from inventory.signals import stock_validated
        from realtime import receivers, recorder

        record_with(recorder.record)
        stock_validated.connect(receivers.pass_on_validation, dispatch_uid="realtime.validation")
