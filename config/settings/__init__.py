"""Django settings: `base` for all, with `local`, `test` or `production`; `environment` is what they read."""
