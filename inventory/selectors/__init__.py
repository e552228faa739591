"""Reads of stock. Nothing here writes, and nothing here locks.

A hold that has run out counts as given back from that instant on, by the clock of the database,
whether or not anybody has tidied it up: every read takes it off.
"""
