"""Django settings: `base` for all, and `local`, `test` or `production` on top. What the environment may say is in `environment`."""
