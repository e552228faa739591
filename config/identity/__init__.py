"""Who is who: the user with an e-mail sign-in and a role, tokens, API keys."""
