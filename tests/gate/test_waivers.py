"""Waivers: mistakes that the file may have, and findings that a good one accepts, place by place."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.gate import waiver_file, waivers
from meridian.gate.finding import Finding, Place, Severity
from meridian.gate.waivers import Waivers
from tests.conftest import ROOT

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


def load(root: Path, text: str) -> Waivers:
    """Load a waivers file in a repository that has the module data and one record."""
    for name in ("modules/data/unit.yaml", "docs/adr/0001-a.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    file = root / "waivers.yaml"
    file.write_text(text, encoding="utf-8")
    return waiver_file.read_waivers(file, KNOWN, root, TODAY)


def finding(check: str = "CKV_AWS_119", *places: Place, module: str = "data") -> Finding:
    """Return a finding."""
    return Finding(check, "t", Severity.HIGH, "what", "why", "fix", "modules/data/main.tf", 3, module, places)


WEST, EAST = (Place("dev", region, "data", "aws_dynamodb_table.x") for region in ("eu-west-1", "us-east-1"))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("check: CKV_AWS_119", "check: CKV_AWS_118", "'CKV_AWS_118' is not a check of this gate. Did you mean"),
        ("    owner: platform\n", "", "'owner' is missing."),
        ("    owner: platform\n", "    owner: ''\n", "'' must be a non-empty string."),
        ("    reason: The key comes next week\n", "", "'reason' is missing."),
        ("The key comes next week", "later", "is not a reason"),
        ('    expires: "2026-12-31"\n', "", "'expires' is missing."),
        ("2026-12-31", "31.12.2026", "is not a date"),
        ("2026-12-31", "2027-12-31", "is more than a year ahead"),
        ("env: dev", "env: '*'", "matches everything"),
        ("    env: dev\n    region: eu-west-1\n    unit: data\n", "", "matches everything"),
        ("    region: eu-west-1\n    unit: data\n", "", "matches everything in dev"),
        ("unit: data", "unit: '*'", "matches everything in dev"),
        ("unit: data", "unit: '[a-z]*'", "matches everything in dev"),
        ("env: dev", "env: '[!x]*'", "matches everything"),
        ("env: dev", "module: data\n    env: dev", "names a module or a file (findings in code) and a unit"),
        ("owner:", "ownr:", "there is no such key. Did you mean 'owner'?"),
        ("accepted:", "acepted:", "there is no such key here. Did you mean 'accepted'?"),
        ("accepted:", "accepted: {}\nnot_applicable:", "must be a list"),
    ],
)
def test_a_bad_waiver_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(UserError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert says in caught.value.message
    assert all(line.startswith("scripts/policies/waivers.yaml:") for line in caught.value.message.split("\n"))


@pytest.mark.parametrize(
    ("module", "adr", "says"),
    [
        ("dtaa", "docs/adr/0001-a.md", "there is no module 'dtaa'"),
        ("data", "docs/adr/0002-b.md", "is not the file of an ADR"),
        ("data", "../../etc/passwd", "is not the file of an ADR"),
    ],
)
def test_a_fact_names_its_module_and_record(tmp_path: Path, module: str, adr: str, says: str) -> None:
    text = f"not_applicable:\n  - {{check: CKV_AWS_117, module: {module}, reason: It is not so here, adr: {adr}}}\n"
    with pytest.raises(UserError, match=says):
        load(tmp_path, text)


def test_one_region_is_accepted_and_the_other_counts(tmp_path: Path) -> None:
    result = load(tmp_path, GOOD).sort([finding("CKV_AWS_119", WEST, EAST)], TODAY, environments=["dev"])
    assert [one.places for one in result.counting] == [(EAST,)]
    assert [one.places for one in result.accepted] == [(WEST,)]
    assert result.accepted[0].waiver.startswith("accepted by platform until 2026-12-31, 38 days left:")


def test_a_waiver_of_plans_does_not_accept_findings_in_code(tmp_path: Path) -> None:
    result = load(tmp_path, GOOD).sort([finding("CKV_AWS_119", Place())], TODAY, environments=[])
    assert len(result.counting) == 1


@pytest.mark.parametrize("check", ["CKV_AWS_11", "CKV_AWS_1190", "ckv_aws_119"])
def test_another_check_is_not_accepted(tmp_path: Path, check: str) -> None:
    result = load(tmp_path, GOOD).sort([finding(check, WEST)], TODAY, environments=[])
    assert [one.check for one in result.counting] == [check]


def test_an_expired_waiver_accepts_nothing_and_is_a_finding(tmp_path: Path) -> None:
    kept = load(tmp_path, GOOD)
    result = kept.sort([finding("CKV_AWS_119", WEST)], date(2027, 1, 1), environments=["dev"])
    assert [one.check for one in result.counting] == ["CKV_AWS_119", "MRD_WAIVER_001"]
    assert result.counting[1].line == 2
    assert kept.sort([finding("CKV_AWS_119", WEST)], date(2026, 12, 31), environments=["dev"]).counting == []


@pytest.mark.parametrize(("environments", "reported"), [(["dev"], True), (["prod"], False), ([], False)])
def test_an_unused_waiver_is_a_finding_if_its_environment_was_scanned(
    tmp_path: Path, environments: list[str], reported: bool
) -> None:
    result = load(tmp_path, GOOD).sort([], TODAY, environments=environments)
    assert [one.check for one in result.counting] == ["MRD_WAIVER_002"] * reported


def test_a_fact_covers_its_resource_only(tmp_path: Path) -> None:
    text = (
        "not_applicable:\n  - {check: CKV_AWS_119, module: data, resource: aws_dynamodb_table.x,"
        " reason: It is not so here, adr: docs/adr/0001-a.md}\n"
    )
    other = Place("dev", "eu-west-1", "data", "aws_dynamodb_table.y")
    result = load(tmp_path, text).sort(
        [finding("CKV_AWS_119", WEST), finding("CKV_AWS_119", other), finding("CKV_AWS_119", WEST, module="compute")],
        TODAY,
        environments=[],
    )
    assert [one.places for one in result.not_applicable] == [(WEST,)]
    assert len(result.counting) == 2


def test_a_fact_about_a_resource_does_not_cover_a_finding_without_one(tmp_path: Path) -> None:
    text = (
        "not_applicable:\n  - {check: CKV_AWS_119, module: data, resource: aws_dynamodb_table.x,"
        " reason: It is not so here, adr: docs/adr/0001-a.md}\n"
    )
    result = load(tmp_path, text).sort([finding("CKV_AWS_119")], TODAY, environments=[])
    assert (len(result.counting), result.not_applicable) == (1, [])
    whole = load(tmp_path, text.replace(" resource: aws_dynamodb_table.x,", ""))
    assert len(whole.sort([finding("CKV_AWS_119")], TODAY, environments=[]).not_applicable) == 1


FILES = """\
not_applicable:
  - {check: RUFF_S602, file: scripts/tools/*, reason: It is not so here, adr: docs/adr/0001-a.md}
accepted:
  - {check: SC2086, file: .ci/run, reason: It is known and fine, owner: me, expires: "2026-12-31"}
"""


def of_file(check: str, file: str) -> Finding:
    """Return a finding of a hygiene tool."""
    return replace(finding(check, module=""), file=file)


def test_findings_in_files_are_waived_by_file(tmp_path: Path) -> None:
    found = [of_file("RUFF_S602", "scripts/tools/a.py"), of_file("RUFF_S602", "scripts/meridian/a.py")]
    found += [of_file("SC2086", ".ci/run"), of_file("SC2086", "run"), of_file("SC2154", ".ci/run")]
    result = load(tmp_path, FILES).sort(found, TODAY, environments=[])
    assert [one.file for one in result.not_applicable] == ["scripts/tools/a.py"]
    assert [one.file for one in result.accepted] == [".ci/run"]
    assert [(one.check, one.file) for one in result.counting] == [
        ("RUFF_S602", "scripts/meridian/a.py"),
        ("SC2086", "run"),
        ("SC2154", ".ci/run"),
    ]


def test_an_unused_waiver_of_a_file_is_a_finding(tmp_path: Path) -> None:
    result = load(tmp_path, FILES).sort([], TODAY, environments=[])
    assert [one.check for one in result.counting] == ["MRD_WAIVER_002"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("file: .ci/run", 'file: "*"', "'*' matches files everywhere: name a file, or begin with a folder."),
        ("file: .ci/run", 'file: "**/*"', "'**/*' matches files everywhere"),
        ("file: .ci/run", 'file: "[a-z]*"', "'[a-z]*' matches files everywhere"),
        ("file: .ci/run", 'file: "*.py"', "'*.py' matches files everywhere"),
        ("SC2086", "CKV_AWS_119", "CKV_AWS_119 checks modules and plans: name a module or a unit."),
        ("RUFF_S602", "CKV_AWS_119", "CKV_AWS_119 checks modules and plans: name a module or a unit."),
        ("SC2086", "SC20", "'SC20' is not a check of this gate."),
        ("file: .ci/run", "file: .ci/run, module: data", "names a module or a file"),
    ],
)
def test_a_bad_waiver_of_a_file_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, FILES.replace(old, new, 1))
    assert says in caught.value.message


def test_the_committed_file_is_sound() -> None:
    """The scan itself compares the names of its checks with Checkov's."""
    file = ROOT / waivers.FILE
    checks = {line.split()[-1] for line in file.read_text().splitlines() if "check:" in line}
    assert waiver_file.read_waivers(file, checks, ROOT, TODAY).facts
