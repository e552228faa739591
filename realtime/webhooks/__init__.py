"""Outgoing webhooks: the event log, posted to other companies' servers, for those that no socket reaches.

Each subscription has a place of its own in the log and goes on from there, so none of its events is missed.
What was posted and what was answered is kept for some days. Who subscribes to what is a matter of staff, in
the admin.

Belongs here: whom to tell, in which order, how often, and that nobody is told who must not be reached. Does
not belong here: what an event is and is called, which is ``realtime.registry``'s.
"""
