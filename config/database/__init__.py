"""Django's PostgreSQL backend as the shop uses it: prepared statements, and a quick look whether a connection
lives. ``base`` is the name that Django looks for."""
