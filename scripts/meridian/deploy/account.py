"""What a real account must offer before anything changes: regions, services, concurrency, credentials that last."""

import re
from collections.abc import Collection
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from meridian.aws import AWS_ERRORS, error_code
from meridian.console import say
from meridian.errors import CouldNotTell, UserError
from meridian.plans.terragrunt import live_dir
from meridian.render.plan import UNIT
from meridian.targets import Target

RESERVED = re.compile(r"\breserved_concurrency\s*=\s*([0-9]+)")
# Lambda refuses a reservation that leaves less than this to all other functions.
UNRESERVED = 100
BUILDS_FUNCTION, X86 = 'before_hook "package"', '"x86_64"'
SHORT_SECONDS = 900


def check_account(target: Target, regions: Collection[str] = ()) -> None:
    """Raise before a plan that AWS would refuse half-way; the local AWS is not asked. With `regions` only they are.

    Raises CouldNotTell for a region that refuses the credentials or where API Gateway does not answer, UserError for
    too few concurrent executions. What AWS does not say is printed as not checked.
    """
    if target.kind != "aws":
        return
    for region in regions or target.environment.region_names:
        _require_enabled(target, region)
        _require_http_apis(target, region)
        _require_room(target, region)
    _note_processor(target)
    _note_expiry(target)


def _require_enabled(target: Target, region: str) -> None:
    """Ask the region itself who calls, which needs no permission."""
    try:
        target.client("sts", region).get_caller_identity()
    except ClientError as error:
        if error_code(error) != "InvalidClientTokenId":
            say(f"   {region}: not checked whether it is enabled: {error}")
            return
        raise CouldNotTell(f"{region} refuses the credentials: {_status(target, region)}") from error
    except BotoCoreError as error:
        say(f"   {region}: not checked whether it is enabled: {error}")


def _status(target: Target, region: str) -> str:
    """Return why a region refuses credentials that another accepts, and what to do."""
    try:
        status = target.client("account").get_region_opt_status(RegionName=region)["RegionOptStatus"]
    except AWS_ERRORS as error:
        return f"it is probably not enabled (not checked: {error}). See `aws account list-regions`."
    if status == "ENABLING":
        return "it is being enabled, which takes minutes to hours. Wait, then run the command again."
    if status in {"ENABLED", "ENABLED_BY_DEFAULT"}:
        return "it is enabled, but the session token is one of the global STS endpoint: sign in through a region."
    return f"it is not enabled. Run `aws account enable-region --region-name {region}`, or remove the region."


def _require_http_apis(target: Target, region: str) -> None:
    """Ask for one HTTP API: a region without them has no such endpoint."""
    try:
        target.client("apigatewayv2", region).get_apis(MaxResults="1")
    except EndpointConnectionError as error:
        raise CouldNotTell(
            f"{region}: API Gateway does not answer, so HTTP APIs probably do not exist there: {error}",
            "Check the network and AWS's list of services by region, or remove the region.",
        ) from error
    except AWS_ERRORS as error:
        say(f"   {region}: not checked whether it has HTTP APIs: {error}")


def _require_room(target: Target, region: str) -> None:
    """Compare what the rendered units reserve with what the account has left in the region."""
    wanted = sum(int(number) for text in _units(target, region) for number in RESERVED.findall(text))
    if not wanted:
        return
    functions = target.client("lambda", region)
    try:
        limits = functions.get_account_settings()["AccountLimit"]
        limit, free = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
        ours = 0 if free - wanted >= UNRESERVED else _reserved_by(functions, target.environment.prefix)
    except AWS_ERRORS as error:
        say(f"   {region}: not checked whether {wanted} concurrent executions can be reserved: {error}")
        return
    if free + ours - wanted < UNRESERVED and wanted > ours:
        raise UserError(
            f"{region}: {wanted} concurrent executions cannot be reserved: the account has {limit}, other functions "
            f"reserve {limit - free - ours}, and Lambda keeps {UNRESERVED} unreserved.",
            f"Raise the quota: `aws service-quotas request-service-quota-increase --service-code lambda "
            f"--quota-code L-B99A9384 --desired-value 1000 --region {region}`, or lower reserved_concurrency.",
        )


def _reserved_by(functions: Any, prefix: str) -> int:
    """Return what the functions of the environment reserve now, which an apply does not reserve again."""
    pages = functions.get_paginator("list_functions").paginate()
    names = [one["FunctionName"] for page in pages for one in page["Functions"]]
    ours = [name for name in names if name.startswith(f"{prefix}-")]
    found = (functions.get_function_concurrency(FunctionName=name) for name in ours)
    return sum(one.get("ReservedConcurrentExecutions", 0) for one in found)


def _note_processor(target: Target) -> None:
    """Print that AWS does not say whether a region runs arm64 functions, if there is such a function."""
    names = target.environment.region_names
    if regions := [
        name for name in names if any(BUILDS_FUNCTION in text and X86 not in text for text in _units(target, name))
    ]:
        say(f"   not checked: whether Lambda runs arm64 functions in {', '.join(regions)}; no call of AWS answers that")


def _units(target: Target, region: str) -> list[str]:
    return [file.read_text(encoding="utf-8") for file in (live_dir(target) / region).glob(f"*/{UNIT}")]


def _note_expiry(target: Target) -> None:
    """Print that the credentials end soon, or that they do not say when they end."""
    credentials: Any = target.session.get_credentials()
    if credentials is None or not credentials.token:
        return
    if not hasattr(credentials, "refresh_needed"):
        say("   not checked: when the session token ends; it does not say (AWS_CREDENTIAL_EXPIRATION is not set)")
    elif credentials.method == "env" and credentials.refresh_needed(SHORT_SECONDS):
        say(f"   note: the credentials end in less than {SHORT_SECONDS // 60} minutes; sign in again first.")
