"""The comment of a review, also if code of the change could write its report."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from meridian.errors import CouldNotTell, UserError
from meridian.gate.review import command, comment, programs
from tests.conftest import ROOT
from tests.gate.repository import commit, git, write

CHANGED = {"check": "MRD_GATE_001", "file": "Makefile", "what": "Makefile is part of the gate and is changed."}
SIDES = [{"where": "dev", "value": "1", "place": "a:1"}, {"where": "prod", "value": "<b>", "place": "a:2"}]


def body(**other: Any) -> dict[str, Any]:
    """Return out/review.json of a good change that was planned."""
    report = {"exit_code": 0, "findings": [], "accepted": [], "not_applicable": [], "scanned": [], "fail_on": "MEDIUM"}
    plan = {"unit": "eu-west-1/data", "changes": [["delete", "a.b"], ["move", "a.c -> a.d"]], "applyable": True}
    plan |= {"outputs_change": False, "provisional": False}
    return {
        **{"base": "b" * 40, "head": "a" * 40, "release": "none", "to_release": [], "released": False},
        **{"own": report, "parity": {"exit_code": 0, "undeclared": []}, "environment": "dev", "plans": [plan]},
        **{"rendered": "diff --git a/live/x b/live/x\n+x\n"},
        **other,
    }


def before(*to_release: dict[str, str]) -> dict[str, Any]:
    """Return out/review.json of the job in which no code of the change ran."""
    nothing = {"own": None, "parity": None, "environment": "", "plans": [], "rendered": ""}
    return body(**nothing, to_release=list(to_release))


def test_a_good_change_is_accepted() -> None:
    text = comment.format_reviews(body(), before())
    assert text.startswith(f"{comment.MARK}\n## Meridian: accepted\n")
    assert "- **delete** `eu-west-1/data` `a.b`\n- **move** `eu-west-1/data` `a.c -> a.d`\n" in text
    for command_ in ("make review BASE=bbbbbbbbbbbb ENV=dev", "make scan", "make parity", "git diff bbbbbbbbbbbb..."):
        assert f"$ {command_} " in text


def test_half_of_a_review_accepts_nothing() -> None:
    assert "accepted" not in comment.format_review(before()).partition("The gate")[0]


@pytest.mark.parametrize("own", [[], [CHANGED]], ids=["only the isolated job", "both jobs"])
def test_a_finding_of_the_isolated_job_is_shown_once(own: list[Any]) -> None:
    text = comment.format_reviews(body(to_release=own), before(CHANGED))
    assert "## Meridian: waits for an owner of the gate\n" in text
    assert text.count("- MRD\\_GATE\\_001 `Makefile`: Makefile is part") == 1


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
    plan = {"unit": bad, "changes": [["delete", bad]], "applyable": True, "outputs_change": False, "provisional": False}
    report = {"exit_code": 0, "fail_on": bad, "findings": [{"check": bad, "what": bad, "file": bad}]}
    parity = {"exit_code": 0, "error": bad}
    odd = body(own=report, to_release=[row], plans=[plan], environment=bad, rendered=bad, parity=parity, base=bad)
    text = comment.format_reviews(odd, before())
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert not re.search(r"<(?:img|a )|<h1", html)
    assert html.count("</details>") == 1
    shown = re.sub(r"<code.*?</code>", "", html, flags=re.DOTALL)
    assert "@everyone" not in shown


def test_a_comment_that_is_too_long_says_so() -> None:
    rows = [{**CHANGED, "what": "x" * 3_000} for _ in range(60)]
    text = comment.format_reviews(body(to_release=rows), before())
    assert len(text) < 65_536
    assert "## Meridian: waits for an owner of the gate\n" in text
    assert "**This part is too long for a comment**" in text
    assert "$ make review BASE=" in text


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
    assert command.review_folder(ROOT, folder, "", static=True, released=False, as_json=True) == 1
    found = json.loads(capsys.readouterr().out)
    files = {row["file"] for row in found["to_release"]}
    assert files >= {"GNUmakefile", "scripts/sitecustomize.py", ".venv/bin/meridian"}
    assert (found["release"], found["own"]) == ("needed", None)
    assert not ran.exists()
    with pytest.raises(CouldNotTell):
        programs.run_command(folder, "scan")
    assert ran.exists(), "The test has to show that these files would run."


@pytest.mark.parametrize("options", [{"change": Path("x"), "environment": "dev"}, {"base": "main"}])
def test_a_static_review_has_no_plan(options: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="--static needs a FOLDER and excludes --env"):
        command.review(**options, static=True)
