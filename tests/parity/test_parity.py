"""Differences between environments and regions: declared ones pass, all others fail with both places."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from meridian.cli import main
from tests.change.world import LOCK, change, commit, generate, released, report, write

Rows = dict[str, dict[str, Any]]


def parity(root: Path, *, code: int) -> tuple[Rows, Rows]:
    """Run the command; return undeclared and intended differences by `subject: first, second`."""
    generate(root)
    assert main(["parity", "--root", str(root)]) == code
    kept = report(root, "parity")
    assert kept["exit_code"] == code
    return by_name(kept["undeclared"]), by_name(kept["intended"])


def by_name(rows: list[dict[str, Any]]) -> Rows:
    """Return the rows of a report by subject and sides."""
    return {f"{row['subject']}: {row['first']['where']}, {row['second']['where']}": row for row in rows}


def test_what_design_and_reasons_explain_is_intended(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    undeclared, intended = parity(root, code=0)
    assert undeclared == {}
    assert {name: row["why"] for name, row in intended.items()} == {
        "account_id: dev, staging": "by design: each environment has its own",
        "regions: dev, staging": "by design: each environment has its own",
        "store.name: dev, staging": "by design: name, account or primary region",
        "web.name: dev, staging": "by design: name, account or primary region",
        "account_id: staging, prod": "by design: each environment has its own",
        "protected: staging, prod": "by design: each environment has its own",
        "regions: staging, prod": "by design: each environment has its own",
        "store.deletion_protection: staging, prod": "by design: prod is protected",
        "store.name: staging, prod": "by design: name, account or primary region",
        "web.name: staging, prod": "by design: name, account or primary region",
        "web.size.small: staging, staging/eu-west-1": "reason: Half of the load is here",
    }
    out = capsys.readouterr().out
    assert (
        "PASS  web.size.small  staging 1 (live/inventory.yaml:5), staging/eu-west-1 2 (live/inventory.yaml:21): "
        "reason: Half of the load is here\n"
    ) in out
    assert out.endswith("\n\n11 differences intended, 0 undeclared\n")


def test_a_setting_of_a_whole_environment_fails_with_both_places(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(root, "live/inventory.yaml", "    protected: true\n", "    protected: true\n    size: {large: 9}\n")
    undeclared, _ = parity(root, code=1)
    assert list(undeclared) == ["web.size.large: staging, prod"]
    assert (
        "FAIL  web.size.large  staging not set (web 1.0.0: modules/web/variables.tf), "
        "prod 9 (live/inventory.yaml:27): set for a whole environment without a reason"
    ) in capsys.readouterr().out


def test_one_reason_does_not_speak_for_two_environments(root: Path) -> None:
    """Both set it: each needs a reason."""
    change(root, "live/inventory.yaml", '"100000000002"\n', '"100000000002"\n    size: {large: 5}\n')
    mine = "    protected: true\n    size: {large: 9}\n    reason: Customers are there\n"
    change(root, "live/inventory.yaml", "    protected: true\n", mine)
    undeclared, _ = parity(root, code=1)
    assert sorted(undeclared) == ["web.size.large: dev, staging", "web.size.large: staging, prod"]
    change(
        root, "live/inventory.yaml", "    size: {large: 5}\n", "    size: {large: 5}\n    reason: Load tests run here\n"
    )
    _, intended = parity(root, code=0)
    why = "reason: Load tests run here; reason: Customers are there"
    assert intended["web.size.large: staging, prod"]["why"] == why


def test_an_environment_behind_is_intended_and_one_that_leads_is_not(root: Path) -> None:
    change(root, "modules/web/main.tf", "function_name", "name")
    commit(root, "feat: another")
    _, intended = parity(root, code=0)
    row = intended["web version: dev, staging"]
    assert (row["first"]["value"], row["why"]) == (
        "working tree (unreleased changes)",
        "promotion order: not promoted yet",
    )
    released(root, "web", "1.1.0")
    change(root, "live/inventory.yaml", "web: 1.0.0\n", "web: 1.1.0\n")
    undeclared, intended = parity(root, code=1)
    assert undeclared["web version: staging, prod"]["why"] == "prod leads staging, which runs first"
    assert undeclared["web version: staging, prod"]["second"]["place"] == "live/inventory.yaml:30"
    assert "web version: dev, staging" in intended


def test_a_module_that_is_not_there_yet_is_intended_and_one_too_early_is_not(root: Path) -> None:
    change(root, "live/inventory.yaml", "      web: 1.0.0\n", "")
    gone = "s3://demo-{0}-state-{1}/live/{0}/*/web: '2026-01-31'"
    change(
        root,
        "live/inventory.yaml",
        "defaults:",
        f"retired_states: {{{gone.format('staging', 100000000002)}, {gone.format('prod', 100000000003)}}}\ndefaults:",
    )
    _, intended = parity(root, code=0)
    assert intended["web version: staging, prod"]["second"]["value"] == "not there"
    change(root, "live/inventory.yaml", '      store: "1.0.0" # quoted\n', "      store: 1.0.0\n      web: 1.0.0\n")
    change(root, "live/inventory.yaml", "{store: 1.0.0, web: 1.0.0}", "{store: 1.0.0}")
    change(root, "live/inventory.yaml", '\n        size: {small: 2}\n        reason: "Half of the load is here"', " {}")
    undeclared, _ = parity(root, code=1)
    assert list(undeclared) == ["web version: staging, prod"]


def test_inputs_of_another_version_are_by_design(root: Path) -> None:
    change(root, "modules/web/unit.yaml", "  name: {environment: prefix}\n", "  name: {environment: primary_region}\n")
    change(root, "modules/web/unit.yaml", "size: {setting: size}", "size: {setting: size, protected: {large: 3}}")
    change(
        root,
        "modules/web/variables.tf",
        'variable "store"',
        'variable "extra" {\n  default = "x"\n}\n\nvariable "store"',
    )
    change(root, "modules/web/unit.yaml", "  store:", "  extra: {inventory: project}\n  store:")
    commit(root, "feat: more")
    _, intended = parity(root, code=0)
    assert intended["web.extra: dev, staging"]["why"] == "by design: another version of the module"
    assert intended["web.name: dev, staging"]["why"] == "by design: another version of the module"


def test_nested_inputs_of_a_module_in_the_primary_region_have_their_lines(root: Path) -> None:
    """A region's setting for another module does not touch it."""
    rules = "rules: {limit: {setting: limit, protected: 9}, of: {environment: name}}"
    write(root, "modules/alarm/unit.yaml", f"placement: primary_region\ninputs:\n  {rules}\n")
    write(
        root, "modules/alarm/variables.tf", 'variable "rules" {\n  type = object({ limit = number, of = string })\n}\n'
    )
    write(root, "modules/alarm/outputs.tf", "")
    commit(root, "feat: alarms")
    released(root, "alarm", "1.0.0")
    change(root, "live/inventory.yaml", "  size: {small: 1}\n", "  size: {small: 1}\n  limit: 3\n")
    change(root, "live/inventory.yaml", "{store: 1.0.0, web: 1.0.0}", "{store: 1.0.0, web: 1.0.0, alarm: 1.0.0}")
    change(root, "live/inventory.yaml", "      web: 1.0.0\n", "      web: 1.0.0\n      alarm: 1.0.0\n")
    _, intended = parity(root, code=0)
    assert intended["alarm.rules.limit: staging, prod"]["why"] == "by design: prod is protected"
    assert intended["alarm.rules.limit: staging, prod"]["first"]["place"] == "live/inventory.yaml:6"
    assert intended["alarm.rules.limit: staging, prod"]["second"]["place"] == "alarm 1.0.0: modules/alarm/unit.yaml"
    assert intended["alarm.rules.of: dev, staging"]["first"]["place"] == "live/inventory.yaml:9"


def test_a_live_folder_that_is_not_current_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edited = root / "live/prod/us-east-1/web/terragrunt.hcl"
    edited.write_text(edited.read_text().replace("demo-prod", "demo-mine"))
    assert main(["parity", "--root", str(root)]) == 2
    assert "live/prod/us-east-1/web/terragrunt.hcl (stale)" in capsys.readouterr().err
    assert report(root, "parity")["exit_code"] == 2


def test_a_retiring_region_is_no_difference(root: Path) -> None:
    """Its deletion protection is lifted by design."""
    change(root, "live/inventory.yaml", '"100000000002"\n', '"100000000002"\n    protected: true\n')
    change(root, "live/inventory.yaml", "size: {small: 2}\n", "size: {small: 2}\n        retiring: true\n")
    undeclared, intended = parity(root, code=0)
    assert undeclared == {}
    assert [name for name in intended if "staging/eu-west-1" in name] == ["web.size.small: staging, staging/eu-west-1"]


@pytest.mark.parametrize(
    ("environment", "text", "code", "why"),
    [
        ("dev", LOCK.format(version="5.10.0"), 0, "promotion order: not promoted yet"),
        ("staging", LOCK.format(version="5.10.0"), 1, "staging leads dev, which runs first"),
        ("staging", LOCK.format(version="4.0.0"), 0, "promotion order: not promoted yet"),
        ("staging", LOCK.format(version="5.0.0") + "# more\n", 1, "the same versions with other hashes"),
        ("staging", None, 1, "a lock file is missing"),
    ],
)
def test_the_provider_lock_is_promoted_too(root: Path, environment: str, text: str | None, code: int, why: str) -> None:
    """Prod is given staging's, so that only one pair differs."""
    for name in (environment, "prod") if environment == "staging" else (environment,):
        if text is None:
            (root / f"live/{name}/.terraform.lock.hcl").unlink()
        else:
            write(root, f"live/{name}/.terraform.lock.hcl", text)
    undeclared, intended = parity(root, code=code)
    row = (undeclared if code else intended)["provider lock: dev, staging"]
    assert row["why"].startswith(why)


def test_where_units_say_that_a_module_is_off_is_intended(root: Path) -> None:
    """`web` stays pinned in staging, and has no unit there."""
    change(root, "live/inventory.yaml", "    versions: {store", "    units: {web: false}\n    versions: {store")
    commit(root, "feat: no web")
    change(root, "live/inventory.yaml", "defaults:", "retired_states:\n  RETIRED\ndefaults:")
    entry = f'"s3://demo-staging-state-100000000002/live/staging/*/web": "{datetime.now(UTC).date().isoformat()}"'
    change(root, "live/inventory.yaml", "RETIRED", entry)
    undeclared, intended = parity(root, code=0)
    assert undeclared == {}
    row = intended["web regions: dev, staging"]
    assert (row["first"]["value"], row["second"]["value"]) == ("us-east-1", "none")
    assert row["second"]["place"] == "live/inventory.yaml:19"
    assert not [name for name in intended if name.startswith("web.size")]
