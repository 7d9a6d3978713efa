"""Comparing plans by meaning: what a fresh plan may do, and the digest."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.inventory.model import Environment
from meridian.plans.approval import find_differing, find_unapproved, fingerprint, read_digest, write_digest
from meridian.plans.changes import Attribute, Change, UnitChanges

TIMEOUT = Attribute("timeout", 5, 10)
ARN = Attribute("arn", "a", None, unknown=True)


def unit(*changes: Change, outputs: tuple[Attribute, ...] = ()) -> UnitChanges:
    """Return the changes of one unit."""
    return UnitChanges("us-east-1/compute", changes, outputs)


def update(*attributes: Attribute) -> Change:
    """Return an update of the function."""
    return Change("aws_lambda_function.greet", "update", attributes)


@pytest.mark.parametrize(
    ("fresh", "expected"),
    [
        (update(TIMEOUT), []),
        (update(), []),
        (update(Attribute("timeout", 5, 20)), ["aws_lambda_function.greet: timeout: 5 -> 20"]),
        (update(TIMEOUT, Attribute("memory", 1, 2)), ["aws_lambda_function.greet: memory: 1 -> 2"]),
        (
            update(TIMEOUT, Attribute("arn", "a", None, unknown=True)),
            ["aws_lambda_function.greet: arn: a -> (known after apply)"],
        ),
        (replace(update(TIMEOUT), action="replace"), ["aws_lambda_function.greet: replace; approved: update"]),
        (Change("aws_x.y", "delete"), ["aws_x.y: delete; approved: no change"]),
        (Change("aws_x.y", "create"), ["aws_x.y: create; approved: no change"]),
    ],
    ids=["same", "less", "other value", "other attribute", "unknown", "other action", "loss", "new resource"],
)
def test_a_fresh_plan_may_do_no_more(fresh: Change, expected: list[str]) -> None:
    """Anything that the approved plan did not say is named."""
    assert find_unapproved(unit(update(TIMEOUT)), unit(fresh), []) == expected


def test_what_was_not_known_yet_is_open() -> None:
    """A value that became known, also below a path that was unknown as a whole."""
    approved = unit(update(Attribute("policy", "p", None, unknown=True)))
    fresh = unit(update(Attribute("policy.Statement.Read.Resource", None, "arn")))
    assert find_unapproved(approved, fresh, []) == []


def test_what_follows_from_a_changed_output_is_open() -> None:
    """The old output inside a value is replaced by the new one, and AWS computes a new version; nothing else."""
    swaps = [("arn:old", "arn:new")]
    version = Attribute("version", "3", None, unknown=True)
    follows = update(Attribute("policy.Resource", ["arn:old/*", "b"], ["b", "arn:new/*"]), version)
    assert find_unapproved(unit(), unit(follows), swaps) == []
    other = update(Attribute("policy.Resource", ["arn:old/*"], ["arn:new/*", "*"]))
    assert find_unapproved(unit(), unit(other), swaps) != []
    assert find_unapproved(unit(), unit(replace(follows, action="replace")), swaps) != []


def test_a_truth_value_that_was_approved_stays_approved() -> None:
    """An output that goes from true to false is not every `true` and every 1 of the units that need it."""
    protection, threshold = Attribute("protection", None, True), Attribute("threshold", None, 1)
    approved = unit(replace(update(protection, threshold), action="create"))
    assert find_unapproved(approved, approved, [(True, False)]) == []
    for other in (replace(protection, after=False), replace(threshold, after=False), replace(threshold, after=0)):
        fresh = unit(replace(update(other), action="create"))
        assert find_unapproved(approved, fresh, [(True, False)]) != []


def test_a_fingerprint_is_of_the_meaning() -> None:
    """Order and computed values do not count; a value, an action and an address do."""
    base = unit(update(TIMEOUT, Attribute("arns", ["a", "b"], ["c", "d"]), Attribute("arn", "1", None, unknown=True)))
    same = unit(update(TIMEOUT, Attribute("arns", ["b", "a"], ["d", "c"]), Attribute("arn", "2", None, unknown=True)))
    assert fingerprint(base) == fingerprint(same)
    others = [
        unit(),
        unit(update(Attribute("timeout", 5, 11))),
        unit(update(Attribute("timeout", 6, 10))),
        unit(update(TIMEOUT)),
        unit(replace(update(TIMEOUT), action="replace")),
        unit(replace(update(TIMEOUT), address="aws_lambda_function.other")),
        unit(replace(update(TIMEOUT), previous="aws_lambda_function.old")),
        unit(update(TIMEOUT), outputs=(Attribute("url", "a", "b"),)),
    ]
    assert len({fingerprint(one) for one in (base, *others)}) == len(others) + 1


def test_a_digest_finds_what_differs_and_holds_no_value(tmp_path: Path, environment: Environment) -> None:
    """Another plan, a unit too many and one too few are named; a plan that has nothing left to do is not."""
    path = tmp_path / "digest.json"
    secret = unit(update(Attribute("key", "old-hunter", "new-hunter", sensitive=True)))
    write_digest(path, environment, "local", [secret, replace(unit(), unit="us-east-1/data")])
    assert "hunter" not in path.read_text()
    digest = read_digest(path, environment, "local")
    assert find_differing(digest, [replace(unit(), unit="us-east-1/data"), secret]) == []
    other = unit(update(Attribute("key", "old-hunter", "x", sensitive=True)))
    assert find_differing(digest, [other, replace(other, unit="eu-west-1/data")]) == [
        "eu-west-1/data",
        "us-east-1/compute",
        "us-east-1/data",
    ]
    assert find_differing(digest, [unit(), replace(unit(), unit="us-east-1/data")]) == []


def test_a_digest_is_read_from_stdin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: Environment) -> None:
    path = tmp_path / "digest.json"
    write_digest(path, environment, "local", [unit(update(TIMEOUT))])
    monkeypatch.setattr("sys.stdin", io.StringIO(path.read_text()))
    assert read_digest(Path("-"), environment, "local") == read_digest(path, environment, "local")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(UserError, match="-: not a digest of a plan") as refused:
        read_digest(Path("-"), environment, "local")
    assert "--digest digest.json" in refused.value.hint


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"format": 1, "units": 3}'])
def test_a_file_that_is_no_digest_is_refused(tmp_path: Path, environment: Environment, text: str | None) -> None:
    """The message names the command that writes one."""
    path = tmp_path / "digest.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match="not a digest of a plan") as refused:
        read_digest(path, environment, "local")
    assert "meridian plan dev --target local --digest" in refused.value.hint


@pytest.mark.parametrize("part", ["format", "environment", "account_id", "target"])
def test_a_digest_of_another_environment_is_refused(tmp_path: Path, environment: Environment, part: str) -> None:
    """An approval of one account never covers another."""
    path = tmp_path / "digest.json"
    write_digest(path, environment, "local", [])
    path.write_text(json.dumps({**json.loads(path.read_text()), part: "other"}))
    with pytest.raises(UserError, match=f"a digest of another plan: {part} 'other'"):
        read_digest(path, environment, "local")
