from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "config.audit"
    label = "audit"
    verbose_name = "Audit trail"

    def ready(self) -> None:
        """Have each connection say who is at work, where it writes what is watched."""
        from django.db.backends.signals import connection_created

        from config.audit.doers import name_doer_on

        connection_created.connect(name_doer_on, dispatch_uid="audit.doers")
