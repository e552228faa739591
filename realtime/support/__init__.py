"""Support chats: a customer and the shop's staff, in one conversation over every door.

    parties     who speaks, and what somebody is to a chat
    chats       reading them, and locking one
    opening     a customer's one open chat
    writing     messages: numbered, each once
    following   claimed, released, closed, opened again
    reading     up to where each side has read
    shapes      how chats and messages are shown
    typing      who is writing just now; ephemeral
    company     in which chat it is heard that somebody came or went
    inbox       what staff see beside the chats

Belongs here: the rules of chats. Does not belong here: what a client may send and how it is answered
(``realtime.api``, ``realtime.consumers.shop``), and what becomes of an event (``realtime.registry``).
"""
