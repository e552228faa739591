"""How bytes reach a peer: WebSocket frames, and the writers that a session is given. No events here."""
