"""What the services of users, sign-ins and keys may refuse. Credentials that don't hold are
``NotAuthenticated``."""

from __future__ import annotations

from config.kernel.errors import Conflict, InvalidInput, NotAuthenticated, NotFound, RateLimited


class InvalidToken(NotAuthenticated):
    """Not signed by us, not complete, or no longer true of its user."""

    code = "invalid_token"
    message = "The token is not valid"


class TokenExpired(NotAuthenticated):
    """It was valid; a fresh one will do."""

    code = "token_expired"
    message = "The token has expired"


class TokenRevoked(InvalidToken):
    """The sign-in that it came of has ended; only a new one will do."""

    code = "token_revoked"
    message = "This sign-in has ended"


class TokenUsed(NotAuthenticated):
    """A refresh token that was used a moment ago; the one that it was exchanged for holds."""

    code = "token_used"
    message = "The refresh token has been used"


class InvalidCredentials(NotAuthenticated):
    """Nobody who may sign in has this address and this password. Which of the two is wrong is not said."""

    code = "invalid_credentials"
    message = "The e-mail address or the password is wrong"


class TooManyFailures(RateLimited):
    """Too many wrong passwords lately; until the time is over not even the right one is looked at."""

    message = "Too many failed attempts; try again later"


class WrongPassword(InvalidInput):
    """Who wants another password has to know the present one."""

    code = "wrong_password"
    message = "currentPassword: is not the present password"


class LastOwner(Conflict):
    """Without an owner nobody could ever be given anything to do."""

    code = "last_owner"
    message = "The last owner must stay one"


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
