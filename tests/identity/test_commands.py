"""The commands print what a script can use, and nothing else."""

from io import StringIO

import pytest
from django.core.management import CommandError, ManagementUtility, call_command

from config.identity.keys import verify_api_key
from config.identity.models import ApiKey, Role, User
from config.identity.services import change_role, create_user, update_user
from config.identity.tokens import verify_token

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_token_and_nothing_else(customer: User) -> None:
    out, err = run("issue_token", "CUSTOMER@example.com")
    assert verify_token(out.removesuffix("\n")) == customer
    assert (out.count("\n"), err) == (1, "")


@pytest.mark.parametrize("role", Role.values)
def test_a_token_of_a_user_made_for_it(role: str) -> None:
    out, _ = run("issue_token", "new@example.com", "--create", "--role", role)
    user = User.objects.get()
    assert (user.role, user.has_usable_password()) == (role, False)
    assert verify_token(out.strip()) == user
    again, _ = run("issue_token", "new@example.com", "--create", "--role", role)
    assert verify_token(again.strip()) == user


def test_a_user_made_without_a_role_is_a_customer() -> None:
    run("issue_token", "new@example.com", "--create")
    assert User.objects.get().role == "customer"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nobody@example.com",), r"^There is no user nobody@example.com \(--create makes one\)$"),
        (("nonsense", "--create"), "^email: must be an e-mail address$"),
        (("nobody@example.com", "--role", "admin"), "^--role is for --create; "),
        (("nobody@example.com", "--create", "--role", "king"), "invalid choice: 'king'"),
        (("tailor@example.com", "--create", "--role", "admin"), "is there already, in the role tailor$"),
        (("gone@example.com",), "is not active$"),
    ],
)
def test_no_token_where_something_is_wrong(arguments: tuple[str, ...], message: str) -> None:
    create_user(email="tailor@example.com", password=None, role=Role.TAILOR)
    update_user(user=create_user(email="gone@example.com", password=None), is_active=False)
    with pytest.raises(CommandError, match=message):
        run("issue_token", *arguments)
    assert User.objects.count() == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["--scope", "stock:write", "--scope", "orders:read"],
        ["--scope", "stock:write", "orders:read"],
        ["--scope", "orders:read", "stock:write", "--scope", "stock:write"],
    ],
)
def test_a_key_and_nothing_else(arguments: list[str]) -> None:
    out, err = run("issue_api_key", "till", *arguments)
    record = verify_api_key(out.removesuffix("\n"))
    assert (record.name, record.scopes, record.created_by) == (
        "till",
        ["stock:write", "orders:read"],
        "command",
    )
    assert (out.count("\n"), err) == (1, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["till"], "--scope"),
        (["till", "--scope", "everything"], "invalid choice: 'everything'"),
        (["", "--scope", "stock:write"], "^name: must have 1 to 100"),
        (["taken", "--scope", "stock:write"], '^Another API key is named "taken"$'),
    ],
)
def test_no_key_where_something_is_wrong(arguments: list[str], message: str) -> None:
    run("issue_api_key", "taken", "--scope", "stock:write")
    with pytest.raises(CommandError, match=message):
        run("issue_api_key", *arguments)
    assert ApiKey.objects.count() == 1


def test_a_key_is_revoked_by_name() -> None:
    run("issue_api_key", "till", "--scope", "stock:write")
    assert run("revoke_api_key", "till") == ("", "till is revoked\n")
    assert ApiKey.objects.get().revoked_at is not None
    with pytest.raises(CommandError, match='There is no API key named "other"'):
        run("revoke_api_key", "other")


def test_a_role_change_ends_the_printed_token(staff: User) -> None:
    out, _ = run("issue_token", staff.email)
    change_role(user=staff, role=Role.CUSTOMER)
    with pytest.raises(Exception, match="not valid"):
        verify_token(out.strip())


@pytest.mark.django_db(transaction=True)
def test_a_shell_gets_one_line_on_stderr_and_exit_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        ManagementUtility(["manage.py", "revoke_api_key", "nobody"]).execute()
    assert end.value.code == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", 'CommandError: There is no API key named "nobody"\n')
