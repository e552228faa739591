"""The servers behind `manage.py serve`, one module for each role; `all` and `live` share `live`.

Settings of the servers belong here; what they serve is in `config.asgi` and `config.wsgi`.
"""
