"""Commands that look after the catalog."""
