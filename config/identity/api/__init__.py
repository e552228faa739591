"""Signing in, over REST."""
