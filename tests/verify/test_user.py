"""The temporary user: its creation, and every result of a sign-in."""

import json
from dataclasses import replace
from typing import Any

import jwt
import pytest

from meridian.verify import user
from meridian.verify.findings import Status
from meridian.verify.http import NoAnswer
from meridian.verify.run import Run
from meridian.verify.user import Credentials
from tests.verify.fakes import Aws, served
from tests.verify.test_tokens import KEY, REAL

CREDENTIALS = Credentials("someone@example.com", "Secret-123456")
VERIFIED = {"Name": "email_verified", "Value": "true"}


def test_self_sign_up_is_used_where_it_is_on(aws: Aws, run: Run) -> None:
    """The user signs up; an administrator confirms it and verifies the e-mail."""
    assert user._create_user(run, CREDENTIALS) == "subject"
    made = [call.removeprefix("cognito-idp.") for call in aws.calls[1:]]
    assert made == ["sign_up", "admin_confirm_sign_up", "admin_update_user_attributes"]
    assert aws.asked[3]["UserAttributes"] == [VERIFIED]


def test_an_administrator_creates_the_user_if_sign_up_is_off(aws: Aws, run: Run) -> None:
    """No mail is sent, the e-mail is verified and the password is not a temporary one."""
    pool = {"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}}
    aws.answers["describe_user_pool"] = {"UserPool": pool}
    assert user._create_user(run, CREDENTIALS) == "subject"
    made = [call.removeprefix("cognito-idp.") for call in aws.calls[1:]]
    assert made == ["admin_create_user", "admin_set_user_password"]
    assert aws.asked[1]["MessageAction"] == "SUPPRESS"
    assert VERIFIED in aws.asked[1]["UserAttributes"]
    assert aws.asked[2]["Permanent"] is True


@pytest.mark.parametrize(
    ("pool", "status"),
    [
        ({"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER"}}, Status.PASS),
        ({"EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"}}, Status.SKIP),
        ({}, Status.SKIP),
    ],
)
def test_a_protected_environment_is_told_who_sends_its_mails(
    aws: Aws, run: Run, pool: dict[str, Any], status: Status
) -> None:
    """Cognito's own sender stops at 50 a day; another environment may live with that."""
    aws.answers["describe_user_pool"] = {"UserPool": pool}
    user._create_user(run, CREDENTIALS)
    assert not [one for one in run.reporter.findings if one.rule == "email"]
    environment = replace(run.target.environment, protected=True)
    user._create_user(replace(run, target=replace(run.target, environment=environment)), CREDENTIALS)
    assert [one.status for one in run.reporter.findings if one.rule == "email"] == [status]


SRP = {"SALT": "ab", "SRP_B": "ab" * 384, "SECRET_BLOCK": "AAAA", "USER_ID_FOR_SRP": "u", "USERNAME": "u"}
VERIFIER = {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": SRP}
RESULT = {"IdToken": "i", "AccessToken": "a", "RefreshToken": "r"}


def test_sign_in_never_sends_the_password(aws: Aws, run: Run) -> None:
    """SRP proves the password; neither request holds it."""
    aws.answers = {"initiate_auth": VERIFIER, "respond_to_auth_challenge": {"AuthenticationResult": RESULT}}
    assert user.sign_in(run, "app", CREDENTIALS) == user.Tokens("i", "a", "r")
    assert aws.asked[0]["AuthFlow"] == "USER_SRP_AUTH"
    assert len(aws.asked) == 2
    assert CREDENTIALS.password not in str(aws.asked)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (VERIFIER, {"ChallengeName": "SOFTWARE_TOKEN_MFA"}, "Software Token MFA"),
        (VERIFIER, {"ChallengeName": "MFA_SETUP"}, "the challenge MFA_SETUP"),
        (VERIFIER, {"ChallengeName": "NEW_PASSWORD_REQUIRED"}, "Change password"),
        ({"ChallengeName": "CUSTOM_CHALLENGE"}, {}, "CUSTOM_CHALLENGE challenge is not supported"),
    ],
)
def test_another_challenge_is_named(aws: Aws, run: Run, first: Any, second: Any, says: str) -> None:
    """A second factor, a new password or a challenge of its own: a sentence, not a crash."""
    aws.answers = {"initiate_auth": first, "respond_to_auth_challenge": second}
    with pytest.raises(user.SignInIncomplete, match=says):
        user.sign_in(run, "app", CREDENTIALS)


def test_no_secret_is_in_a_representation() -> None:
    """Printing credentials or tokens by mistake shows no secret."""
    shown = repr(CREDENTIALS) + repr(user.Tokens("iii", "aaa", "rrr"))
    assert not any(secret in shown for secret in (CREDENTIALS.address, CREDENTIALS.password, "iii", "aaa", "rrr"))


JWK = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))


@pytest.mark.parametrize(
    ("status", "keys", "found"),
    [(200, [{**JWK, "kid": "k1"}], True), (200, [{**JWK, "kid": "k2"}], False), (500, [], False)],
    ids=["published", "another key", "no key set"],
)
def test_the_public_key_is_read_from_the_pool(run: Run, status: int, keys: Any, found: bool) -> None:
    """The local AWS serves it at its own address; a failure is a reason."""
    paths = []

    def reply(path: str, _: dict[str, str]) -> tuple[int, Any]:
        paths.append(path)
        return status, {"keys": keys}

    with served(reply) as address:
        key = user._read_public_key(replace(run, target=replace(run.target, endpoint=address)), REAL)
    assert paths == ["/us-east-1_p/.well-known/jwks.json"]
    assert key == KEY.public_key() if found else isinstance(key, NoAnswer)
