"""The only writers of users, sign-ins and API keys: every door (REST, admin, commands) comes through here.

One module for each use case. Checking a credential that is brought is not here (``tokens``, ``keys``).
"""

from config.identity.services.endings import end_all_sign_ins, end_sign_in
from config.identity.services.forgetting import forget_what_is_over
from config.identity.services.keys import IssuedKey, issue_api_key, revoke_api_key
from config.identity.services.profiles import NewPassword, change_own_profile
from config.identity.services.sign_ins import (
    SignedIn,
    begin_sign_in,
    refresh_sign_in,
    register,
    sign_in,
    sign_out,
)
from config.identity.services.users import (
    change_duties,
    change_role,
    create_user,
    find_user,
    set_password,
    update_user,
)

__all__ = [
    "IssuedKey",
    "NewPassword",
    "SignedIn",
    "begin_sign_in",
    "change_duties",
    "change_own_profile",
    "change_role",
    "create_user",
    "end_all_sign_ins",
    "end_sign_in",
    "find_user",
    "forget_what_is_over",
    "issue_api_key",
    "refresh_sign_in",
    "register",
    "revoke_api_key",
    "set_password",
    "sign_in",
    "sign_out",
    "update_user",
]
