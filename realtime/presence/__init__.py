"""Who is here, over all processes, and what staff are told of it.

    register   what the processes tell one another: the interface, and the times that matter
    alone      the register of a house with one process
    shared     the register that several processes share, in Redis
    script     what Redis does with it, in one step
    presence   this process: says who is here, hears who came and went
    figures    the connection figures, for staff who listen
    activity   that users are active, for staff who listen
    floor      what one event loop has of all this, and of product views

Each process says how many connections of whom it has; that is all it says. Who came and who went, how many
there are, and who has too many, follows from that, and is decided once for all.
"""
