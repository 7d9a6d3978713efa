"""The temporary user: its creation, and every result of a sign-in."""

import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from meridian.verify import user
from meridian.verify.deployment import Identity
from meridian.verify.http import NoAnswer
from meridian.verify.user import Credentials, Pool
from tests.verify.fakes import Aws, make_run, served

IDENTITY = Identity("us-east-1", "https://issuer", "app", "us-east-1_p")
CREDENTIALS = Credentials("someone@example.com", "Secret-123456")


class Cognito:
    """Answers each operation from a table and remembers what was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**asked: Any) -> Any:
            self.asked.append((operation, asked))
            return self.answers.get(operation, {})

        return call


def test_self_sign_up_is_used_where_it_is_on() -> None:
    """The user signs up; an administrator confirms it and verifies the e-mail."""
    cognito = Cognito(sign_up={"UserSub": "s"})
    assert user.create_user(cognito, IDENTITY, Pool(True, False, 12), CREDENTIALS) == "s"
    assert [name for name, _ in cognito.asked] == ["sign_up", "admin_confirm_sign_up", "admin_update_user_attributes"]
    assert cognito.asked[2][1]["UserAttributes"] == [{"Name": "email_verified", "Value": "true"}]


def test_an_administrator_creates_the_user_if_sign_up_is_off() -> None:
    """No mail is sent, the e-mail is verified and the password is not a temporary one."""
    cognito = Cognito(admin_create_user={"User": {"Attributes": [{"Name": "sub", "Value": "s"}]}})
    assert user.create_user(cognito, IDENTITY, Pool(False, False, 12), CREDENTIALS) == "s"
    (made, asked), (password, permanent) = cognito.asked
    assert (made, password) == ("admin_create_user", "admin_set_user_password")
    assert asked["MessageAction"] == "SUPPRESS"
    assert {"Name": "email_verified", "Value": "true"} in asked["UserAttributes"]
    assert permanent["Permanent"] is True


@pytest.mark.parametrize(
    ("described", "facts"),
    [
        ({}, Pool(True, False, 0)),
        ({"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}}, Pool(False, False, 0)),
        ({"MfaConfiguration": "ON"}, Pool(True, True, 0)),
        ({"MfaConfiguration": "OPTIONAL"}, Pool(True, False, 0)),
        ({"Policies": {"PasswordPolicy": {"MinimumLength": 40}}}, Pool(True, False, 40)),
    ],
)
def test_the_settings_come_from_the_pool(described: dict[str, Any], facts: Pool) -> None:
    """Self sign-up, a required second factor and the password's length come from the pool itself."""
    assert user.read_pool(Cognito(describe_user_pool={"UserPool": described}), "us-east-1_p") == facts


@pytest.mark.parametrize(("minimum", "length"), [(12, 32), (40, 40), (99, 99)])
def test_a_password_satisfies_every_policy(minimum: int, length: int) -> None:
    """All four classes, at least as long as asked, never the same."""
    made = user.new_password(minimum)
    assert len(made) == length
    for letters in (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!#%+-=?_"):
        assert set(made) & set(letters)
    assert made != user.new_password(minimum)


SRP = {"SALT": "ab", "SRP_B": "ab" * 384, "SECRET_BLOCK": "AAAA", "USER_ID_FOR_SRP": "u", "USERNAME": "u"}
VERIFIER = {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": SRP}
RESULT = {"IdToken": "i", "AccessToken": "a", "RefreshToken": "r"}


def test_sign_in_never_sends_the_password() -> None:
    """SRP proves the password; neither request holds it."""
    cognito = Cognito(initiate_auth=VERIFIER, respond_to_auth_challenge={"AuthenticationResult": RESULT})
    assert user.sign_in(cognito, "us-east-1_p", "app", CREDENTIALS) == user.Tokens("i", "a", "r")
    assert [name for name, _ in cognito.asked] == ["initiate_auth", "respond_to_auth_challenge"]
    assert cognito.asked[0][1]["AuthFlow"] == "USER_SRP_AUTH"
    assert CREDENTIALS.password not in str(cognito.asked)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (VERIFIER, {"ChallengeName": "SOFTWARE_TOKEN_MFA"}, "a second factor"),
        (VERIFIER, {"ChallengeName": "SMS_MFA"}, "a second factor"),
        (VERIFIER, {"ChallengeName": "MFA_SETUP"}, "the challenge MFA_SETUP"),
        (VERIFIER, {"ChallengeName": "NEW_PASSWORD_REQUIRED"}, "a new password"),
        ({"ChallengeName": "CUSTOM_CHALLENGE"}, {}, "a challenge other than SRP"),
    ],
)
def test_another_challenge_is_named(first: Any, second: Any, says: str) -> None:
    """A second factor, a new password or a challenge of its own: a sentence, not a crash."""
    cognito = Cognito(initiate_auth=first, respond_to_auth_challenge=second)
    with pytest.raises(user.SignInIncomplete, match=says):
        user.sign_in(cognito, "us-east-1_p", "app", CREDENTIALS)


def test_no_secret_is_in_a_representation() -> None:
    """Printing a person or tokens by mistake shows nothing."""
    shown = repr(CREDENTIALS) + repr(user.Tokens("iii", "aaa", "rrr"))
    assert not any(secret in shown for secret in (CREDENTIALS.address, CREDENTIALS.password, "iii", "aaa", "rrr"))


@pytest.mark.parametrize(("status", "seen"), [(200, {"keys": []}), (500, NoAnswer("the key set answered 500"))])
def test_the_key_set_is_read_from_the_pool(tmp_path: Path, status: int, seen: Any) -> None:
    """The local AWS serves it at its own address; a failure is not an empty set."""
    paths = []

    def reply(path: str, _: dict[str, str]) -> tuple[int, Any]:
        paths.append(path)
        return status, {"keys": []}

    with served(reply) as address:
        run = make_run(tmp_path, Aws(), [])
        assert user._read_jwks(replace(run, target=replace(run.target, endpoint=address))) == seen
    assert paths == ["/us-east-1_p/.well-known/jwks.json"]
