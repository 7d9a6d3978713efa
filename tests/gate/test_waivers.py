"""Waivers: mistakes that the file may have, and findings that a good one accepts, place by place."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.gate import waivers
from meridian.gate.finding import Finding, Place, Severity
from meridian.gate.waivers import Sorted, Waiver, sort_findings
from tests.conftest import ROOT

Names = Sequence[str] | None
TODAY = date(2026, 11, 23)
KNOWN = {"CKV_AWS_117", "CKV_AWS_119", "CKV_MRD_001"}
GOOD = """\
accepted:
  - check: CKV_AWS_119
    env: dev
    region: eu-west-1
    unit: data
    reason: The key comes next week
    owner: platform
    expires: "2026-12-31"
"""


def load(root: Path, text: str) -> list[Waiver]:
    """Load a waivers file in a repository that has the module data and one record."""
    for name in ("modules/data/unit.yaml", "docs/adr/0001-a.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    file = root / "waivers.yaml"
    file.write_text(text, encoding="utf-8")
    return waivers.read_waivers(file, KNOWN, root, TODAY)


def finding(check: str = "CKV_AWS_119", *places: Place, module: str = "data") -> Finding:
    """Return a finding."""
    return Finding(check, "t", Severity.HIGH, "what", "why", "fix", "modules/data/main.tf", 3, module, places)


WEST, EAST = (Place("dev", region, "data", "aws_dynamodb_table.x") for region in ("eu-west-1", "us-east-1"))


def sort(
    folder: Path, text: str, *findings: Finding, today: date = TODAY, scanned: Sequence[str] | None = ()
) -> Sorted:
    """Return the findings sorted by the waivers of a file, after a scan of the plans of some environments."""
    return sort_findings(findings, load(folder, text), today, environments=scanned)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("check: CKV_AWS_119", "check: CKV_AWS_118", "'CKV_AWS_118' is not a check of this gate. Did you mean"),
        ("    owner: platform\n", "", "'owner' is missing."),
        ("    owner: platform\n", "    owner: ''\n", "'' must be a non-empty string."),
        ("The key comes next week", "later", "is not a reason"),
        ("2026-12-31", "31.12.2026", "is not a date"),
        ("2026-12-31", "2027-12-31", "is more than a year ahead"),
        ("    env: dev\n    region: eu-west-1\n    unit: data\n", "", "matches everything"),
        ("env: dev", "env: '[!x]*'", "matches everything"),
        ("unit: data", "unit: '*'", "matches everything in dev"),
        ("env: dev", "module: data\n    env: dev", "names a module or a file (findings in code) and a unit"),
        ("env: dev\n    region: eu-west-1\n    unit: data", "module: dtaa", "there is no module 'dtaa'"),
        ("owner:", "ownr:", "there is no such key. Did you mean 'owner'?"),
        ("accepted:", "acepted:", "there is no such key here. Did you mean 'accepted'?"),
        ("accepted:", "accepted: {}\nnot_applicable:", "must be a list"),
    ],
)
def test_refuses_a_wrong_waiver(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(UserError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert says in caught.value.message
    assert all(line.startswith("scripts/policies/waivers.yaml:") for line in caught.value.message.split("\n"))


FACT = """\
not_applicable:
  - check: CKV_AWS_119
    module: data
    resource: aws_dynamodb_table.x
    reason: It is not so here
    adr: docs/adr/0001-a.md
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("module: data", "module: dtaa", "there is no module 'dtaa'"),
        ("    module: data\n", "", "module: is missing"),
        ("0001-a.md", "0002-b.md", "is not the file of an ADR"),
        ("docs/adr/0001-a.md", "../../etc/passwd", "is not the file of an ADR"),
    ],
)
def test_refuses_a_fact_without_its_module_or_record(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        load(tmp_path, FACT.replace(old, new, 1))


def test_accepts_one_region_and_counts_the_other(tmp_path: Path) -> None:
    result = sort(tmp_path, GOOD, finding("CKV_AWS_119", WEST, EAST))
    assert [one.places for one in result.counting] == [(EAST,)]
    assert [one.places for one in result.accepted] == [(WEST,)]
    assert result.accepted[0].waiver.startswith("accepted by platform until 2026-12-31, 38 days left:")


def test_a_waiver_of_plans_does_not_accept_findings_in_code(tmp_path: Path) -> None:
    assert len(sort(tmp_path, GOOD, finding("CKV_AWS_119", Place())).counting) == 1


@pytest.mark.parametrize("check", ["CKV_AWS_11", "CKV_AWS_1190", "ckv_aws_119"])
def test_a_waiver_does_not_accept_another_check(tmp_path: Path, check: str) -> None:
    assert [one.check for one in sort(tmp_path, GOOD, finding(check, WEST)).counting] == [check]


def test_an_expired_waiver_accepts_nothing_and_is_a_finding(tmp_path: Path) -> None:
    result = sort(tmp_path, GOOD, finding("CKV_AWS_119", WEST), today=date(2027, 1, 1))
    assert [(one.check, one.line) for one in result.counting] == [("CKV_AWS_119", 3), ("MRD_WAIVER_001", 2)]
    assert sort(tmp_path, GOOD, finding("CKV_AWS_119", WEST), today=date(2026, 12, 31)).counting == []


@pytest.mark.parametrize(
    ("environments", "reported"), [(["dev"], ["MRD_WAIVER_002"]), (["prod"], []), ([], []), (None, [])]
)
def test_an_unused_waiver_is_a_finding_if_its_environment_was_scanned(
    tmp_path: Path, environments: Names, reported: list[str]
) -> None:
    assert [one.check for one in sort(tmp_path, GOOD, scanned=environments).counting] == reported


def test_a_fact_covers_its_resource_in_every_environment_and_no_other(tmp_path: Path) -> None:
    other = Place("dev", "eu-west-1", "data", "aws_dynamodb_table.y")
    indexed = replace(EAST, resource="aws_dynamodb_table.x[0]")
    result = sort(tmp_path, FACT, finding("CKV_AWS_119", WEST, indexed, other))
    assert [one.places for one in result.not_applicable] == [(WEST, indexed)]
    assert [one.places for one in result.counting] == [(other,)]
    assert len(sort(tmp_path, FACT, finding("CKV_AWS_119", WEST, module="compute")).counting) == 1


def test_a_fact_about_a_resource_does_not_cover_a_finding_without_one(tmp_path: Path) -> None:
    result = sort(tmp_path, FACT, finding())
    assert (len(result.counting), result.not_applicable) == (1, [])
    whole = FACT.replace("    resource: aws_dynamodb_table.x\n", "")
    assert len(sort(tmp_path, whole, finding()).not_applicable) == 1


def test_a_fact_can_be_about_every_module(tmp_path: Path) -> None:
    """But not about files, and an owner accepts findings in one module only."""
    every = FACT.replace("module: data", 'module: "*"')
    places = finding("CKV_AWS_119", WEST, module="compute"), finding("CKV_AWS_119", WEST)
    assert len(sort(tmp_path, every, *places).not_applicable) == 2
    assert len(sort(tmp_path, every, finding("CKV_AWS_117", WEST)).counting) == 1
    with pytest.raises(UserError, match="there is no module"):
        load(tmp_path, GOOD.replace("env: dev\n    region: eu-west-1\n    unit: data", 'module: "*"'))


FILES = """\
not_applicable:
  - {check: RUFF_S602, file: scripts/tools/*, reason: It is not so here, adr: docs/adr/0001-a.md}
accepted:
  - {check: SC2086, file: .ci/run, reason: It is known and fine, owner: me, expires: "2026-12-31"}
"""


def of_file(check: str, file: str) -> Finding:
    """Return a finding of a hygiene tool."""
    return replace(finding(check, module=""), file=file)


def test_waives_findings_in_files_by_file(tmp_path: Path) -> None:
    counting = [of_file("RUFF_S602", "scripts/meridian/a.py"), of_file("SC2086", "run"), of_file("SC2154", ".ci/run")]
    fact, accepted = of_file("RUFF_S602", "scripts/tools/a.py"), of_file("SC2086", ".ci/run")
    result = sort(tmp_path, FILES, fact, accepted, *counting)
    assert (result.not_applicable, result.accepted, result.counting) == ([fact], [accepted], counting)
    assert [one.check for one in sort(tmp_path, FILES).counting] == ["MRD_WAIVER_002"]


def test_a_rule_over_text_is_waived_by_file(tmp_path: Path) -> None:
    text = FILES.replace("SC2086", "MRD_TEXT_002").replace(".ci/run", "modules/data/functions/src/*")
    own, other = (of_file("MRD_TEXT_002", f"modules/{module}/functions/src/a.mjs") for module in ("data", "compute"))
    result = sort(tmp_path, text, own, other)
    assert (result.accepted, result.counting) == ([own], [other])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("file: .ci/run", 'file: "**/*"', "'**/*' matches files everywhere: name a file, or begin with a folder."),
        ("file: .ci/run", 'file: "[a-z]*"', "'[a-z]*' matches files everywhere"),
        ("RUFF_S602", "CKV_AWS_119", "CKV_AWS_119 checks modules and plans: name a module or a unit."),
        ("SC2086", "SC20", "'SC20' is not a check of this gate."),
        ("file: .ci/run", "file: .ci/run, module: data", "names a module or a file"),
    ],
)
def test_refuses_a_wrong_waiver_of_a_file(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, FILES.replace(old, new, 1))
    assert says in caught.value.message


def committed() -> list[Waiver]:
    """Return the waivers of this repository; the scan itself compares the names of their checks with Checkov's."""
    file = ROOT / waivers.FILE
    checks = {line.split()[-1] for line in file.read_text().splitlines() if "check:" in line}
    return waivers.read_waivers(file, checks, ROOT, TODAY)


def test_the_committed_file_is_sound() -> None:
    assert committed()
