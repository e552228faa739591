"""Commands that look into the ledger."""
