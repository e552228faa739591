"""The tests, one folder for each app; `services` gives them PostgreSQL and Redis."""
