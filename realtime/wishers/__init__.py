"""Telling those who wished: the price of what they wished for fell, or it is back.

Whoever changes a price or a stock records that it happened, in one row, and does not ask whom it concerns.
Here the log is followed; of each such event those are told who wished for the product when it happened, a
thousand by each event of ours, which names them.

Belongs here: whom such an event concerns, and the place up to which that was looked up. Does not belong here:
how they hear it, which is the hub's, and what it becomes, which is ``realtime.registry.wishers``'s.
"""
