"""The live half over REST: the socket's state, announcements, the log for those who poll; notifications,
support chats, the figures of the day."""
