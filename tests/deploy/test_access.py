"""The roles of pipelines: when the inventory is wrong about the account, what is asked, and what GitHub is told."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from meridian.deploy import access, github_variables
from meridian.deploy.confirm import require_yes
from meridian.deploy.rights import needed_rights
from meridian.errors import CouldNotTell, UserError
from meridian.inventory.model import Environment, Region
from meridian.plans.summary import UnitPlan
from tests.deploy.test_confirm import Terminal

ROLES = {name: f"arn:aws:iam::100000000001:role/greeter-dev.{name}" for name in ("apply", "plan", "verify")}
REPOSITORY = "https://github.com/example-org/meridian.git"


def environment(provider: str | None = "new") -> Environment:
    """Return dev with roles."""
    regions = (Region("us-east-1", {}),)
    return Environment(
        *("dev", "100000000001", "us-east-1", False, None, {}, regions, "aws", "greeter-dev"), oidc_provider=provider
    )


def account(provider: str, *arns: str) -> Any:
    """Return a target whose account has identity providers."""
    listed = {"OpenIDConnectProviderList": [{"Arn": arn} for arn in arns]}
    iam = SimpleNamespace(list_open_id_connect_providers=lambda: listed)
    return SimpleNamespace(environment=environment(provider), client=lambda service: iam)


def plan(*changes: tuple[str, str]) -> list[UnitPlan]:
    """Return the plan of the unit with these changes."""
    return [UnitPlan("us-east-1/access", changes, outputs_change=False, provisional=False, applyable=True)]


GITHUB = f"arn:aws:iam::100000000001:oidc-provider/{access.GITHUB}"
OTHER = "arn:aws:iam::100000000001:oidc-provider/gitlab.example.com"


def test_a_provider_is_made_once() -> None:
    access._require_provider(account("new", OTHER), plan(access.PROVIDER))
    access._require_provider(account("new", GITHUB), plan())
    with pytest.raises(UserError, match="has a provider for") as refused:
        access._require_provider(account("new", GITHUB), plan(access.PROVIDER))
    assert "oidc_provider: existing" in str(refused.value.hint)


def test_a_provider_that_is_used_exists() -> None:
    access._require_provider(account("existing", GITHUB), plan())
    with pytest.raises(UserError, match="has no provider for"):
        access._require_provider(account("existing", OTHER), plan())


def test_without_an_answer_nothing_is_known() -> None:
    from botocore.exceptions import EndpointConnectionError

    def fail() -> None:
        raise EndpointConnectionError(endpoint_url="https://iam.amazonaws.com")

    target: Any = SimpleNamespace(
        environment=environment(), client=lambda service: SimpleNamespace(list_open_id_connect_providers=fail)
    )
    with pytest.raises(CouldNotTell, match="cannot be listed"):
        access._require_provider(target, plan())


def test_only_yes_is_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    require_yes("This changes roles.", given=True)
    monkeypatch.setattr(sys, "stdin", Terminal("yes\n"))
    require_yes("This changes roles.", given=False)
    for typed in ("\n", "y\n", "YES\n"):
        monkeypatch.setattr(sys, "stdin", Terminal(typed))
        with pytest.raises(UserError, match="nothing was done"):
            require_yes("This changes roles.", given=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    with pytest.raises(UserError, match="not a terminal") as refused:
        require_yes("This changes roles.", given=False)
    assert refused.value.hint == "Add --yes."


def fake_gh(folder: Path, monkeypatch: pytest.MonkeyPatch, refuses: str) -> Path:
    """Put a `gh` on PATH that refuses calls with a text and keeps all others, and return the file that has them."""
    kept = folder / "called"
    script = f"#!/bin/sh\ncase \"$*\" in *'{refuses}'*) exit 1;; esac\necho \"$*\" >> '{kept}'\n"
    (folder / "gh").write_text(script)
    (folder / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return kept


def test_the_variables_that_the_workflows_read_are_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = fake_gh(tmp_path, monkeypatch, "nothing")
    assert github_variables.enter_variables(github_variables.variable_commands(environment(), REPOSITORY, ROLES))
    where = "--repo example-org/meridian --body"
    assert kept.read_text().splitlines() == [
        "auth status",
        f"variable set PLAN_ROLE_ARN_DEV {where} {ROLES['plan']}",
        f"variable set PRIMARY_REGION {where} us-east-1",
        f"variable set DEPLOY_ROLE_ARN --env dev {where} {ROLES['apply']}",
        f"variable set VERIFY_ROLE_ARN --env dev {where} {ROLES['verify']}",
    ]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("refuses", "printed"), [("auth status", 4), ("PLAN_ROLE_ARN_DEV", 1), ("--env dev", 2)])
def test_what_gh_does_not_enter_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], refuses: str, printed: int
) -> None:
    """As those of a GitHub environment that does not exist yet."""
    fake_gh(tmp_path, monkeypatch, refuses)
    assert not github_variables.enter_variables(github_variables.variable_commands(environment(), REPOSITORY, ROLES))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Enter these in GitHub:"
    assert len(lines) == 1 + printed


def test_without_roles_fewer_rights_are_needed() -> None:
    without, everything = needed_rights(roles=False), needed_rights(roles=True)
    assert not [right for right in without if right.startswith("iam:")]
    assert set(without) < set(everything)
    assert everything == sorted(everything)
    assert not [right for right in everything if "*" in right]
