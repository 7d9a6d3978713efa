"""The temporary user: made in the way the pool allows, signed in with SRP."""

import secrets
import string
from dataclasses import dataclass, field
from typing import Any

from meridian.verify.deployment import Identity

_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!#%+-=?_")


@dataclass(frozen=True)
class Pool:
    """What decides how a user can be made and signed in."""

    self_sign_up: bool
    mfa_required: bool
    minimum_length: int


@dataclass(frozen=True)
class Person:
    """The temporary user; address and password never leave the process."""

    address: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True)
class Tokens:
    """What a sign-in returned."""

    id: str = field(repr=False)
    access: str = field(repr=False)
    refresh: str = field(repr=False)


class SignInIncomplete(Exception):
    """The pool asked for more than a password; the message says for what."""


def pool(cognito: Any, user_pool_id: str) -> Pool:
    """Return how the user pool lets users in; raises ClientError or BotoCoreError."""
    found = cognito.describe_user_pool(UserPoolId=user_pool_id)["UserPool"]
    policy = found.get("Policies", {}).get("PasswordPolicy", {})
    return Pool(
        self_sign_up=not found.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly", False),
        mfa_required=found.get("MfaConfiguration", "OFF") == "ON",
        minimum_length=int(policy.get("MinimumLength", 0)),
    )


def password(minimum_length: int) -> str:
    """Return a random password of all classes, of 32 characters or as many as the policy wants."""
    everything = "".join(_CLASSES)
    length = max(32, minimum_length)
    characters = [secrets.choice(letters) for letters in _CLASSES]
    characters += [secrets.choice(everything) for _ in range(length - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def make(cognito: Any, identity: Identity, facts: Pool, person: Person) -> str:
    """Make the user with a verified e-mail and return its subject; no mail where an administrator makes it."""
    verified = {"Name": "email_verified", "Value": "true"}
    names = {"UserPoolId": identity.user_pool_id, "Username": person.address}
    email = {"Name": "email", "Value": person.address}
    if facts.self_sign_up:
        made = cognito.sign_up(
            ClientId=identity.client_id, Username=person.address, Password=person.password, UserAttributes=[email]
        )
        cognito.admin_confirm_sign_up(**names)
        cognito.admin_update_user_attributes(**names, UserAttributes=[verified])
        return str(made["UserSub"])
    made = cognito.admin_create_user(**names, UserAttributes=[email, verified], MessageAction="SUPPRESS")
    cognito.admin_set_user_password(**names, Password=person.password, Permanent=True)
    attributes = {entry["Name"]: entry["Value"] for entry in made["User"]["Attributes"]}
    return str(attributes["sub"])


def sign_in(cognito: Any, user_pool_id: str, client_id: str, person: Person) -> Tokens:
    """Sign in with SRP: the password itself is never sent.

    Raises SignInIncomplete where the pool asks for more, ClientError or BotoCoreError.
    """
    from pycognito.aws_srp import AWSSRP
    from pycognito.exceptions import ForceChangePasswordException, MFAChallengeException

    flow = AWSSRP(person.address, person.password, user_pool_id, client_id, client=cognito)
    try:
        answer = flow.authenticate_user()
    except MFAChallengeException as error:
        raise SignInIncomplete("a second factor") from error
    except ForceChangePasswordException as error:
        raise SignInIncomplete("a new password") from error
    except NotImplementedError as error:
        raise SignInIncomplete("a challenge that is not SRP") from error
    if "AuthenticationResult" not in answer:
        raise SignInIncomplete(f"the challenge {answer.get('ChallengeName', 'without a name')}")
    result = answer["AuthenticationResult"]
    return Tokens(id=result["IdToken"], access=result["AccessToken"], refresh=result["RefreshToken"])
