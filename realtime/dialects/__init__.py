"""How events are shaped for each kind of client. Which events, and for whom, is `realtime.registry`'s."""
