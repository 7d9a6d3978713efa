"""The caller's environment never leads a run to another account, endpoint, repository or state."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from meridian.deploy.shell import exports
from meridian.errors import CouldNotTell, Exit, UserError
from meridian.targets import CREDENTIALS_VARIABLE, Kind, Target, require_loopback, require_no_override
from tests.local.conftest import ACCOUNT, REPOSITORY, environment

CONFIG = """
[default]
region = us-east-1
[profile prod]
region = us-east-1
aws_access_key_id = AKIAPRODPRODPRODPROD
aws_secret_access_key = prod-secret
[profile bent]
endpoint_url = http://127.0.0.1:1
[profile bent-service]
services = mine
[services mine]
s3 =
  endpoint_url = http://127.0.0.1:1
[services unused]
s3 =
  endpoint_url = http://127.0.0.1:1
"""
HOSTILE = {
    "TF_VAR_name": "not-from-the-inventory",
    "TF_WORKSPACE": "another-state",
    "TG_FILTER": "./us-east-1/*",
    "AWS_PROFILE": "prod",
    "AWS_ACCESS_KEY_ID": "AKIAPRODPRODPRODPROD",
    "AWS_SECRET_ACCESS_KEY": "prod-secret",
    "AWS_SESSION_TOKEN": "prod-token",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
    "AWS_CA_BUNDLE": "/nonexistent.pem",
    "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/prod",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "TF_AWS_S3_ENDPOINT": "http://127.0.0.1:1",
    "TG_AUTH_PROVIDER_CMD": "real-credentials",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "ALL_PROXY": "http://127.0.0.1:1",
    "GIT_DIR": "/nonexistent/.git",
    "GIT_WORK_TREE": "/nonexistent",
    "TERRAGRUNT_DOWNLOAD": "/nonexistent",
}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an AWS configuration file that is in force."""
    path = tmp_path / "config"
    path.write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    return path


@pytest.fixture
def hostile(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a real profile, keys, endpoints and proxies into the environment."""
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)


def aws(root: Path, **changes: Any) -> Target:
    """Return a real target."""
    return Target("aws", root, environment(**changes), REPOSITORY)


@pytest.mark.usefixtures("hostile")
def test_local_clients_ignore_the_callers_account(patched: Target) -> None:
    """Clients keep endpoint and root key in spite of profile, variables and proxies."""
    target = Target("local", patched.root, patched.environment, REPOSITORY, patched.endpoint)
    target.require_account()
    for service in ("sts", "s3", "dynamodb", "kms"):
        client = target.client(service)
        assert client.meta.endpoint_url == patched.endpoint
        credentials = client._request_signer._credentials
        assert (credentials.access_key, credentials.token) == ("test", None)
    assert target.client("s3").list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_local_run_can_have_the_rights_of_a_session(patched: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target("local", patched.root, patched.environment, REPOSITORY, patched.endpoint)
    monkeypatch.setenv(CREDENTIALS_VARIABLE, "key:secret:token")
    child = target.environ()
    assert [child[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")] == [
        *("key", "secret", "token")
    ]
    found = target.session.get_credentials()
    assert found is not None
    assert (found.access_key, found.token) == ("key", "token")


@pytest.mark.parametrize("given", ["key", "key:secret", "key::token", "a:b:c:d"])
def test_a_session_without_all_its_parts_is_refused(
    given: str, patched: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CREDENTIALS_VARIABLE, given)
    with pytest.raises(UserError, match="is not <key>:<secret>:<token>"):
        patched.environ()


def test_a_role_that_cannot_be_assumed_is_exit_3(patched: Target) -> None:
    target = Target("local", patched.root, patched.environment, REPOSITORY, patched.endpoint, "arn:aws:iam::1:role/x")
    with pytest.raises(CouldNotTell, match="role/x cannot be assumed"):
        target.client("s3")


@pytest.mark.usefixtures("hostile")
def test_a_child_of_a_local_run_has_only_the_targets_aws_variables(patched: Target) -> None:
    """Terraform never sees a real profile, key, role or endpoint."""
    child = patched.environ()
    ours = patched.variables({})
    assert {name: child[name] for name in child if "AWS_" in name} == {n: v for n, v in ours.items() if "AWS_" in n}
    assert child["AWS_ENDPOINT_URL"] == patched.endpoint
    assert child["AWS_CONFIG_FILE"] == child["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert child["AWS_REGION"] == child["AWS_DEFAULT_REGION"] == "us-east-1"
    assert (
        not {"TF_VAR_name", "TG_AUTH_PROVIDER_CMD", "TG_IAM_ASSUME_ROLE", "AWS_SESSION_TOKEN", "AWS_PROFILE"}
        & child.keys()
    )
    assert "127.0.0.1" in child["NO_PROXY"]
    assert child["NO_PROXY"] == child["no_proxy"]


@pytest.mark.parametrize(
    ("callers", "expected"),
    [
        ({}, "127.0.0.1,localhost,.localhost"),
        ({"NO_PROXY": "a, localhost", "no_proxy": "b,a,"}, "a,localhost,b,127.0.0.1,.localhost"),
        ({"no_proxy": "a,*"}, "*"),
    ],
)
def test_the_callers_no_proxy_is_kept(callers: dict[str, str], expected: str, patched: Target) -> None:
    child = patched.environ(callers)
    assert (child["NO_PROXY"], child["no_proxy"]) == (expected, expected)


@pytest.mark.parametrize("kind", ["local", "aws"])
def test_the_callers_variables_never_change_what_is_run(kind: Kind, patched: Target, tmp_path: Path) -> None:
    """A workspace is another state, a filter omits units, an argument makes a destroy plan of a plan."""
    target = patched if kind == "local" else aws(tmp_path)
    steering = {
        *("TF_VAR_name", "TF_WORKSPACE", "TF_DATA_DIR", "TF_CLI_ARGS_plan", "TERRAGRUNT_TFPATH", "GIT_DIR"),
        *("GIT_CONFIG_PARAMETERS", "TG_SOURCE", "TG_FILTER", "TG_NO_HOOKS", "TG_WORKING_DIR"),
    }
    helping = {"GIT_SSH_COMMAND", "TG_PARALLELISM", "TG_PROVIDER_CACHE_DIR", "TF_LOG", "TF_PLUGIN_CACHE_DIR"}
    child = target.environ(dict.fromkeys(steering | helping, "x"))
    assert steering & child.keys() == set()
    assert helping <= child.keys()


def test_terragrunts_role_variables_reach_real_aws(tmp_path: Path) -> None:
    """They choose the caller's identity, not what is run."""
    roles = {"TG_AUTH_PROVIDER_CMD": "x", "TG_IAM_ASSUME_ROLE": "x", "TG_IAM_ASSUME_ROLE_DURATION": "900"}
    assert roles.items() <= aws(tmp_path).environ(roles).items()


@pytest.mark.usefixtures("hostile")
def test_the_shell_variables_give_the_same_environment(patched: Target) -> None:
    """`eval "$(meridian env dev --target local)"`, run twice, unsets every foreign variable."""
    script = (
        f"{exports(patched)}\n{exports(patched)}\nexec {sys.executable} -c 'import os; print(*os.environ, sep=chr(10))'"
    )
    names = set(subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.split())
    watched = ("AWS_", "GIT_", "TF_", "TG_", "TERRAGRUNT_")
    assert {name for name in names if name.startswith(watched)} == {
        name for name in patched.environ() if name.startswith(watched)
    }


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://169.254.169.254",
        "http://localhost.evil.com:4566",
        "http://127.0.0.1@evil.com",
        "http://evil.com\\@127.0.0.1:4566",
        "http://127.0.0.1:4566/path",
        "http://127.0.0.1:4566\n",
    ],
)
def test_an_endpoint_that_is_not_plainly_loopback_is_refused(endpoint: str, tmp_path: Path) -> None:
    """State and data would leave the machine, even with local credentials."""
    with pytest.raises(UserError, match="is not on this machine"):
        Target("local", tmp_path, environment(), REPOSITORY, endpoint)


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:4566", "http://localhost:4566", "http://[::1]:1", "https://localhost/"]
)
def test_a_loopback_endpoint_is_accepted(endpoint: str) -> None:
    """The three names of this machine."""
    require_loopback(endpoint)


def test_the_real_target_accepts_no_endpoint(tmp_path: Path) -> None:
    """Not even from code."""
    with pytest.raises(UserError, match="accepts no endpoint"):
        Target("aws", tmp_path, environment(), REPOSITORY, "http://127.0.0.1:4566")


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_IAM_ENDPOINT", "TF_AWS_STS_ENDPOINT"])
def test_the_real_target_refuses_an_endpoint_in_the_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of the SDKs and of Terraform; the hint unsets them."""
    monkeypatch.setenv(name, "http://127.0.0.1:4566")
    with pytest.raises(UserError, match=f"refuses an endpoint override: {name} is set") as caught:
        require_no_override(os.environ)
    assert f"unset {name}" in caught.value.hint


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize(("variable", "profile"), [("AWS_PROFILE", "bent"), ("AWS_DEFAULT_PROFILE", "bent-service")])
def test_the_real_target_refuses_an_endpoint_in_the_profile(
    profile: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For all services, and for one of them in a services section."""
    monkeypatch.setenv(variable, profile)
    with pytest.raises(UserError, match=f"profile '{profile}' has endpoint_url"):
        require_no_override(os.environ)


def test_the_real_target_refuses_an_endpoint_in_the_default_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It applies if no profile is chosen."""
    path = tmp_path / "file"
    path.write_text("[default]\nendpoint_url = http://127.0.0.1:1\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    with pytest.raises(UserError, match="profile 'default' has endpoint_url"):
        require_no_override(os.environ)


@pytest.mark.usefixtures("config")
def test_a_profile_without_endpoint_is_accepted_and_an_unknown_one_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Endpoints of other profiles do not matter."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    require_no_override(os.environ)
    monkeypatch.setenv("AWS_PROFILE", "prod")
    require_no_override(os.environ)
    monkeypatch.setenv("AWS_PROFILE", "unknown")
    with pytest.raises(UserError, match="unknown"):
        require_no_override(os.environ)


@pytest.mark.usefixtures("config")
def test_two_profiles_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python reads AWS_DEFAULT_PROFILE first, Terraform AWS_PROFILE."""
    monkeypatch.setenv("AWS_PROFILE", "prod")
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "prod")
    require_no_override(os.environ)
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "other")
    with pytest.raises(UserError, match="name two profiles"):
        require_no_override(os.environ)


def test_missing_credentials_are_exit_3(tmp_path: Path) -> None:
    """Exit 3, never green."""
    with pytest.raises(CouldNotTell, match="AWS did not identify the caller") as caught:
        aws(tmp_path).require_account()
    assert caught.value.code == Exit.UNKNOWN


def test_credentials_of_another_account_are_refused(patched: Target) -> None:
    """The local AWS answers for STS here."""
    other = aws(patched.root, account="100000000009")
    keys = boto3.Session("test", "test", region_name="us-east-1")
    other.__dict__["client"] = lambda service: keys.client(service, endpoint_url=patched.endpoint)
    with pytest.raises(UserError, match=f"belong to account {ACCOUNT}, the inventory names 100000000009"):
        other.require_account()


def test_local_and_real_share_no_folder(patched: Target) -> None:
    """Otherwise Terraform would offer to migrate the local state into the real bucket."""
    real = aws(patched.root)
    assert real.work_dir != patched.work_dir
    base = {"PATH": "/bin", "AWS_PROFILE": "prod"}
    assert real.environ(base)["TG_DOWNLOAD_DIR"] == str(patched.root / "out/aws/dev/cache")
    assert patched.environ(base)["TG_DOWNLOAD_DIR"] == str(patched.root / "out/local/dev/cache")
    assert real.environ(base)["AWS_PROFILE"] == "prod"
    assert "AWS_ENDPOINT_URL" not in real.environ(base)


def test_pinned_sources_come_from_this_checkout_on_every_target(patched: Target) -> None:
    """So that a private repository needs no key. The caller's own git settings stay."""
    base = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.pager", "GIT_CONFIG_VALUE_0": "cat"}
    once = patched.environ(base)
    assert once["GIT_CONFIG_COUNT"] == "2"
    assert once["GIT_CONFIG_KEY_1"] == f"url.file://{patched.root}.insteadOf"
    assert (once["GIT_CONFIG_KEY_0"], once["GIT_CONFIG_VALUE_1"]) == ("core.pager", REPOSITORY)
    real = aws(patched.root).environ({})
    assert (real["GIT_CONFIG_COUNT"], real["GIT_CONFIG_VALUE_0"]) == ("1", aws(patched.root).repository)
