"""The temporary user: created, signed in with SRP, and removed with everything that belongs to it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from meridian.aws import AWS_ERRORS, describe_error, error_code
from meridian.verify import http
from meridian.verify.aws import is_missing
from meridian.verify.deployment import Identity
from meridian.verify.findings import Result, Status
from meridian.verify.http import NoAnswer
from meridian.verify.observe import delete_items
from meridian.verify.run import Resource, Run

_REFUSALS = frozenset({"InvalidParameterException", "InvalidPasswordException", "NotAuthorizedException"})


@dataclass(frozen=True)
class Credentials:
    """Address and password of the temporary user; they never leave the process."""

    address: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True)
class Tokens:
    """The tokens of a sign-in."""

    id: str = field(repr=False)
    access: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass(frozen=True)
class User:
    """The signed-in user, and what is needed to forge tokens in its name."""

    subject: str
    address: str = field(repr=False)
    password: str = field(repr=False)
    tokens: Tokens
    public_key: RSAPublicKey | NoAnswer
    forged_address: str = field(repr=False)
    other_client: str | Result = field(repr=False)
    """The user's ID token of another client of the pool, or the reason why it is missing."""


class SignInIncomplete(Exception):
    """The pool requires more than a password; the message names it."""


def prepare_user(run: Run) -> User | None:
    """Create the user, sign in and report both; returns None after a failure."""
    identity = run.deployment.identity
    credentials = Credentials(run.new_address(), new_password())
    forged_address = run.new_address()
    run.reporter.hide(credentials.address, credentials.password, forged_address)
    try:
        subject = _create_user(run, credentials)
    except AWS_ERRORS as error:
        run.report(identity.region, "sign-up", *_failure(identity, "The sign-up", error))
        return None
    run.raise_if_stopped()
    try:
        tokens = sign_in(run, identity.client_id, credentials)
    except (*AWS_ERRORS, SignInIncomplete) as error:
        run.report(identity.region, "sign-in", *_failure(identity, "The sign-in", error))
        return None
    sentence = "The user signed in with SRP and got ID, access and refresh token."
    run.report(identity.region, "sign-in", Status.PASS, sentence)
    run.raise_if_stopped()
    other_client = _sign_in_to_other_client(run, credentials)
    key = _read_public_key(run, tokens.id)
    return User(subject, credentials.address, credentials.password, tokens, key, forged_address, other_client)


def new_password() -> str:
    """Return a random password of 100 characters: four classes, and longer than any policy requires (99)."""
    return f"aA1!{secrets.token_urlsafe(72)}"


def _create_user(run: Run, credentials: Credentials) -> str:
    """Create the user with a verified e-mail, add it to the resources to remove, and return its subject."""
    identity = run.deployment.identity
    cognito = run.client("cognito-idp", identity.region)
    names = {"UserPoolId": identity.user_pool_id, "Username": credentials.address}
    pool = cognito.describe_user_pool(UserPoolId=identity.user_pool_id)["UserPool"]
    if run.target.environment.protected:
        run.report(identity.region, "email", *check_sender(pool))
    remove = partial(cognito.admin_delete_user, **names)
    run.created.append(Resource(identity.region, f"The user of run {run.digits}", remove))
    if pool.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly"):
        subject = _create_as_administrator(cognito, names, credentials)
        how = "was created by an administrator: sign-up is off"
    else:
        subject = _sign_up(cognito, identity.client_id, names, credentials)
        how = "signed up and was confirmed"
    for region, table in run.deployment.tables.items():
        run.created.append(Resource(region, f"An item in table {table}", partial(delete_items, run, region, subject)))
    run.report(identity.region, "sign-up", Status.PASS, f"A user with a verified e-mail {how}.")
    return subject


def check_sender(pool: Mapping[str, Any]) -> Result:
    """Check who sends the mails of a pool, as DescribeUserPool describes it."""
    if pool.get("EmailConfiguration", {}).get("EmailSendingAccount") == "DEVELOPER":
        return Status.PASS, "Mails are sent by an identity in SES."
    return Status.SKIP, (
        "Cognito itself sends the mails and stops at 50 a day: set `email` in live/inventory.yaml "
        "(modules/identity/README.md)."
    )


def _sign_up(cognito: Any, client_id: str, names: dict[str, str], credentials: Credentials) -> str:
    email = {"Name": "email", "Value": credentials.address}
    made = cognito.sign_up(
        ClientId=client_id, Username=credentials.address, Password=credentials.password, UserAttributes=[email]
    )
    cognito.admin_confirm_sign_up(**names)
    verified = {"Name": "email_verified", "Value": "true"}
    cognito.admin_update_user_attributes(**names, UserAttributes=[verified])
    return str(made["UserSub"])


def _create_as_administrator(cognito: Any, names: dict[str, str], credentials: Credentials) -> str:
    """Create the user without a mail to its address."""
    attributes = [{"Name": "email", "Value": credentials.address}, {"Name": "email_verified", "Value": "true"}]
    made = cognito.admin_create_user(**names, UserAttributes=attributes, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(**names, Password=credentials.password, Permanent=True)
    return next(str(entry["Value"]) for entry in made["User"]["Attributes"] if entry["Name"] == "sub")


def sign_in(run: Run, client_id: str, credentials: Credentials) -> Tokens:
    """Sign in with SRP, which never sends the password.

    Raises SignInIncomplete if the pool requires more, ClientError or BotoCoreError.
    """
    from pycognito.aws_srp import AWSSRP
    from pycognito.exceptions import WarrantException

    identity = run.deployment.identity
    cognito = run.client("cognito-idp", identity.region)
    flow = AWSSRP(credentials.address, credentials.password, identity.user_pool_id, client_id, client=cognito)
    try:
        answer = flow.authenticate_user()
    except (WarrantException, NotImplementedError) as error:
        raise SignInIncomplete(error.args[0]) from error
    if "AuthenticationResult" not in answer:
        raise SignInIncomplete(f"the challenge {answer.get('ChallengeName', 'without a name')}")
    result = answer["AuthenticationResult"]
    tokens = Tokens(id=result["IdToken"], access=result["AccessToken"], refresh=result["RefreshToken"])
    run.reporter.hide(tokens.id, tokens.access, tokens.refresh)
    return tokens


def _failure(identity: Identity, what: str, error: Exception) -> Result:
    """Return FAIL if the pool is missing or refused the user, else UNKNOWN."""
    if isinstance(error, SignInIncomplete):
        return Status.UNKNOWN, f"The pool requires more than a password: {error}."
    if error_code(error) == "ResourceNotFoundException":
        return Status.FAIL, f"{what} was refused: {describe_error(error)}: apply {identity.region}/identity."
    if error_code(error) in _REFUSALS or is_missing(error):
        return Status.FAIL, f"{what} was refused: {describe_error(error)}."
    return Status.UNKNOWN, f"{what} did not succeed: {describe_error(error)}."


def _sign_in_to_other_client(run: Run, credentials: Credentials) -> str | Result:
    """Create another client of the pool and return the user's ID token of it, or the reason why it is missing."""
    if run.target.environment.protected:
        return Status.SKIP, "Not tried: a protected environment gets no second app client."
    identity, name = run.deployment.identity, run.name
    cognito = run.client("cognito-idp", identity.region)
    try:
        client_id = cognito.create_user_pool_client(
            UserPoolId=identity.user_pool_id,
            ClientName=name,
            ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            PreventUserExistenceErrors="ENABLED",
        )["UserPoolClient"]["ClientId"]
        remove = partial(cognito.delete_user_pool_client, UserPoolId=identity.user_pool_id, ClientId=client_id)
        run.created.append(Resource(identity.region, f"App client {name}", remove))
        return sign_in(run, client_id, credentials).id
    except (*AWS_ERRORS, SignInIncomplete) as error:
        return Status.UNKNOWN, f"Another client of the pool gave no token: {describe_error(error)}."


def _read_public_key(run: Run, token: str) -> RSAPublicKey | NoAnswer:
    """Return the key that the pool publishes for a token."""
    identity, target = run.deployment.identity, run.target
    # The local AWS puts AWS's own issuer into its tokens, and serves its keys at its own address.
    base = f"{target.endpoint}/{identity.user_pool_id}" if target.kind == "local" else identity.issuer
    with run.session() as caller:
        answer = http.send_get(caller, f"{base}/.well-known/jwks.json")
    if isinstance(answer, NoAnswer):
        return answer
    try:
        key: RSAPublicKey = jwt.PyJWKSet.from_dict(dict(answer.body))[jwt.get_unverified_header(token)["kid"]].key
    except (KeyError, jwt.PyJWTError) as error:
        return NoAnswer(f"the key set answered {answer.status} without the key of the token ({error})")
    return key
