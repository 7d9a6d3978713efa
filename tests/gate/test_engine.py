"""The engine over small homes of its own: findings of Checkov, and each kind of answer that is not accepted."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from meridian.errors import CouldNotTell
from meridian.gate import code
from meridian.gate.checkov import engine
from meridian.gate.checkov.engine import Checkov, Job
from tests.conftest import ROOT, missing

pytestmark = pytest.mark.slow

POLICY = """\
import time
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

class Named(BaseResourceCheck):
    def __init__(self):
        super().__init__(name="A topic has a good name", id="CKV_MRD_900", categories=[CheckCategories.IAM],
                         supported_resources=["aws_sns_topic"])

    def scan_resource_conf(self, conf):
        name = conf["name"][0]
        {act}
        self.details.append(f"it is called {{name}}")
        return CheckResult.FAILED if name == "bad" else CheckResult.PASSED

check = Named()
"""
GOOD = 'resource "aws_sns_topic" "one" {\n  name = "good"\n}\n'
BAD = '# A comment\n\nresource "aws_sns_topic" "two" {\n  name = "bad"\n}\n'
PLAN: dict[str, Any] = {
    "format_version": "1.2",
    "planned_values": {"root_module": {"resources": []}},
    "resource_changes": [],
    "configuration": {"root_module": {}},
}
WRONG_OPERATOR = """\
metadata: {id: CKV2_MRD_001, name: A topic has a good name, category: IAM}
definition: {cond_type: attribute, resource_types: [aws_sns_topic], attribute: name, operator: equalz, value: good}
"""
Home = Callable[..., Path]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a function that makes a home with one policy, which does `act` before it checks."""
    if not (ROOT / engine.VENV / "bin/python").exists():
        missing("Checkov is not installed: run `make checkov`.")

    def make(act: str = "pass", *, lock: str | None = None, more: Mapping[str, str] | None = None) -> Path:
        folder = tmp_path / "home"
        policies = folder / engine.POLICIES
        policies.mkdir(parents=True)
        (folder / engine.VENV).symlink_to(ROOT / engine.VENV)
        (folder / engine.LOCK).parent.mkdir(parents=True)
        (folder / engine.LOCK).write_text(lock or (ROOT / engine.LOCK).read_text())
        files = {"__init__.py": "", "mrd_named.py": POLICY.format(act=act), **(more or {})}
        for name, text in files.items():
            (policies / name).write_text(text)
        return folder

    return make


def job(folder: Path, **files: str) -> Job:
    """Return the scan of a module that holds the files (`main` becomes main.tf)."""
    module = folder / "topics"
    module.mkdir()
    for name, text in files.items():
        (module / f"{name}.tf").write_text(text)
    return Job("modules/topics", "module", module, module, code.read_module(module).resources)


def scan(jobs: Sequence[Job], policies: Sequence[str], *, home: Path, seconds: float = 120) -> engine.Answer:
    """Scan the jobs with the home's policies."""
    with Checkov(home=home, seconds=seconds) as checkov:
        return checkov.scan(jobs, policies)


def failed(found: engine.Answer) -> set[tuple[str, str]]:
    """Return check and resource of each result that failed."""
    return {(one.check, one.resource) for results in found.results.values() for one in results if one.state == "failed"}


def test_each_check_has_a_result_for_each_resource(home: Home, tmp_path: Path) -> None:
    found = scan([job(tmp_path, main=GOOD, more=BAD)], ["CKV_MRD_900"], home=home())
    assert failed(found) >= {("CKV_MRD_900", "aws_sns_topic.two"), ("CKV_AWS_26", "aws_sns_topic.one")}
    (own,) = [one for one in found.results["modules/topics"] if one.check == "CKV_MRD_900" and one.state == "failed"]
    assert (own.title, own.line, own.details) == ("A topic has a good name", 3, ("it is called bad",))
    assert ("CKV_MRD_900", "aws_sns_topic.one") not in failed(found)


def test_a_result_that_a_comment_skips_is_reported(home: Home, tmp_path: Path) -> None:
    """A skipped check has not passed: it is a finding like one that failed."""
    text = BAD.replace("  name", "  #checkov:skip=CKV_MRD_900: trust me\n  name")
    found = scan([job(tmp_path, main=text)], ["CKV_MRD_900"], home=home())
    assert {one.state for one in found.results["modules/topics"] if one.check == "CKV_MRD_900"} == {"skipped"}


def test_the_first_jobs_are_in_every_answer(home: Home, tmp_path: Path) -> None:
    """They are scanned once, by a process that goes on with what it is asked later."""
    bad, one = job(tmp_path, main=BAD), Job("again", "module", tmp_path / "topics", tmp_path / "topics", frozenset())
    act = "self.details.append(str(time.time()))"
    with Checkov([bad], home=home(act), seconds=120) as checkov:
        checkov.begin()
        answers = [checkov.scan([], ["CKV_MRD_900"]), *(checkov.scan([one], ["CKV_MRD_900"]) for _ in range(2))]
    assert [set(answer.results) for answer in answers] == [{bad.id}, {bad.id, "again"}, {bad.id, "again"}]
    scanned = [one.details[0] for answer in answers for one in answer.results[bad.id] if one.check == "CKV_MRD_900"]
    assert len(scanned) == 3
    assert len(set(scanned)) == 1


def test_what_fails_in_a_first_job_is_raised_by_the_scan(home: Home, tmp_path: Path) -> None:
    bad = job(tmp_path, main=BAD)
    with Checkov([bad], home=home("raise ValueError('boom')"), seconds=120) as checkov:
        checkov.begin()
        for _ in range(2):
            with pytest.raises(CouldNotTell, match=r"logged an error: .*Failed to run check CKV_MRD_900"):
                checkov.scan([], ["CKV_MRD_900"])


def test_no_process_is_left_when_the_block_ends_early(home: Home, tmp_path: Path) -> None:
    """A run that breaks off does not wait for a scan."""
    file = tmp_path / "pid"
    act = f"import os, pathlib; pathlib.Path({str(file)!r}).write_text(str(os.getpid())); time.sleep(60)"
    with Checkov([job(tmp_path, main=GOOD)], home=home(act), seconds=120) as checkov:
        checkov.begin()
        while not file.exists():
            time.sleep(0.05)
    assert not Path(f"/proc/{file.read_text()}").exists()


def test_facts_are_those_of_each_job(home: Home, tmp_path: Path) -> None:
    act = "import json, os; name = json.loads(os.environ['MERIDIAN_SCAN_FACTS']).get('say', name)"
    one = job(tmp_path, main=GOOD)
    jobs = [one, Job("again", "module", one.path, one.module, one.resources, {"say": "bad"})]
    found = scan(jobs, ["CKV_MRD_900"], home=home(act))
    own = {name: [r.state for r in results if r.check == "CKV_MRD_900"] for name, results in found.results.items()}
    assert own == {"modules/topics": ["passed"], "again": ["failed"]}


@pytest.mark.parametrize(
    ("act", "message"),
    [
        pytest.param("raise ValueError('boom')", "logged an error: .*Failed to run check CKV_MRD_900", id="crashes"),
        pytest.param(
            "import socket; socket.create_connection(('127.0.0.1', 9))", "tried to use the network", id="network"
        ),
        pytest.param("import os; os._exit(0)", "answer cannot be read", id="ends the process"),
        pytest.param("time.sleep(60)", "did not end within 8 s over modules/topics", id="hangs"),
    ],
)
def test_has_no_verdict_if_a_policy(home: Home, tmp_path: Path, act: str, message: str) -> None:
    seconds = 8 if "sleep" in act else 120
    with pytest.raises(CouldNotTell, match=message):
        scan([job(tmp_path, main=GOOD)], ["CKV_MRD_900"], home=home(act), seconds=seconds)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("mrd_broken.py", "import nothing_of_that_name", "Cannot load external check 'mrd_broken'"),
        ("mrd.yaml", WRONG_OPERATOR, "operator equalz is not supported"),
    ],
)
def test_has_no_verdict_if_a_policy_does_not_load(
    home: Home, tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(CouldNotTell, match=message):
        scan([job(tmp_path, main=GOOD)], ["CKV_MRD_900"], home=home(more={name: text}))


def test_a_policy_that_the_catalogue_has_must_be_loaded(home: Home, tmp_path: Path) -> None:
    with pytest.raises(CouldNotTell, match="did not load CKV_MRD_901"):
        scan([job(tmp_path, main=GOOD)], ["CKV_MRD_900", "CKV_MRD_901"], home=home())


def test_a_policy_that_the_catalogue_does_not_have_is_refused(home: Home, tmp_path: Path) -> None:
    with pytest.raises(CouldNotTell, match="loaded CKV_MRD_900, which the catalogue"):
        scan([job(tmp_path, main=GOOD)], [], home=home())


def test_another_version_of_checkov_is_refused(home: Home, tmp_path: Path) -> None:
    with pytest.raises(CouldNotTell, match=r"locks 3\.0\.1"):
        scan([job(tmp_path, main=GOOD)], ["CKV_MRD_900"], home=home(lock="checkov==3.0.1 \\\n"))


def test_a_file_that_is_not_hcl_is_refused(home: Home, tmp_path: Path) -> None:
    one = job(tmp_path, main=GOOD)
    (one.path / "broken.tf").write_text('resource "aws_sns_topic" {{{')
    with pytest.raises(CouldNotTell, match="broken"):
        scan([one], ["CKV_MRD_900"], home=home())


def test_a_resource_that_checkov_did_not_scan_is_named(home: Home, tmp_path: Path) -> None:
    one = job(tmp_path, main=GOOD)
    more = Job(one.id, one.kind, one.path, one.module, one.resources | {"aws_sns_topic.three"})
    with pytest.raises(CouldNotTell, match=r"scanned 1 of 2 resources; aws_sns_topic\.three is not among them"):
        scan([more], ["CKV_MRD_900"], home=home())


@pytest.mark.parametrize("text", ["{", json.dumps(PLAN)])
def test_a_plan_that_looks_empty_to_checkov_is_refused(home: Home, tmp_path: Path, text: str) -> None:
    plan = tmp_path / "tfplan.json"
    plan.write_text(text)
    one = job(tmp_path, main=GOOD)
    with pytest.raises(CouldNotTell, match="dev/eu-west-1/topics"):
        scan([Job("dev/eu-west-1/topics", "plan", plan, one.path, one.resources)], ["CKV_MRD_900"], home=home())


def test_checkov_must_be_installed(tmp_path: Path) -> None:
    with pytest.raises(CouldNotTell, match="not installed"):
        scan([job(tmp_path, main=GOOD)], [], home=tmp_path)
