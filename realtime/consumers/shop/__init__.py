"""The door for Socket.IO clients: who is at it, what they may say, and how they recover.

    arrival      what a request tells of whoever sent it, and the credentials in it
    vestibule    connections that are not let in yet
    visitor      one client in the namespace: its session in the hub, its rights, its pace
    commands     the closed list of what a client may say; a new one is one entry
    carts        those of carts
    support      those of support chats
    wishlists    those of wishlists
    joining      how it is put into a room, and out of it
    arguments    how what it says is read
    recovery     how a client is known again, and the rooms it was in
    namespace    puts them together: coming in, speaking, going
    visitors     who is in it, by pid
    door         what one event loop has of all this

The protocol itself is in ``realtime.socketio``; what clients hear is in ``realtime.registry``.
"""
