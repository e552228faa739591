"""The live half over REST: the socket's state, announcements, and the log for those who poll."""
