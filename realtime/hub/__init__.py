"""The hub: one per live process. Reads the log once, encodes each event once, writes it to every listener.

Nothing here knows Django, Channels, Redis or SQL: what it needs is stated in ``source`` (the log), ``wire``
(what events look like) and ``session`` (where bytes go), and handed in.

    follower   what the layer brings, however broken  →  the log: dense, in order, once
    encoded    one event, built and framed once for each wire that asks
    rooms      room → sessions
    writes     frames of a few milliseconds → one write for each session
    ring       the newest events, still encoded, for those who come back
    replay     what a returning session has missed
    admission  how many connections, of whom
    observer   is told who comes and goes, and what happens
    watch      slow listeners, expired credentials
    hub        puts them together
"""
