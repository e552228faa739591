"""Fixtures for every test. What only one app needs belongs in that app's own `conftest.py`."""
