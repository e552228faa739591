"""`make bench-checkout`: whole checkouts, a rush on the last units, lists. Each file says what it does."""
