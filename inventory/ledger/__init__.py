"""The arithmetic of stock, pure: a book of levels, requests, and the outcome of each.

Belongs here: how a request is split over locations, what is short, which crossings happen. Does not
belong here: a database, a clock, an event. ``inventory.services.writing`` reads a book, has this
decide, and writes what was decided; so many requests may be decided in one transaction.
"""
