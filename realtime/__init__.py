"""Live delivery: the event log, the relay, the hub, and the doors through which clients listen.

And what listens itself: the pages, the staff's console, notifications, support chats, webhooks.
"""
