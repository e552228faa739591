"""Settings, embedded services, servers and jobs."""
