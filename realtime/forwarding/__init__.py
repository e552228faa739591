"""Polls that come to another process than their session's: the owner is asked over the layer, and answers.

A client that polls makes each request anew, and a balancer without affinity sends each to whichever process
is next. The session's id names its owner and is signed (``sids``); the process that was asked passes the
request on and waits (``asking``), the owner does what it would have done anyway (``answering``). What travels
may be lost, doubled and reordered (``post``): nothing is done twice, and where an answer is lost the session
ends, so that the client comes back and goes on from what it has heard.

WebSockets are not forwarded: one that comes for a session of another process is refused, and its client goes
on polling.
"""
