"""`meridian add-region` on the command line: its output, the files it writes, and refusals."""

from pathlib import Path
from typing import Any

import pytest

from meridian.cli import main
from meridian.render import write as render_write
from meridian.render.command import require_current
from tests.change.world import change, files, generate, refused, report, write

NEW = {f"live/dev/eu-central-1/{module}/terragrunt.hcl" for module in ("store", "web")}


def run(root: Path, *arguments: str) -> int:
    """Run the command in a repository."""
    return main(["add-region", *arguments, "--root", str(root)])


def test_inventory_and_files_come_together(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The inventory has one more line, and live/ is rendered from it."""
    before = files(root)
    assert run(root, "dev", "eu-central-1") == 0
    after = files(root)
    inventory = before["live/inventory.yaml"].replace("us-east-1: {}\n", "us-east-1: {}\n      eu-central-1: {}\n", 1)
    assert after == before | {path: after[path] for path in NEW} | {"live/inventory.yaml": inventory}
    require_current(root)
    out = capsys.readouterr().out
    assert "  eu-central-1/store  store (working tree), 2 resources, state live/dev/eu-central-1/store/terraform" in out
    assert "  counted once  eu-central-1/web: aws_iam_role.function\n" in out
    assert "  role          eu-central-1/web: aws_iam_role.function\n" in out
    assert "  keys          1 customer-managed; what a region costs: docs/costs.md\n" in out
    assert out.endswith("  meridian plan dev\n  meridian apply dev\n  meridian verify dev\n")
    assert (
        "Not checked: whether account 100000000001 has eu-central-1 enabled, services offered there, "
        "quotas. To check:\n"
        "  aws account get-region-opt-status --region-name eu-central-1\n"
        "  aws service-quotas list-service-quotas --service-code lambda --region eu-central-1\n"
    ) in out


def test_a_dry_run_writes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It shows the whole diff, and the command that writes it."""
    before = files(root)
    assert run(root, "dev", "eu-central-1", "--dry-run") == 0
    assert files(root) == before
    out = capsys.readouterr().out
    assert "+      eu-central-1: {}\n" in out
    assert "+++ live/dev/eu-central-1/web/terragrunt.hcl (as it must be)\n" in out
    assert out.endswith("Next:\n  meridian add-region dev eu-central-1\n")


def test_the_report_is_kept(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints what out/add-region.json holds."""
    assert run(root, "dev", "eu-central-1", "--json") == 0
    assert capsys.readouterr().out == (root / "out/add-region.json").read_text(encoding="utf-8")
    kept = report(root, "add-region")
    assert kept["verdict"] == "ok"
    changes = [("changed", "live/inventory.yaml"), *(("new", path) for path in sorted(NEW))]
    assert [(row["action"], row["path"]) for row in kept["changes"]] == changes
    assert (kept["resources"], kept["customer_managed_keys"]) == (4, 1)


@pytest.mark.parametrize(
    ("environment", "region", "says"),
    [
        ("dev", "us-east-1", "error: us-east-1 is already in dev.\n"),
        ("dev", "eu-wst-3", "error: 'eu-wst-3' is not an AWS region. Did you mean 'eu-west-3'?\n"),
        ("dev", "cn-north-1", "environments.dev.regions.cn-north-1: is in partition aws-cn, the primary region is not"),
        ("dve", "eu-west-3", "There is no environment 'dve' in live/inventory.yaml."),
    ],
)
def test_a_region_that_cannot_be_added_is_refused(
    root: Path, environment: str, region: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in refused(root, capsys, "add-region", environment, region)


def test_a_retiring_region_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The hint says how to keep the region and how to finish."""
    assert main(["remove-region", "staging", "eu-west-1", "--root", str(root)]) == 0
    message = refused(root, capsys, "add-region", "staging", "eu-west-1")
    assert "error: eu-west-1 is retiring in staging.\n" in message
    assert "meridian remove-region staging eu-west-1" in message


def test_adding_a_region_again_removes_its_tombstone(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The output says so."""
    line = '    retired: {eu-west-2: "2026-01-31"}\n'
    change(root, "live/inventory.yaml", "  staging:\n", f"{line}  staging:\n")
    generate(root)
    assert run(root, "dev", "eu-west-2") == 0
    assert "It was retired on 2026-01-31; its tombstone is removed.\n" in capsys.readouterr().out
    assert line not in (root / "live/inventory.yaml").read_text(encoding="utf-8")


def test_a_live_that_is_not_current_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise the change would carry others with it."""
    (root / "live/prod/us-east-1/web/terragrunt.hcl").unlink()
    message = refused(root, capsys, "add-region", "dev", "eu-central-1")
    assert (
        "The tree is not what live/inventory.yaml renders: live/prod/us-east-1/web/terragrunt.hcl (missing)" in message
    )


def test_a_file_in_the_way_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file without the marker is never replaced, and the inventory stays as it was."""
    write(root, "live/dev/eu-central-1/web/terragrunt.hcl", "# mine\n")
    message = refused(root, capsys, "add-region", "dev", "eu-central-1")
    assert "live/dev/eu-central-1/web/terragrunt.hcl: is not generated" in message


def test_an_inventory_that_is_a_link_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written through a link, and no link is replaced by a file."""
    inventory = root / "live/inventory.yaml"
    inventory.rename(root / "elsewhere.yaml")
    inventory.symlink_to("../elsewhere.yaml")
    assert "live/inventory.yaml is a link." in refused(root, capsys, "add-region", "dev", "eu-central-1")
    assert inventory.is_symlink()


def test_a_full_disk_leaves_all_files_as_they_were(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The inventory is staged with the files: all of them or none."""
    before = files(root)
    stage = render_write.write_new_file
    staged: list[str] = []

    def full(temporary: str, *rest: Any) -> None:
        staged.append(temporary)
        if len(staged) == 3:
            raise OSError(28, "No space left on device", temporary)
        stage(temporary, *rest)

    monkeypatch.setattr(render_write, "write_new_file", full)
    assert run(root, "dev", "eu-central-1") == 4
    assert "No space left on device. Nothing was changed." in capsys.readouterr().err
    assert files(root) == before


ROLES = {
    "unit.yaml": "placement: primary_region\napplied_by: bootstrap\ninputs: {regions: {environment: region_names}}\n",
    "variables.tf": 'variable "regions" {\n  type = list(string)\n}\n',
    "outputs.tf": "",
    "main.tf": "",
}


def test_roles_that_name_the_regions_follow_a_region_before_its_plan(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """When it comes and when it is gone; where no role names it, no step does."""
    for name, text in ROLES.items():
        write(root, f"modules/roles/{name}", text)
    change(root, "live/inventory.yaml", "https://example.com/", "https://github.com/")
    change(root, "live/inventory.yaml", "    versions: working-tree", "    access: {}\n    versions: working-tree")
    generate(root)
    capsys.readouterr()
    assert run(root, "dev", "eu-central-1") == 0
    assert "\n  meridian bootstrap dev\n  meridian plan dev\n" in capsys.readouterr().out
    remove = ["remove-region", "dev", "eu-central-1", "--target", "local", "--root", str(root)]
    assert main(remove) == 0
    assert "bootstrap" not in capsys.readouterr().out
    assert main([*remove, "--without-state-check"]) == 0
    ends = "\n  meridian bootstrap dev --target local\n  meridian plan dev --target local\n"
    assert capsys.readouterr().out.endswith(ends)
