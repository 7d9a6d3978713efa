"""The account that a command works on: the local AWS or a real one, never a mixture."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from meridian import git, tools
from meridian.engines import LOCAL_LOCK, LOCK_VARIABLE, OPENTOFU, Engine, read_locked
from meridian.errors import CouldNotTell, UserError
from meridian.inventory.model import Environment
from meridian.paths import PROVIDER_LOCK

if TYPE_CHECKING:
    import boto3

Kind = Literal["local", "aws"]
KINDS: tuple[Kind, ...] = ("local", "aws")
# Matches the whole URL: no parser can read another part as the host.
LOOPBACK = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?/?")
# The SDKs' variables, and those of Terraform's S3 backend and AWS provider.
ENDPOINT_OVERRIDE = re.compile(r"AWS_ENDPOINT_URL.*|(TF_)?AWS_(DYNAMODB|IAM|S3|STS)_ENDPOINT")
# These would bring a caller's account, endpoint or credentials into a local run.
FOREIGN = ("AWS_", "TF_AWS_", "TG_AUTH_PROVIDER_CMD", "TG_IAM_ASSUME_ROLE")
STATE_REGION = "MERIDIAN_STATE_REGION"
"""Names for Terragrunt the region of the copy, where a command works on the states there."""
# These change what is run, on any target: inputs, arguments, the state's name, the code, the selected units.
# Terragrunt in strict mode fails on its former TERRAGRUNT_* variables.
STEERING = re.compile(
    r"TF_(VAR_|CLI_ARGS|(WORKSPACE|DATA_DIR)$)"
    r"|TG_(?!(PARALLELISM|AUTH_PROVIDER_CMD)$|PROVIDER_CACHE|IAM_ASSUME_ROLE)"
    r"|TERRAGRUNT_|MERIDIAN_BOOTSTRAP$"
    rf"|{LOCK_VARIABLE}$|{STATE_REGION}$"
)
# The local AWS treats this key as the root of its account and does not check the secret.
LOCAL_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
CREDENTIALS_VARIABLE = "MERIDIAN_LOCAL_CREDENTIALS"
"""Holds `<key>:<secret>:<token>` of a session on the local AWS, to try there what a role may do."""
OF_STATES = ("iam", "kms", "s3", "sts")
"""The services that a run on the copy of the states must not need the primary region for."""
LOCAL_HOSTS = ("127.0.0.1", "localhost", ".localhost")


@dataclass(frozen=True)
class Target:
    """One environment in one place; `endpoint` is set for the local AWS only."""

    kind: Kind
    root: Path
    environment: Environment
    repository: str
    endpoint: str | None = None
    role: str = ""
    """The ARN of a role that the session assumes; empty for the caller's own rights. Child processes keep these."""

    def __post_init__(self) -> None:
        if self.kind == "local":
            require_loopback(self.endpoint or "")
        elif self.endpoint is not None:
            raise UserError("The aws target accepts no endpoint.", "Use --target local for one on this machine.")

    @property
    def title(self) -> str:
        """One line that names the account, the regions and the endpoint of a command."""
        where = f"local AWS at {self.endpoint}" if self.kind == "local" else "real AWS"
        return f"{target_heading(self.environment, self.kind)} ({where})"

    @property
    def arguments(self) -> str:
        """The arguments that choose this target in a command, e.g. `dev --target local`."""
        copy = f" --state-region {self.environment.state_region}" if self.environment.reads_copy else ""
        return f"{self.environment.name} --target {self.kind}{copy}"

    @property
    def work_dir(self) -> Path:
        """The folder of this target's downloads and plans; local and real never share one.

        A saved plan and an initialised folder name their state bucket, so a run on the copy has folders of its own.
        """
        folder = self.root / "out" / self.kind / self.environment.name
        return folder / "copy" if self.environment.reads_copy else folder

    @property
    def download_dir(self) -> Path:
        """The folder in which Terragrunt works: an engine cannot go on in a folder that the other one initialised."""
        return self.work_dir / ("cache-opentofu" if self.engine is OPENTOFU else "cache")

    @property
    def engine(self) -> Engine:
        """The inventory's engine; on the local AWS OpenTofu instead of a Terraform that is not set up."""
        chosen = self.environment.engine
        stands_in = self.kind == "local" and not tools.is_set_up(chosen.program) and tools.is_set_up(OPENTOFU.program)
        return OPENTOFU if stands_in else chosen

    def environ(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the whole environment of a child process that works on this target."""
        caller = os.environ if base is None else base
        dropped = dropped_variables(self.kind, caller)
        variables = {name: value for name, value in caller.items() if name not in dropped}
        return variables | self.variables(variables)

    def variables(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return only what this target sets, as `meridian env` prints it."""
        local = self.kind == "local"
        ours = tools.variables(base, self.engine, local=local) | {
            "MERIDIAN_TARGET": self.kind,
            "TG_DOWNLOAD_DIR": str(self.download_dir),
        }
        if self.environment.reads_copy:
            ours[STATE_REGION] = self.environment.state_region
        ours |= _pinned_sources_from(self.root, self.repository, base)
        if self.engine is not self.environment.engine:
            ours["TG_TF_PATH"] = str(tools.path(self.engine.program))
        if local:
            ours |= self._local_lock()
            ours |= local_credentials() | {
                "AWS_ENDPOINT_URL": self.endpoint or "",
                "AWS_REGION": self.environment.primary_region,
                # botocore does not read AWS_REGION.
                "AWS_DEFAULT_REGION": self.environment.primary_region,
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_EC2_METADATA_DISABLED": "true",
                "NO_PROXY": _past_proxies(base),
                "no_proxy": _past_proxies(base),
            }
        return ours

    def _local_lock(self) -> dict[str, str]:
        """Return the variable that names the lock file of this machine's copy, if the environment has that version."""
        lock = tools.folder() / LOCAL_LOCK
        committed = self.root / "live" / self.environment.name / PROVIDER_LOCK
        if self.engine is not OPENTOFU or not lock.is_file() or not committed.is_file():
            return {}
        versions = [list(read_locked(path.read_text(encoding="utf-8")).values()) for path in (lock, committed)]
        return {LOCK_VARIABLE: str(lock)} if versions[0] == versions[1] else {}

    @cached_property
    def session(self) -> "boto3.Session":
        """The only boto3 session; a caller's profile never reaches the local AWS.

        Raises CouldNotTell if its role is refused.
        """
        return self._session(self._role_credentials() if self.role else {})

    def _role_credentials(self) -> dict[str, str]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            sts = replace(self, role="").client("sts")
            found = sts.assume_role(RoleArn=self.role, RoleSessionName="verify")["Credentials"]
        except (BotoCoreError, ClientError) as error:
            raise CouldNotTell(
                f"{self.environment.name}: {self.role} cannot be assumed: {error}",
                "Its trust policy has to name the role that you have: `aws sts get-caller-identity`.",
            ) from error
        return {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }

    def _session(self, credentials: dict[str, str]) -> "boto3.Session":
        import boto3
        import botocore.session

        if self.kind == "aws":
            return boto3.Session(**credentials)  # type: ignore[arg-type]
        isolated: dict[str, Any] = {
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
            "ca_bundle": (None, None, None, None),
        }
        ours = {name.lower(): value for name, value in local_credentials().items()}
        return boto3.Session(
            **(credentials or ours),
            botocore_session=botocore.session.Session(session_vars=isolated),
        )

    def client(self, service: Any, region: str | None = None) -> Any:
        """Return a boto3 client of this target for a service in a region.

        By default the region is the primary one, and for OF_STATES the one of the states.
        """
        from botocore.config import Config

        environment = self.environment
        config = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 3})
        if self.kind == "local":
            ours = Config(
                proxies={}, s3={"addressing_style": "path"}, use_fips_endpoint=False, use_dualstack_endpoint=False
            )
            config = config.merge(ours)
        return self.session.client(
            service,
            region_name=region or (environment.state_region if service in OF_STATES else environment.primary_region),
            endpoint_url=self.endpoint,
            config=config,
        )

    def require_account(self) -> None:
        """Raise unless the credentials belong to the environment's account.

        Raises CouldNotTell without usable credentials, UserError for another account.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            found = self.client("sts").get_caller_identity()["Account"]
        except (BotoCoreError, ClientError) as error:
            raise CouldNotTell(
                f"{self.environment.name}: AWS did not identify the caller: {error}",
                "Sign in, e.g. `aws sso login`, or use --target local after `meridian up`.",
            ) from error
        if found != self.environment.account_id:
            raise UserError(
                f"{self.environment.name}: the credentials belong to account {found}, "
                f"the inventory names {self.environment.account_id}.",
                "Choose the profile of that account with AWS_PROFILE.",
            )


def local_credentials() -> dict[str, str]:
    """Return the variables of the credentials for the local AWS: the session of CREDENTIALS_VARIABLE, or root's key.

    Raises UserError if that variable does not hold three parts.
    """
    given = os.environ.get(CREDENTIALS_VARIABLE)
    if not given:
        return LOCAL_CREDENTIALS
    parts = given.split(":")
    if len(parts) != 3 or not all(parts):
        raise UserError(
            f"{CREDENTIALS_VARIABLE} is not <key>:<secret>:<token>.", f"Run `unset {CREDENTIALS_VARIABLE}`."
        )
    return dict(zip((*LOCAL_CREDENTIALS, "AWS_SESSION_TOKEN"), parts, strict=True))


def target_heading(environment: Environment, kind: Kind) -> str:
    """Return the first words of every command's first line: account, regions, target."""
    return f"{environment.name}: account {environment.account_id}, {', '.join(environment.region_names)}, target {kind}"


def dropped_variables(kind: Kind, environ: Mapping[str, str]) -> set[str]:
    """Return the names of the caller's variables that must not reach a run on a target."""
    return {
        name
        for name in environ
        if STEERING.match(name) or name in git.FOREIGN or (kind == "local" and name.startswith(FOREIGN))
    }


def require_loopback(endpoint: str) -> None:
    """Raise UserError unless `endpoint` is the URL of a port on this machine, without a path."""
    if not LOOPBACK.fullmatch(endpoint):
        raise UserError(
            f"The local target's endpoint {endpoint!r} is not on this machine.",
            "Use a loopback address, e.g. http://127.0.0.1:4566; `meridian up` chooses one.",
        )


def require_no_override(environ: Mapping[str, str]) -> None:
    """Raise UserError if a variable or the profile sends real AWS calls to another endpoint."""
    names = sorted(k for k, v in environ.items() if v and ENDPOINT_OVERRIDE.fullmatch(k))
    if names:
        raise UserError(
            f"The aws target refuses an endpoint override: {', '.join(names)} is set.",
            f"Run `unset {' '.join(names)}`, or use --target local.",
        )
    profiles = {environ.get(name) or None for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")} - {None}
    if len(profiles) > 1:
        raise UserError(
            "AWS_PROFILE and AWS_DEFAULT_PROFILE name two profiles: Terraform would use the first, Python the second.",
            "Run `unset AWS_DEFAULT_PROFILE`.",
        )
    import botocore.session
    from botocore.exceptions import BotoCoreError

    session = botocore.session.Session()
    try:
        scoped = session.get_scoped_config()
        services = session.full_config.get("services", {}).get(scoped.get("services", ""), {})
    except BotoCoreError as error:
        raise UserError(f"The AWS configuration cannot be used: {error}", "Check AWS_PROFILE.") from error
    overridden = "endpoint_url" in scoped or any(
        isinstance(section, dict) and "endpoint_url" in section for section in services.values()
    )
    if overridden:
        raise UserError(
            f"The aws target refuses an endpoint override: profile {session.profile or 'default'!r} has endpoint_url.",
            "Choose another profile with AWS_PROFILE, or use --target local.",
        )


def _past_proxies(base: Mapping[str, str]) -> str:
    """Return the hosts that bypass a proxy: the caller's and this machine's; `*` stays alone."""
    callers = f"{base.get('NO_PROXY', '')},{base.get('no_proxy', '')}".split(",")
    hosts = dict.fromkeys(host for host in (*map(str.strip, callers), *LOCAL_HOSTS) if host)
    return "*" if "*" in hosts else ",".join(hosts)


def _pinned_sources_from(root: Path, repository: str, base: Mapping[str, str]) -> dict[str, str]:
    """Return git settings that resolve the repository's own URL from this checkout, so that a private one needs no key.

    A pinned source is a commit, so the content is the same.
    """
    given = base.get("GIT_CONFIG_COUNT", "")
    count = int(given) if given.isdecimal() else 0
    return {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": f"url.file://{root}.insteadOf",
        f"GIT_CONFIG_VALUE_{count}": repository,
    }
