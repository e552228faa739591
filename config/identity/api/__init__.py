"""The REST door of signing in: ``/api/auth``. It has no rule of its own."""
