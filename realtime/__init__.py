"""Live delivery: the event log, the relay, the hub, and the doors through which clients listen."""
