"""What a customer is told and may read again later: made of events, in their own transaction.

Belongs here: which event tells its customer what, and what has been read. Does not belong here: pushing it to
a phone or a mailbox.
"""
