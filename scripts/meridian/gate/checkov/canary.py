"""A violation of each policy, scanned in every run: a gate that misses one has no verdict.

Each policy has an example that must fail and one that must pass, as code, and as Terraform's plan of that
code (`canary_plan.py` makes it), for a protected environment.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.gate.checkov.engine import HOME, POLICIES, Job, Result, plain_address
from meridian.modules.contract import SENTINEL
from policies.checks._catalogue import CATALOGUE

FIXTURES = POLICIES.parent / "fixtures"
PLAN = POLICIES.parent / "fixtures.plan.json"
FORMS = {"code": "canary", "plan": "canary plan"}
"""The form of an example: the id of the job that scans it."""
FACTS = {
    "environment": "prod",
    "protected": True,
    "account_id": "123456789012",
    "issuers": ["https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc"],
    "mock": SENTINEL,
    "repository": "example-org/meridian",
}


def canary_jobs(home: Path = HOME) -> list[Job]:
    """Return the scans of all examples, as code and as a plan."""
    folder = home / FIXTURES
    return [
        Job(FORMS["code"], "module", folder, folder, frozenset(), FACTS),
        Job(FORMS["plan"], "plan", home / PLAN, home / POLICIES, frozenset(), FACTS),
    ]


def require_caught(results: Mapping[str, Sequence[Result]], home: Path = HOME) -> None:
    """Raise CouldNotTell unless each policy fails on its own violation and passes its good example, in each form."""
    of = {"code": lambda one: example_of_file(one.file, home), "plan": lambda one: example_of_address(one.resource)}
    for form, job in FORMS.items():
        said = {(one.check, one.state, *of[form](one)) for one in results[job]}
        for check, policy in CATALOGUE.items():
            if form not in policy.forms:
                continue
            if (check, "failed", check, "fail") not in said:
                raise CouldNotTell(f"The canary of {check} was not caught in its {form}.", _hint(check, "fail"))
            if (check, "passed", check, "pass") not in said or (check, "failed", check, "pass") in said:
                raise CouldNotTell(f"The good example of {check} did not pass in its {form}.", _hint(check, "pass"))


def example_of_file(file: str, home: Path) -> tuple[str, str]:
    """Return policy and kind of the example that a file belongs to."""
    policy, kind = Path(file).relative_to(home / FIXTURES).parts[:2]
    return policy, kind


def example_of_address(resource: str) -> tuple[str, str]:
    """Return policy and kind of the example that a planned resource belongs to; see `name`."""
    found = re.search(r"\.(\w+_\d{3})_(pass|fail)_\w+$", plain_address(resource))
    return (found[1].upper(), found[2]) if found else ("", "")


def canary_name(policy: str, kind: str, own: str) -> str:
    """Return the name of an example's resource in the plan of all examples."""
    return f"{policy.lower()}_{kind}_{own}"


def _hint(check: str, kind: str) -> str:
    return f"Look at {FIXTURES}/{check}/{kind} and at {PLAN}."
