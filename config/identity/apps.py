from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "config.identity"
    label = "identity"
    verbose_name = "Users and keys"

    def ready(self) -> None:
        """Tell the kit, which knows no users, how callers are named."""
        # Here and not above: both need the models.
        from config.api.callers import name_callers_with
        from config.identity.callers import caller_key

        name_callers_with(caller_key)
