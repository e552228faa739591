from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "config.identity"
    label = "identity"
    verbose_name = "Users and keys"

    def ready(self) -> None:
        """Tell the kit, which knows no users, how callers are named; and what duties may do."""
        # Here and not above: both need the models.
        from config.api.callers import name_callers_with
        from config.audit.watching import watch
        from config.identity.audited import WATCHED
        from config.identity.callers import caller_key
        from config.identity.grants import grant_duties

        name_callers_with(caller_key)
        grant_duties()
        watch(*WATCHED)
