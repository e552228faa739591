"""Tests of the live half: the log, the relay, the hub, the doors."""
