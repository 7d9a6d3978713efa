"""The caller's environment and profile never lead a command to the other AWS."""

import os
import re
from collections.abc import Iterator

import pytest

from tests.e2e.checkout import Checkout

COMMANDS = ["bootstrap dev", "plan dev", "apply dev", "destroy dev --confirm dev", "verify dev", "env dev"]


@pytest.fixture(autouse=True)
def no_real_work_folder(first: Checkout) -> Iterator[None]:
    """Check after each test that the aws target has no work folder."""
    yield
    assert sorted(path.name for path in (first.root / "out").iterdir() if path.is_dir()) == ["local"]


@pytest.mark.parametrize("command", COMMANDS)
def test_real_aws_is_never_at_the_endpoint_of_the_local_one(first: Checkout, command: str) -> None:
    endpoint = first.target("dev").endpoint or ""
    refused = first.meridian(*command.split(), "--target", "aws", AWS_PROFILE=None, AWS_ENDPOINT_URL=endpoint).expect(2)
    assert "The aws target refuses an endpoint override: AWS_ENDPOINT_URL is set." in refused.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_real_aws_is_never_at_the_endpoint_of_a_profile(first: Checkout, command: str) -> None:
    refused = first.meridian(*command.split(), "--target", "aws").expect(2)
    assert "The aws target refuses an endpoint override: profile 'production' has endpoint_url." in refused.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_missing_credentials_are_exit_3(first: Checkout, command: str) -> None:
    """The default target is aws."""
    done = first.meridian(*command.split(), AWS_PROFILE=None, AWS_CONFIG_FILE=os.devnull).expect(3)
    assert "AWS did not identify the caller" in done.stderr
    assert "target aws (real AWS)" in done.stderr


def test_meridian_env_unsets_the_callers_variables(first: Checkout) -> None:
    """After `meridian env` a shell has no AWS variable but the target's."""
    done = first.shell("dev", "env", AWS_SESSION_TOKEN="of-another-account", AWS_CA_BUNDLE="/none")
    found = dict(line.split("=", 1) for line in done.expect(0).stdout.splitlines() if line.startswith("AWS_"))
    assert found == {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": first.target("dev").endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def test_a_local_command_reaches_the_local_aws_past_a_foreign_profile(first: Checkout) -> None:
    """The endpoint of the profile does not exist: a command that used it would fail."""
    done = first.meridian("bootstrap", "dev", "--dry-run", "--target", "local").expect(0)
    assert "Nothing to change" in done.stdout


def test_the_readme_applies_with_plain_terragrunt(first: Checkout) -> None:
    """The two lines of the README, the second as it stands there."""
    readme = (first.root / "README.md").read_text(encoding="utf-8")
    assert '$ eval "$(.venv/bin/meridian env dev --target local)"' in readme
    (line,) = re.findall(r"\$ (cd live/dev && terragrunt run --all apply)\n", readme)
    done = first.shell("dev", line).expect(0)
    assert "Apply complete! Resources: 0 added, 0 changed, 0 destroyed." in done.stdout + done.stderr
