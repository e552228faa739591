"""Real clients, as they are published, against a real server: what the contract says is what they see."""
