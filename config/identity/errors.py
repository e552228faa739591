"""What the services of users and keys may refuse. Credentials that don't hold are ``NotAuthenticated``."""

from __future__ import annotations

from config.kernel.errors import Conflict, NotAuthenticated, NotFound


class InvalidToken(NotAuthenticated):
    """Not signed by us, not complete, or no longer true of its user."""

    code = "invalid_token"
    message = "The token is not valid"


class TokenExpired(NotAuthenticated):
    """It was valid; a fresh one will do."""

    code = "token_expired"
    message = "The token has expired"


class InvalidKey(NotAuthenticated):
    """No API key of ours."""

    code = "invalid_key"
    message = "The API key is not valid"


class KeyRevoked(NotAuthenticated):
    """It was one, until staff took it back."""

    code = "key_revoked"
    message = "The API key has been revoked"


class InvalidTicket(NotAuthenticated):
    """No ticket of ours, one that was used, or one that has expired: which of them is nobody's business."""

    code = "invalid_ticket"
    message = "The ticket is not valid, or was used already"


class EmailTaken(Conflict):
    """Another user signs in with it."""

    code = "email_taken"
    message = "Another user has this e-mail address"


class KeyNameTaken(Conflict):
    """Another API key, perhaps a revoked one, bears the name."""

    code = "key_name_taken"
    message = "Another API key has this name"


class UnknownUser(NotFound):
    """Nobody has this e-mail address."""

    code = "unknown_user"
    message = "There is no such user"


class UnknownKey(NotFound):
    """No API key has this name."""

    code = "unknown_key"
    message = "There is no such API key"
