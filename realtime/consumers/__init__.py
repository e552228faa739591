"""The doors for listeners. They authenticate, take messages from a closed list, and hand a session to the
hub.

What a client hears comes from the hub; nothing is sent to it through a channel layer of its own.
"""
