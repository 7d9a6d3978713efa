"""Which checks run on our modules is pinned: a Checkov, or a policy, that no longer looks is seen.

Run as a module it writes the list anew.
"""

from pathlib import Path

import pytest
import yaml

from meridian.run.plan_json import read_plan
from meridian.scan import engine, subjects
from meridian.scan.engine import Job, address
from policies.checks._catalogue import CATALOGUE
from tests.conftest import ROOT, missing
from tests.gate.corpus import keep

FILE = Path(__file__).with_name("checks_that_ran.yaml")
ANEW = "If that is meant: `.venv/bin/python -m tests.gate.test_checks_that_ran`, and say why in the commit."
HEAD = "# Written by `.venv/bin/python -m tests.gate.test_checks_that_ran`: the ids of all checks that gave a result.\n"
FACTS = {"environment": "prod", "protected": True, "account_id": "100000000003", "region": "us-east-1"}


def ran() -> dict[str, dict[str, list[str]]]:
    """Return the ids of all checks that gave a result on each module's code and on its plan."""
    codes = {code.folder.name: code for code in subjects.modules(ROOT)}
    jobs = [subjects.module_job(code) for code in codes.values()]
    for name, code in codes.items():
        file = keep.FOLDER / f"{name}.json"
        plan = read_plan(file, name)
        addresses = frozenset(address(one["address"]) for one in plan.resources)
        jobs.append(Job(f"plan of {name}", "plan", file, code.folder, addresses, FACTS))
    looked = engine.look(jobs, list(CATALOGUE))
    ids = {job.id: sorted({one.check for one in looked.results[job.id]}) for job in jobs}
    return {name: {"code": ids[f"modules/{name}"], "plan": ids[f"plan of {name}"]} for name in codes}


def difference(before: dict[str, dict[str, list[str]]], after: dict[str, dict[str, list[str]]]) -> list[str]:
    """Return a sentence for each check that was dropped or is new."""
    found = []
    for name in sorted(before.keys() | after.keys()):
        for form in ("code", "plan"):
            old, new = (set(one.get(name, {}).get(form, ())) for one in (before, after))
            found += [f"{check} no longer runs on the {form} of {name}." for check in sorted(old - new)]
            found += [f"{check} is new on the {form} of {name}." for check in sorted(new - old)]
    return found


@pytest.mark.slow
def test_the_checks_that_run_are_those_that_are_pinned() -> None:
    if not (ROOT / engine.VENV / "bin/python").exists():
        missing("Checkov is not installed: run `make checkov`.")
    found = difference(yaml.safe_load(FILE.read_text(encoding="utf-8")), ran())
    assert not found, "\n".join([*found, ANEW])


def test_a_check_that_is_dropped_is_seen() -> None:
    before = {"data": {"code": ["CKV_AWS_7", "CKV_AWS_28"], "plan": ["CKV_AWS_7"]}}
    assert difference(before, before) == []
    assert difference(before, {"data": {"code": ["CKV_AWS_28"], "plan": ["CKV_AWS_7", "CKV_AWS_9"]}}) == [
        "CKV_AWS_7 no longer runs on the code of data.",
        "CKV_AWS_9 is new on the plan of data.",
    ]
    assert len(difference(before, {})) == 3


if __name__ == "__main__":
    FILE.write_text(HEAD + yaml.safe_dump(ran(), sort_keys=True), encoding="utf-8")
