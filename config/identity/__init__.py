"""Who is who: the user with an e-mail sign-in, a role and duties, tokens, API keys."""
