"""What a real account must offer before anything changes: enabled regions, room for reservations, credentials' life."""

import re
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from meridian.console import say
from meridian.errors import CouldNotTell, UserError
from meridian.plans.terragrunt import live_dir
from meridian.targets import Target

RESERVED = re.compile(r"\breserved_concurrency\s*=\s*([0-9]+)")
# Lambda refuses a reservation that leaves less than this to all other functions.
UNRESERVED = 100
SHORT_SECONDS = 900


def check_account(target: Target) -> None:
    """Raise before a plan that AWS would refuse half-way; the local AWS is not asked.

    Raises CouldNotTell for a region that refuses the credentials, UserError for too few concurrent executions. What
    cannot be asked is printed as not checked.
    """
    if target.kind != "aws":
        return
    for region in target.environment.region_names:
        _require_enabled(target, region)
        _require_room(target, region)
    _note_expiry(target)


def _require_enabled(target: Target, region: str) -> None:
    """Ask the region itself who calls, which needs no permission."""
    try:
        target.client("sts", region).get_caller_identity()
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidClientTokenId":
            say(f"   {region}: not checked whether it is enabled: {error}")
            return
        raise CouldNotTell(f"{region} refuses the credentials: {_status(target, region)}") from error
    except BotoCoreError as error:
        say(f"   {region}: not checked whether it is enabled: {error}")


def _status(target: Target, region: str) -> str:
    """Return why a region refuses credentials that another accepts, and what to do."""
    try:
        status = target.client("account").get_region_opt_status(RegionName=region)["RegionOptStatus"]
    except (BotoCoreError, ClientError) as error:
        return f"it is probably not enabled (not checked: {error}). See `aws account list-regions`."
    if status == "ENABLING":
        return "it is being enabled, which takes minutes to hours. Wait, then run the command again."
    if status in {"ENABLED", "ENABLED_BY_DEFAULT"}:
        return "it is enabled, but the session token is one of the global STS endpoint: sign in through a region."
    return f"it is not enabled. Run `aws account enable-region --region-name {region}`, or remove the region."


def _require_room(target: Target, region: str) -> None:
    """Compare what the rendered units reserve with the account's limit in the region."""
    files = (live_dir(target) / region).glob("*/terragrunt.hcl")
    wanted = sum(int(number) for file in files for number in RESERVED.findall(file.read_text(encoding="utf-8")))
    if not wanted:
        return
    try:
        limit = target.client("lambda", region).get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    except (BotoCoreError, ClientError) as error:
        say(f"   {region}: not checked whether {wanted} concurrent executions can be reserved: {error}")
        return
    if limit - UNRESERVED < wanted:
        raise UserError(
            f"{region}: {wanted} concurrent executions cannot be reserved: the account has {limit}, "
            f"and Lambda keeps {UNRESERVED} unreserved.",
            f"Raise the quota: `aws service-quotas request-service-quota-increase --service-code lambda "
            f"--quota-code L-B99A9384 --desired-value 1000 --region {region}`, or lower reserved_concurrency.",
        )


def _note_expiry(target: Target) -> None:
    """Print that the credentials end soon, or that they do not say when they end."""
    credentials: Any = target.session.get_credentials()
    if credentials is None or not credentials.token:
        return
    if not hasattr(credentials, "refresh_needed"):
        say("   not checked: when the session token ends; it does not say (AWS_CREDENTIAL_EXPIRATION is not set)")
    elif credentials.method == "env" and credentials.refresh_needed(SHORT_SECONDS):
        say(f"   note: the credentials end in less than {SHORT_SECONDS // 60} minutes; sign in again first.")
