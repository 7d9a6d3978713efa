"""The comment of a review, also if code of the change could write its report."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from meridian.change.touched import Touched
from meridian.deploy.summary.dangers import Danger
from meridian.deploy.summary.rows import Line, OutputRow, Row
from meridian.deploy.summary.stored import restore_summary, store_summary
from meridian.deploy.summary.summary import Summary
from meridian.errors import CouldNotTell, OperationFailed, UserError
from meridian.plans.summary import UnitPlan
from meridian.review import command, comment, programs
from meridian.review.planned import Planned
from tests.conftest import ROOT
from tests.gate.repository import commit, git, write

SUMMARY = Summary(
    "dev",
    plans=(UnitPlan("eu-west-1/data", (("delete", "a.b"),), outputs_change=False, provisional=False, applyable=True),),
    rows=(Row(("eu-west-1",), "data", "delete", "a.b", (Line("x", "1", "2"),)),),
    outputs=(OutputRow(("eu-west-1",), "data", "arn", "old", "new", ("compute",)),),
    dangers=(Danger(("eu-west-1",), "data", "MRD_CHANGE_001", "a.b would be destroyed."),),
)
PLAN = json.loads(json.dumps(store_summary(SUMMARY)))
CHANGED = {"check": "MRD_GATE_001", "file": "Makefile", "what": "Makefile is part of the gate and is changed."}
SIDES = [{"where": "dev", "value": "1", "place": "a:1"}, {"where": "prod", "value": "<b>", "place": "a:2"}]


def body(**other: Any) -> dict[str, Any]:
    """Return out/review.json of a good change that was planned."""
    report = {"exit_code": 0, "findings": [], "accepted": [], "not_applicable": [], "scanned": [], "fail_on": "MEDIUM"}
    reasons = [{"reason": "dev.data.retention 1 -> 2", "units": ["dev/eu-west-1/data"]}]
    return {
        **{"base": "b" * 40, "head": "a" * 40, "release": "none", "to_release": [], "released": False},
        **{"own": report, "parity": {"exit_code": 0, "undeclared": []}, "plans": [PLAN], "reasons": reasons},
        **{"rendered": "diff --git a/live/x b/live/x\n+x\n"},
        "released_diff": "",
        **other,
    }


def before(*to_release: dict[str, str]) -> dict[str, Any]:
    """Return out/review.json of the job in which no code of the change ran."""
    nothing = {"own": None, "parity": None, "plans": [], "reasons": [], "rendered": ""}
    return body(**nothing, to_release=list(to_release))


def test_a_good_change_is_accepted() -> None:
    text = comment.format_reviews(body(), before())
    assert text.startswith(f"{comment.MARK}\n## Meridian: accepted\n")
    assert "## Plan of dev\n\n1 to delete, in 1 of 1 unit.\n" in text
    assert "- **delete** eu-west-1: data: `a.b`\n" in text
    assert "- dev\\.data\\.retention 1 \\-\\> 2: dev: data in eu\\-west\\-1\n" in text
    commands = ("review BASE=bbbbbbbbbbbb TOUCHED=1", "impact BASE=bbbbbbbbbbbb", "scan", "parity")
    for command_ in (*(f"make {one}" for one in commands), "git diff bbbbbbbbbbbb..."):
        assert f"$ {command_} " in text


def account(environment: str = "dev", code: int = 0, **plan: Any) -> comment.AccountPlan:
    """Return the reports of a plan in an account and of the gate on it."""
    scan = body()["own"] | {"exit_code": code}
    return comment.AccountPlan(environment, plan or {"exit_code": 0, "summary": PLAN}, scan)


def test_a_plan_in_an_account_stands_in_place_of_the_one_on_a_local_aws() -> None:
    text = comment.format_reviews(body(), before(), [account()])
    assert "## Meridian: accepted\n" in text
    assert text.count("## Plan of dev\n") == 1
    assert "Planned in its account. Repeat it: `make plan ENV=dev NO_LOCK=1`." in text
    assert "Planned on a local AWS" not in text


def test_a_plan_that_an_account_refuses_is_never_accepted() -> None:
    """The plan on a local AWS is still shown."""
    text = comment.format_reviews(body(), before(), [account(exit_code=3, error="No [rights](x).")])
    assert "## Meridian: refused\n" in text
    assert "**Could not be made in its account:** No \\[rights\\]\\(x\\)\\." in text
    assert "Planned on a local AWS with the base deployed." in text


def test_a_finding_in_an_account_is_never_accepted() -> None:
    assert "## Meridian: refused\n" in comment.format_reviews(body(), before(), [account(code=1)])


@pytest.mark.parametrize("odd", [{"exit_code": 0}, {"exit_code": 0, "summary": {**PLAN, "environment": "# x"}}])
def test_a_malformed_plan_of_an_account_is_never_accepted(odd: dict[str, Any]) -> None:
    text = comment.format_reviews(body(), before(), [account(**odd)])
    assert text.startswith(f"{comment.MARK}\n## Meridian: could not tell\n")


def test_a_stored_summary_is_the_same_when_it_is_read() -> None:
    assert restore_summary(PLAN) == SUMMARY


@pytest.mark.parametrize(
    ("part", "key"),
    [
        *((part, key) for part in ("rows", "dangers", "outputs") for key in ("unit", "regions")),
        *(("rows", "action"), ("outputs", "readers"), ("units", "unit")),
    ],
)
def test_a_stored_name_that_is_none_is_refused(part: str, key: str) -> None:
    """These are shown without escapes."""
    odd = "# x" if isinstance(PLAN[part][0][key], str) else ["<b>"]
    with pytest.raises(ValueError, match="is not a"):
        restore_summary({**PLAN, part: [{**PLAN[part][0], key: odd}]})


def test_half_of_a_review_accepts_nothing() -> None:
    assert "accepted" not in comment.format_review(before()).partition("The gate")[0]


@pytest.mark.parametrize("own", [[], [CHANGED]], ids=["only the isolated job", "both jobs"])
def test_a_finding_of_the_isolated_job_is_shown_once(own: list[Any]) -> None:
    text = comment.format_reviews(body(to_release=own), before(CHANGED))
    assert "## Meridian: waits for an owner of the gate\n" in text
    assert text.count("- MRD\\_GATE\\_001 `Makefile`: Makefile is part") == 1


def test_an_owner_sees_the_diff_of_what_is_released() -> None:
    """That of the isolated job, whatever the other report says; a long one is cut at a line."""
    isolated = {**before(CHANGED), "released_diff": "diff --git a/Makefile b/Makefile\n+true\n"}
    text = comment.format_reviews(body(released_diff="+false\n"), isolated)
    assert "Diff of what an owner releases</summary>\n\n```diff\ndiff --git a/Makefile b/Makefile\n+true\n```\n" in text
    assert "+false" not in text
    assert "Cut here" not in text
    text = comment.format_review({**isolated, "released_diff": "+true\n" * 9_999})
    assert "+true\n```\n\nCut here: the commands below show the rest.\n\n</details>" in text
    assert len(text) < 20_000
    assert "Diff of what an owner" not in comment.format_reviews(body(), before())


def test_what_its_own_gate_refuses_waits_for_no_owner() -> None:
    report = body()["own"] | {"exit_code": 1}
    assert "## Meridian: refused\n" in comment.format_reviews(body(own=report), before(CHANGED))


def test_undeclared_differences_are_shown_as_text() -> None:
    row = {"subject": "memory", "first": SIDES[0], "second": SIDES[1], "why": "no reason"}
    text = comment.format_reviews(body(parity={"exit_code": 1, "undeclared": [row]}), before())
    assert "- memory: dev 1 \\(a:1\\), prod \\<b\\> \\(a:2\\): no reason" in text


@pytest.mark.parametrize(
    "odd", [[], {}, body(to_release=[1]), body(own=[]), body(plans=[{"unit": "x"}]), body(parity="x")]
)
def test_a_malformed_report_is_never_accepted(odd: Any) -> None:
    text = comment.format_reviews(odd, before())
    assert text.startswith(f"{comment.MARK}\n## Meridian: could not tell\n")


def test_no_markup_of_a_report_is_rendered() -> None:
    """Whatever field it comes in."""
    bad = "<img src=x>\n# x\n```\n</details> @everyone [a](http://b)"
    row = {"check": bad, "file": bad, "what": bad}
    line = {**PLAN["rows"][0]["attributes"][0], "path": bad, "old": bad, "new": bad}
    plan = {
        **{**PLAN, "left_out": bad, "dangers": [{**PLAN["dangers"][0], "sentence": bad}]},
        "rows": [{**PLAN["rows"][0], "address": bad, "previous": bad, "import_id": bad, "attributes": [line]}],
        "outputs": [{**PLAN["outputs"][0], "name": bad, "old": bad, "new": bad}],
    }
    reasons = [{"reason": bad, "units": ["dev/x/y"]}]
    report = {"exit_code": 0, "fail_on": bad, "findings": [{"check": bad, "what": bad, "file": bad}]}
    parity = {"exit_code": 0, "error": bad}
    odd = body(own=report, to_release=[row], plans=[plan], reasons=reasons, rendered=bad, parity=parity, base=bad)
    text = comment.format_reviews(odd, {**before(), "released_diff": bad})
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert not re.search(r"<(?:img|a )|<h1", html)
    assert html.count("</details>") == 2
    shown = re.sub(r"<code.*?</code>", "", html, flags=re.DOTALL)
    assert "@everyone" not in shown


def test_a_comment_that_is_too_long_says_so() -> None:
    rows = [{**CHANGED, "what": "x" * 3_000} for _ in range(60)]
    text = comment.format_reviews(body(to_release=rows), before())
    assert len(text) < 65_536
    assert "## Meridian: waits for an owner of the gate\n" in text
    assert "**This part is too long for a comment**" in text
    assert "$ make review BASE=" in text


def test_a_plan_that_fails_is_never_green(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Report, comment and SARIF say it."""
    before, change = tmp_path / "before", tmp_path / "change"
    git(ROOT, "clone", "--quiet", "--shared", str(ROOT), str(before))
    git(ROOT, "clone", "--quiet", "--shared", str(ROOT), str(change))

    def fail(*_: object) -> None:
        raise OperationFailed("The plan failed in eu-west-1/data.\n  eu-west-1/data: Error: expected x to be in y")

    monkeypatch.setattr(command, "deployed_base", fail)
    planned = Planned(("dev",))
    with pytest.raises(OperationFailed):
        command.review_folder(before, change, planned, static=False, released=False, as_json=False)
    assert "eu-west-1/data: Error" in json.loads((before / "out/review.json").read_text())["error"]
    said = (before / "out/review.md").read_text()
    assert said.startswith(f"{comment.MARK}\n## Meridian: could not tell\n")
    assert "eu\\-west\\-1/data: Error: expected x to be in y" in said
    (log,) = json.loads((before / "out/review.sarif").read_text())["runs"]
    assert log["invocations"][0]["executionSuccessful"] is False


@pytest.mark.slow
def test_a_static_review_runs_nothing_of_the_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its Makefile, build script and a committed environment would leave a file."""
    folder = tmp_path / "change"
    git(ROOT, "clone", "--quiet", "--shared", str(ROOT), str(folder))
    ran = tmp_path / "ran"
    write(folder, "GNUmakefile", f"$(shell touch {ran})\nsetup checkov actionlint:\n")
    write(folder, "scripts/sitecustomize.py", f"open({str(ran)!r}, 'w')\n")
    write(folder, ".venv/bin/meridian", f"#!/bin/sh\ntouch {ran}\n")
    (folder / ".venv/bin/meridian").chmod(0o755)
    commit(folder, "--force")
    assert command.review_folder(ROOT, folder, Planned(), static=True, released=False, as_json=True) == 1
    found = json.loads(capsys.readouterr().out)
    files = {row["file"] for row in found["to_release"]}
    assert files >= {"GNUmakefile", "scripts/sitecustomize.py", ".venv/bin/meridian"}
    assert (found["release"], found["own"]) == ("needed", None)
    assert not ran.exists()
    with pytest.raises(CouldNotTell):
        programs.run_command(folder, "scan")
    assert ran.exists(), "The test has to show that these files would run."


@pytest.mark.parametrize(
    "options", [{"change": Path("x"), "environment": ["dev"]}, {"change": Path("x"), "touched": True}, {"base": "main"}]
)
def test_a_static_review_has_no_plan(options: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="--static needs a FOLDER and excludes --env and --touched"):
        command.review(**options, static=True)


def test_touched_environments_are_planned_in_the_inventory_s_order() -> None:
    """With those that are named; an unknown name is refused."""
    touched = [Touched("prod/us-east-1/data", "changed"), Touched("dev/us-east-1/data", "dependent")]
    assert Planned(touched=True).environments(ROOT, touched) == ["dev", "prod"]
    assert Planned(("staging",), touched=True).environments(ROOT, touched[:1]) == ["staging", "prod"]
    assert Planned(("dev",)).environments(ROOT, touched) == ["dev"]
    with pytest.raises(UserError, match="nowhere"):
        Planned(("nowhere",)).environments(ROOT, ())
