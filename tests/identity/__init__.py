"""Users, tokens, API keys, and what each may do."""
