"""Socket.IO 5 over Engine.IO 4: our own server side of it.

The inner half is sans-IO: bytes, texts and the time go in, bytes and typed events come out. It knows no
asyncio, no Channels, no Django, and nothing of rooms, tokens or events:

    errors          the one error that a peer's input can cause
    limits          what a peer may ask of us
    frames          outgoing packets as WebSocket frames, the one form in which they wait and travel
    engine_packets  Engine.IO's packets, alone and in the payloads of long polling
    packets         Socket.IO's packets, with binary attachments
    engine          one Engine.IO session: handshake, heartbeat, polls, upgrade, end
    engine_events   what a session says is to be done
    sockets         Socket.IO on one session: namespaces, acknowledgements

The outer half puts asyncio around it, and still knows nothing of what is said:

    requests        what a request asks for by its URL, and how it is refused
    carriers        ways to a WebSocket: ready-made frames, or any ASGI server
    connection      one session with its transports and timers
    endpoint        all sessions of one path
    polling         answers to GET and POST
    consumers       the doors, as Channels consumers
    server          namespaces with handlers: what a listener is, is said by whoever gives it one
    writer          where the hub writes what a socket is to hear

`protocol_server` is the bare door, for the protocol's own test suites.
"""
