"""One of each event that there is, and records of them as the log has them."""
