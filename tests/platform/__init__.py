"""Settings, embedded services, servers and commands."""
