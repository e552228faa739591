"""What goes wrong with embedded services, in words for whoever ran the command."""


class ServiceError(RuntimeError):
    """A service can't be found or started."""
