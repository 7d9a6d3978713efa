"""The temporary user: created, signed in with SRP, and removed with everything that belongs to it."""

import secrets
import string
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from meridian.verify import http
from meridian.verify.aws import AWS_ERRORS, AwsError, describe_error, has_code, is_missing
from meridian.verify.deployment import Identity
from meridian.verify.findings import Finding, Rule
from meridian.verify.http import NoAnswer
from meridian.verify.observe import delete_items
from meridian.verify.run import Run
from meridian.verify.tokens import Jwks

_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!#%+-=?_")


@dataclass(frozen=True)
class Pool:
    """The settings of a user pool that decide how a user is created and signed in."""

    self_sign_up: bool
    mfa_required: bool
    minimum_length: int


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
    tokens: Tokens
    jwks: Jwks | NoAnswer
    forged_address: str = field(repr=False)
    other_client: str | Finding = field(repr=False)
    """The user's ID token of another client of the pool, or the reason why there is none."""


class SignInIncomplete(Exception):
    """The pool requires more than a password; the message names it."""


def prepare_user(run: Run) -> User | None:
    """Create the user, sign in and report both; returns None after a failure."""
    identity = run.deployment.identity
    rule = Rule(identity.region, "sign-in")
    cognito = run.client("cognito-idp", identity.region)
    try:
        pool = read_pool(cognito, identity.user_pool_id)
        if pool.mfa_required:
            run.report(rule.unknown("The pool requires a second factor beside the password."))
            return None
        credentials, subject = _sign_up(run, cognito, pool)
    except AWS_ERRORS as error:
        run.report(_sign_up_finding(identity, error))
        return None
    run.raise_if_stopped()
    tokens = _sign_in(run, cognito, credentials)
    if isinstance(tokens, Finding):
        run.report(tokens)
        return None
    run.report(rule.passed("The user signed in with SRP and got ID, access and refresh token."))
    run.raise_if_stopped()
    forged_address = run.id.new_address()
    run.hide(forged_address)
    other_client = _sign_in_to_other_client(run, cognito, credentials)
    return User(subject, credentials.address, tokens, _read_jwks(run), forged_address, other_client)


def read_pool(cognito: Any, user_pool_id: str) -> Pool:
    """Return the settings of a user pool; raises ClientError or BotoCoreError."""
    found = cognito.describe_user_pool(UserPoolId=user_pool_id)["UserPool"]
    policy = found.get("Policies", {}).get("PasswordPolicy", {})
    return Pool(
        self_sign_up=not found.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly", False),
        mfa_required=found.get("MfaConfiguration", "OFF") == "ON",
        minimum_length=int(policy.get("MinimumLength", 0)),
    )


def new_password(minimum_length: int) -> str:
    """Return a random password with all character classes, 32 characters long or as long as the policy requires."""
    everything = "".join(_CLASSES)
    length = max(32, minimum_length)
    characters = [secrets.choice(letters) for letters in _CLASSES]
    characters += [secrets.choice(everything) for _ in range(length - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def create_user(cognito: Any, identity: Identity, pool: Pool, credentials: Credentials) -> str:
    """Create the user with a verified e-mail and return its subject; without self sign-up no mail is sent."""
    verified = {"Name": "email_verified", "Value": "true"}
    names = {"UserPoolId": identity.user_pool_id, "Username": credentials.address}
    email = {"Name": "email", "Value": credentials.address}
    if pool.self_sign_up:
        made = cognito.sign_up(
            ClientId=identity.client_id,
            Username=credentials.address,
            Password=credentials.password,
            UserAttributes=[email],
        )
        cognito.admin_confirm_sign_up(**names)
        cognito.admin_update_user_attributes(**names, UserAttributes=[verified])
        return str(made["UserSub"])
    made = cognito.admin_create_user(**names, UserAttributes=[email, verified], MessageAction="SUPPRESS")
    cognito.admin_set_user_password(**names, Password=credentials.password, Permanent=True)
    attributes = {entry["Name"]: entry["Value"] for entry in made["User"]["Attributes"]}
    return str(attributes["sub"])


def sign_in(cognito: Any, user_pool_id: str, client_id: str, credentials: Credentials) -> Tokens:
    """Sign in with SRP, which never sends the password.

    Raises SignInIncomplete if the pool requires more, ClientError or BotoCoreError.
    """
    from pycognito.aws_srp import AWSSRP
    from pycognito.exceptions import ForceChangePasswordException, MFAChallengeException

    flow = AWSSRP(credentials.address, credentials.password, user_pool_id, client_id, client=cognito)
    try:
        answer = flow.authenticate_user()
    except MFAChallengeException as error:
        raise SignInIncomplete("a second factor") from error
    except ForceChangePasswordException as error:
        raise SignInIncomplete("a new password") from error
    except NotImplementedError as error:
        raise SignInIncomplete("a challenge other than SRP") from error
    if "AuthenticationResult" not in answer:
        raise SignInIncomplete(f"the challenge {answer.get('ChallengeName', 'without a name')}")
    result = answer["AuthenticationResult"]
    return Tokens(id=result["IdToken"], access=result["AccessToken"], refresh=result["RefreshToken"])


def _sign_up(run: Run, cognito: Any, pool: Pool) -> tuple[Credentials, str]:
    identity = run.deployment.identity
    credentials = Credentials(run.id.new_address(), new_password(pool.minimum_length))
    run.hide(credentials.address)
    run.hide(credentials.password)
    names = {"UserPoolId": identity.user_pool_id, "Username": credentials.address}
    run.cleanup.add(
        identity.region, f"The user of run {run.id.digits}", partial(cognito.admin_delete_user, **names), last=True
    )
    subject = create_user(cognito, identity, pool, credentials)
    for region, table in run.deployment.tables.items():
        run.cleanup.add(region, f"An item in table {table}", partial(delete_items, run, region, table, subject))
    how = "signed up and was confirmed" if pool.self_sign_up else "was created by an administrator: sign-up is off"
    run.report(Rule(identity.region, "sign-up").passed(f"A user with a verified e-mail {how}."))
    return credentials, subject


def _sign_up_finding(identity: Identity, error: AwsError) -> Finding:
    rule = Rule(identity.region, "sign-up")
    if is_missing(error):
        return rule.failed(f"User pool {identity.user_pool_id} does not exist: apply {identity.region}/identity.")
    if has_code(error, "InvalidPasswordException", "InvalidParameterException", "UserLambdaValidationException"):
        return rule.failed(f"The pool refused a new user: {describe_error(error)}.")
    return rule.unknown(f"The user could not be created: {describe_error(error)}.")


def _sign_in(run: Run, cognito: Any, credentials: Credentials) -> Tokens | Finding:
    identity = run.deployment.identity
    rule = Rule(identity.region, "sign-in")
    try:
        tokens = sign_in(cognito, identity.user_pool_id, identity.client_id, credentials)
    except SignInIncomplete as error:
        return rule.unknown(f"The pool requires {error}, which the verification does not have.")
    except AWS_ERRORS as error:
        if has_code(error, "NotAuthorizedException", "InvalidParameterException") or is_missing(error):
            return rule.failed(f"SRP sign-in was refused: {describe_error(error)}.")
        return rule.unknown(f"SRP sign-in got no answer: {describe_error(error)}.")
    for secret in (tokens.id, tokens.access, tokens.refresh):
        run.hide(secret)
    return tokens


def _sign_in_to_other_client(run: Run, cognito: Any, credentials: Credentials) -> str | Finding:
    region = run.deployment.identity.region
    rule = Rule(region, "refuse-other-client")
    if run.target.environment.protected:
        return rule.skipped("Not tried: a protected environment gets no second app client.")
    pool_id, name = run.deployment.identity.user_pool_id, run.id.name
    try:
        client_id = cognito.create_user_pool_client(
            UserPoolId=pool_id,
            ClientName=name,
            ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            PreventUserExistenceErrors="ENABLED",
        )["UserPoolClient"]["ClientId"]
        remove = partial(cognito.delete_user_pool_client, UserPoolId=pool_id, ClientId=client_id)
        run.cleanup.add(region, f"App client {name}", remove)
        tokens = sign_in(cognito, pool_id, client_id, credentials)
    except (*AWS_ERRORS, SignInIncomplete) as error:
        reason = str(error) if isinstance(error, SignInIncomplete) else describe_error(error)
        return rule.unknown(f"Another client of the pool gave no token: {reason}.")
    for secret in (tokens.id, tokens.access, tokens.refresh):
        run.hide(secret)
    return tokens.id


def _read_jwks(run: Run) -> Jwks | NoAnswer:
    identity, target = run.deployment.identity, run.target
    # The local AWS puts AWS's own issuer into its tokens, and serves its keys at its own address.
    base = f"{target.endpoint}/{identity.user_pool_id}" if target.kind == "local" else identity.issuer
    with http.session(target.kind) as caller:
        answer = http.send_get(caller, f"{base}/.well-known/jwks.json")
    if isinstance(answer, NoAnswer):
        return answer
    return answer.body if answer.status == 200 else NoAnswer(f"the key set answered {answer.status}")
