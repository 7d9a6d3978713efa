"""The person who calls: made, signed in, and what forging in that person's name needs."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from meridian.verify import http, user
from meridian.verify.attempts import Material, NotTried
from meridian.verify.faults import FAULTS, explain, is_absent, is_refused
from meridian.verify.findings import Finding, failed, passed, unknown
from meridian.verify.http import NoAnswer
from meridian.verify.observe import keys_of
from meridian.verify.work import Work


@dataclass(frozen=True)
class SignedIn:
    """A real user with real tokens."""

    subject: str
    address: str = field(repr=False)
    material: Material = field(repr=False)


def prepare(work: Work) -> SignedIn | None:
    """Make the user, sign in and say so; None where that failed, with the finding told."""
    identity = work.deployment.identity
    cognito = work.client("cognito-idp", identity.region)
    try:
        facts = user.pool(cognito, identity.user_pool_id)
        if facts.mfa_required:
            work.tell(
                unknown(
                    identity.region, "sign-in", "The pool requires a second factor: a password alone cannot sign in."
                )
            )
            return None
        person, subject = _sign_up(work, cognito, facts)
    except FAULTS as error:
        work.tell(_not_made(work, error))
        return None
    work.go_on()
    found = _sign_in(work, cognito, person)
    if isinstance(found, Finding):
        work.tell(found)
        return None
    work.tell(passed(identity.region, "sign-in", "The user signed in with SRP and got ID, access and refresh token."))
    work.go_on()
    return SignedIn(subject, person.address, _material(work, cognito, person, found))


def _sign_up(work: Work, cognito: Any, facts: user.Pool) -> tuple[user.Person, str]:
    identity = work.deployment.identity
    person = user.Person(work.run.address(), user.password(facts.minimum_length))
    work.hide(person.address)
    work.hide(person.password)
    names = {"UserPoolId": identity.user_pool_id, "Username": person.address}
    work.cleanup.add(
        identity.region, f"the user of run {work.run.run_id}", partial(cognito.admin_delete_user, **names), last=True
    )
    subject = user.make(cognito, identity, facts, person)
    for region, table in work.deployment.tables.items():
        work.cleanup.add(region, f"an item in table {table}", partial(remove_items, work, region, table, subject))
    how = "signed up and was confirmed" if facts.self_sign_up else "was made by an administrator, as sign-up is off"
    work.tell(passed(identity.region, "sign-up", f"A user with a verified e-mail {how}."))
    return person, subject


def remove_items(work: Work, region: str, table: str, subject: str) -> None:
    """Delete every item of one subject; raises ClientError or BotoCoreError."""
    dynamodb = work.client("dynamodb", region)
    for greeting_id in keys_of(dynamodb, table, subject):
        dynamodb.delete_item(TableName=table, Key={"subject": {"S": subject}, "greeting_id": {"S": greeting_id}})


def _sign_in(work: Work, cognito: Any, person: user.Person) -> user.Tokens | Finding:
    identity = work.deployment.identity
    try:
        found = user.sign_in(cognito, identity.user_pool_id, identity.client_id, person)
    except user.SignInIncomplete as error:
        return unknown(identity.region, "sign-in", f"The pool asks for {error}, which a verification does not have.")
    except FAULTS as error:
        if is_refused(error, "NotAuthorizedException", "InvalidParameterException") or is_absent(error):
            return failed(identity.region, "sign-in", f"SRP sign-in was refused: {explain(error)}.")
        return unknown(identity.region, "sign-in", f"Nobody can tell whether SRP sign-in works: {explain(error)}.")
    for secret in (found.id, found.access, found.refresh):
        work.hide(secret)
    return found


def _material(work: Work, cognito: Any, person: user.Person, found: user.Tokens) -> Material:
    forged_address = work.run.address()
    work.hide(forged_address)
    return Material(
        id_token=found.id,
        access_token=found.access,
        refresh_token=found.refresh,
        jwks=_jwks(work),
        forged_address=forged_address,
        other_client=_other_client(work, cognito, person),
    )


def _jwks(work: Work) -> dict[str, Any] | NoAnswer:
    identity, target = work.deployment.identity, work.target
    # The local AWS writes AWS's own issuer into its tokens and shows its keys at its own address.
    base = f"{target.endpoint}/{identity.user_pool_id}" if target.kind == "local" else identity.issuer
    with http.session(target.kind) as caller:
        answer = http.get(caller, f"{base}/.well-known/jwks.json")
    if isinstance(answer, NoAnswer):
        return answer
    if answer.status != 200:
        return NoAnswer(f"the key set answered {answer.status}")
    return dict(answer.body)


def _other_client(work: Work, cognito: Any, person: user.Person) -> str | NotTried:
    rule = "refuse-other-client"
    if work.target.environment.protected:
        return NotTried(rule, "Not tried: no client is made in a protected environment.", on_purpose=True)
    pool_id, name = work.deployment.identity.user_pool_id, work.run.name
    try:
        made = cognito.create_user_pool_client(
            UserPoolId=pool_id,
            ClientName=name,
            ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            PreventUserExistenceErrors="ENABLED",
        )["UserPoolClient"]["ClientId"]
        work.cleanup.add(
            work.deployment.identity.region,
            f"client {name}",
            partial(cognito.delete_user_pool_client, UserPoolId=pool_id, ClientId=made),
        )
        found = user.sign_in(cognito, pool_id, made, person)
    except (*FAULTS, user.SignInIncomplete) as error:
        reason = str(error) if isinstance(error, user.SignInIncomplete) else explain(error)
        return NotTried(rule, f"No token of another client could be had: {reason}.")
    work.hide(found.id)
    work.hide(found.access)
    work.hide(found.refresh)
    return found.id


def _not_made(work: Work, error: Any) -> Finding:
    identity = work.deployment.identity
    if is_absent(error):
        return failed(
            identity.region,
            "sign-up",
            f"User pool {identity.user_pool_id} does not exist: apply {identity.region}/identity.",
        )
    if is_refused(error, "InvalidPasswordException", "InvalidParameterException", "UserLambdaValidationException"):
        return failed(identity.region, "sign-up", f"The pool refused a new user: {explain(error)}.")
    return unknown(identity.region, "sign-up", f"No user could be made: {explain(error)}.")
