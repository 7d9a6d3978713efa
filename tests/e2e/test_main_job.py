"""The main job: a fresh clone, one command, and two regions that are verified."""

import json
import re
import sys
from pathlib import Path

from meridian.targets import Target
from tests.e2e.checkout import Checkout, verdicts
from tests.e2e.conftest import Deployed

REGIONS = ["us-east-1", "eu-west-1"]
SPY = Path(__file__).with_name("spy.py")


def test_both_regions_pass_every_check(fresh: Deployed) -> None:
    assert verdicts(fresh.report) == {region: {"PASS"} for region in REGIONS}
    assert {finding["status"] for finding in fresh.report["findings"]} == {"PASS"}
    assert (fresh.report["verdict"], fresh.report["exit_code"]) == ("ok", 0)


def test_the_table_of_regions_is_the_last_thing_on_stdout(fresh: Deployed) -> None:
    lines = [line.split() for line in fresh.up.stdout.splitlines()]
    header = lines.index(["region", "greet", "item", "message", "refusals", "routes", "status", "seconds"])
    assert [line[:6] for line in lines[header + 1 : header + 3]] == [[region, *["PASS"] * 5] for region in REGIONS]


def test_up_says_what_took_how_long(fresh: Deployed) -> None:
    assert re.search(r"^took .*apply every unit \d+\.\d s, verify \d+\.\d s$", fresh.up.stderr, re.MULTILINE)


def test_only_the_user_can_read_the_reports(fresh: Deployed) -> None:
    assert (fresh.checkout.root / "out").stat().st_mode & 0o777 == 0o700


def test_a_second_plan_is_empty_in_a_shell_with_a_foreign_profile(first: Checkout) -> None:
    done = first.second_plan("dev").expect(0)
    assert done.stdout.count("No changes.") == len(first.units("dev"))


def test_what_is_committed_stays_as_it_was(first: Checkout, fresh: Deployed) -> None:
    """A run writes into out/ and dist/ only, which git ignores."""
    check = first.meridian("generate", "--check").expect(0)
    assert "are what live/inventory.yaml renders" in check.stdout
    assert sorted(path.name for path in (first.root / "live/dev").rglob("*") if path.name.startswith(".")) == [
        ".terraform.lock.hcl"
    ]


def test_no_address_password_or_token_is_written_anywhere(first: Checkout, home: Path) -> None:
    """A spy keeps what the verifier uses; the search for it finds the spy's own file and nothing else."""
    kept = home / "spied.json"
    done = first.run([sys.executable, str(SPY), str(kept), "verify", "dev", "--target", "local"]).expect(0)
    secrets = json.loads(kept.read_text())
    assert sorted({secret["kind"] for secret in secrets}) == ["address", "password", "token"]
    texts = {"stdout": done.stdout, "stderr": done.stderr} | _reports(first) | _function_logs(first.target("dev"))
    assert {"us-east-1 /aws/lambda/greeter-dev-greet", "verify.json"} <= texts.keys()
    texts["emulator.log"] = (first.folder("dev") / "emulator.log").read_text(errors="replace")
    assert _found(secrets, texts) == []
    assert len(_found(secrets, {"spied.json": kept.read_text()})) == len(secrets)


def _found(secrets: list[dict[str, str]], texts: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, one["kind"]) for one in secrets for name, text in texts.items() if one["value"] in text]


def _reports(checkout: Checkout) -> dict[str, str]:
    """Return every report and log that the commands keep."""
    out = checkout.root / "out"
    files = [path for path in out.rglob("*") if path.suffix in {".json", ".log", ".txt"} and path.is_file()]
    return {str(path.relative_to(out)): path.read_text(errors="replace") for path in files}


def _function_logs(target: Target) -> dict[str, str]:
    texts = {}
    for region in REGIONS:
        logs = target.client("logs", region)
        for group in logs.describe_log_groups()["logGroups"]:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
            lines = [event["message"] for page in pages for event in page["events"]]
            texts[f"{region} {group['logGroupName']}"] = "\n".join(lines)
    return texts
