"""The audit trail: who changed what by hand, and what it was before.

Triggers write it, so that no door and no bulk statement gets around it. Belongs here: how it is written, kept
and shown. Does not belong here: which tables are watched (each app's `audited.py`), and what has a ledger of
its own: stock, the steps and the money of orders.
"""
