"""`meridian add-region` on the command line: its output, the files it writes, and refusals."""

import json
from pathlib import Path
from typing import Any

import pytest

from meridian.change.add_region import add_region
from meridian.cli import main
from meridian.errors import OperationFailed
from meridian.render import write
from meridian.render.command import require_current
from tests.change.conftest import INVENTORY, rendered
from tests.render.world import tree


def run(root: Path, *arguments: str) -> int:
    """Run the command line on a repository."""
    return main(["add-region", *arguments, "--root", str(root)])


def test_inventory_and_files_come_together(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The inventory has one more line, and live/ is rendered from it."""
    before = tree(repository / "live")
    assert run(repository, "dev", "eu-central-1") == 0
    after = tree(repository / "live")
    assert after.pop("inventory.yaml") == f"{INVENTORY}      eu-central-1: {{}}\n"
    new = {"dev/eu-central-1/store/terragrunt.hcl", "dev/eu-central-1/web/terragrunt.hcl"}
    assert after.keys() - before.keys() == new
    assert {path: text for path, text in after.items() if path not in new} == {
        path: text for path, text in before.items() if path != "inventory.yaml"
    }
    require_current(repository)
    out = capsys.readouterr().out
    assert (
        "  eu-central-1/store  store (working tree), 2 resources, state live/dev/eu-central-1/store/terraform.tf" in out
    )
    assert "  counted once  eu-central-1/store: aws_sns_topic_subscription.all\n" in out
    assert "  role          eu-central-1/web: aws_iam_role.function\n" in out
    assert "  idle cost     about 1 USD a month, 1 customer-managed key(s)\n" in out
    assert out.endswith("  meridian plan dev\n  meridian apply dev\n  meridian verify dev\n")
    assert (
        "Not checked: whether account 100000000001 has eu-central-1 enabled, services offered there, "
        "quotas. To check:\n"
        "  aws account get-region-opt-status --region-name eu-central-1\n"
        "  aws service-quotas list-service-quotas --service-code lambda --region eu-central-1\n"
    ) in out


def test_a_dry_run_writes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It shows the whole diff, and the command that writes it."""
    before = tree(repository / "live")
    assert run(repository, "dev", "eu-central-1", "--dry-run") == 0
    assert tree(repository / "live") == before
    out = capsys.readouterr().out
    assert "+      eu-central-1: {}\n" in out
    assert "+++ live/dev/eu-central-1/web/terragrunt.hcl (as it must be)\n" in out
    assert out.endswith("Next:\n  meridian add-region dev eu-central-1\n")


def test_the_report_is_kept(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints what out/add-region.json holds."""
    assert run(repository, "dev", "ap-east-1", "--json") == 0
    out = capsys.readouterr().out
    assert out == (repository / "out" / "add-region.json").read_text(encoding="utf-8")
    kept = json.loads(out)
    assert kept["verdict"] == "ok"
    assert [(row["action"], row["path"]) for row in kept["changes"]] == [
        ("changed", "live/inventory.yaml"),
        ("new", "live/dev/ap-east-1/store/terragrunt.hcl"),
        ("new", "live/dev/ap-east-1/web/terragrunt.hcl"),
    ]
    assert (kept["resources"], kept["idle_usd_a_month"]) == (4, 1)
    assert len(kept["not_checked"]) == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("dev", "eu-west-1"), "eu-west-1 is already in dev."),
        (("dev", "eu-wst-3"), "'eu-wst-3' is not an AWS region. Did you mean 'eu-west-3'?"),
        (
            ("dev", "cn-north-1"),
            "cn-north-1 is in partition aws-cn, dev is in aws: an account belongs to one.",
        ),
        (("dve", "eu-west-3"), "There is no environment 'dve' in live/inventory.yaml."),
        (("dev",), "'' is not an AWS region."),
    ],
    ids=["there already", "unknown", "another partition", "no such environment", "no region"],
)
def test_what_cannot_be_added_is_refused(
    repository: Path, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error gives the reason, and nothing is written."""
    before = tree(repository / "live")
    assert run(repository, *arguments) == 2
    assert f"error: {says}\n" in capsys.readouterr().err
    assert tree(repository / "live") == before


def test_a_retiring_region_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The hint says how to keep the region and how to finish."""
    text = INVENTORY.replace("eu-west-1: {}", "eu-west-1: {retiring: true}")
    assert run(rendered(tmp_path / "repository", text, capsys), "dev", "eu-west-1") == 2
    err = capsys.readouterr().err
    assert "error: eu-west-1 is retiring in dev.\n" in err
    assert "meridian remove-region dev eu-west-1" in err


def test_adding_a_region_again_removes_its_tombstone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The output says so."""
    root = rendered(tmp_path / "repository", f'{INVENTORY}    retired: {{eu-west-2: "2026-01-31"}}\n', capsys)
    assert run(root, "dev", "eu-west-2") == 0
    assert "It was retired on 2026-01-31; its tombstone is removed.\n" in capsys.readouterr().out
    assert (root / "live/inventory.yaml").read_text(encoding="utf-8") == f"{INVENTORY}      eu-west-2: {{}}\n"


def test_a_live_that_is_not_current_is_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise the change would carry others with it."""
    (repository / "live/dev/eu-west-1/web/terragrunt.hcl").unlink()
    before = tree(repository / "live")
    assert run(repository, "dev", "eu-central-1") == 2
    assert "The tree is not what live/inventory.yaml renders" in capsys.readouterr().err
    assert tree(repository / "live") == before


def test_a_file_in_the_way_is_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file without the marker is never replaced, and the inventory stays as it was."""
    mine = repository / "live/dev/eu-central-1/web/terragrunt.hcl"
    mine.parent.mkdir(parents=True)
    mine.write_text("# mine\n", encoding="utf-8")
    before = tree(repository / "live")
    assert run(repository, "dev", "eu-central-1") == 2
    assert "live/dev/eu-central-1/web/terragrunt.hcl: is not generated" in capsys.readouterr().err
    assert tree(repository / "live") == before


def test_an_inventory_that_is_a_link_is_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written through a link, and no link is replaced by a file."""
    inventory = repository / "live/inventory.yaml"
    inventory.rename(repository / "elsewhere.yaml")
    inventory.symlink_to("../elsewhere.yaml")
    assert run(repository, "dev", "eu-central-1") == 2
    assert "live/inventory.yaml is a link." in capsys.readouterr().err
    assert inventory.is_symlink()


def test_a_disk_that_refuses_leaves_both_as_they_were(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The inventory is staged with the files: all of them or none."""
    before = tree(repository / "live")
    stage = write.write_new_file

    def full(temporary: object, *rest: Any) -> None:
        if "eu-central-1/web" in str(temporary):
            raise OSError(28, "No space left on device", str(temporary))
        stage(temporary, *rest)

    monkeypatch.setattr(write, "write_new_file", full)
    with pytest.raises(OperationFailed, match=r"Nothing was changed\."):
        add_region(root=repository, environment="dev", region="eu-central-1", dry_run=False, as_json=False)
    assert tree(repository / "live") == before
