"""Commands of the project itself. A command of one app belongs to that app."""
