"""The generator knows no module by name, and what it renders Terragrunt can read."""

import re
from pathlib import Path

from meridian.inventory.load import load_inventory
from meridian.modules.library import Library
from meridian.render.command import generate, render_inventory
from meridian.render.plan import plan_files
from tests.render.world import MINIMAL, make, write_inventory

ROOT = Path(__file__).resolve().parents[2]
ALARM = {
    "unit.yaml": """\
placement: every_region
needs: {web: same_region}
inputs:
  url: {output: web.url}
  alarm: {setting: alarm}
""",
    "variables.tf": """\
variable "url" {
  type = string
}

variable "alarm" {
  type = object({ minutes = number })
}
""",
    "outputs.tf": "",
}


def test_a_new_module_gets_its_units(tmp_path: Path) -> None:
    """Three files and a setting are enough: no line of the generator changes."""
    root = make(tmp_path / "repository")
    for name, text in ALARM.items():
        (root / "modules" / "alarm").mkdir(exist_ok=True)
        (root / "modules" / "alarm" / name).write_text(text, encoding="utf-8")
    write_inventory(root, MINIMAL.replace("defaults:", "defaults:\n  alarm: {minutes: 5}"))
    assert generate(root=root, check=False, as_json=False) == 0
    text = (root / "live/dev/us-east-1/alarm/terragrunt.hcl").read_text(encoding="utf-8")
    assert 'source = "${get_repo_root()}/modules//alarm"' in text
    assert text.endswith("inputs = {\n  url   = dependency.web.outputs.url\n  alarm = { minutes = 5 }\n}\n")


def test_units_are_where_their_manifest_places_them(tmp_path: Path) -> None:
    """Once in the primary region, or in every region."""
    root = make(tmp_path / "repository", MINIMAL.replace("us-east-1: {}", "eu-west-1: {}\n      us-east-1: {}"))
    library = Library(root)
    inventory = load_inventory(root / "live/inventory.yaml", library)
    paths = [file.path for file in plan_files(inventory, {"dev": library.contracts(None)})]
    assert paths == [
        "live/dev/env.hcl",
        "live/dev/eu-west-1/store/terragrunt.hcl",
        "live/dev/eu-west-1/web/terragrunt.hcl",
        "live/dev/us-east-1/directory/terragrunt.hcl",
        "live/dev/us-east-1/probe/terragrunt.hcl",
        "live/dev/us-east-1/store/terragrunt.hcl",
        "live/dev/us-east-1/web/terragrunt.hcl",
        "terragrunt.hcl",
    ]


def test_the_committed_tree_is_current() -> None:
    """The repository's own files are rendered."""
    assert generate(root=ROOT, check=True, as_json=False) == 0, "Run `make generate` and commit the result."


def test_every_environment_has_its_provider_lock() -> None:
    """Version and constraint fit the modules: `init -lockfile=readonly` would refuse anything else."""
    environments = load_inventory(ROOT / "live/inventory.yaml").environments
    for environment in environments:
        text = (ROOT / "live" / environment.name / ".terraform.lock.hcl").read_text(encoding="utf-8")
        assert 'provider "registry.terraform.io/hashicorp/aws"' in text
        assert text.count('"h1:') == 14, f"{environment.name}: one hash for each published platform"
    for versions in (ROOT / "modules").glob("*/versions.tf"):
        wanted = re.search(r'"hashicorp/aws"\s+version\s+= "([^"]+)"', versions.read_text(encoding="utf-8"))
        assert wanted, versions
        assert f'constraints = "{wanted[1]}"' in text, versions


def test_a_retiring_environment_loses_its_deletion_protection_alone(example: Path) -> None:
    text = (example / "live/inventory.yaml").read_text(encoding="utf-8")
    before, protected, after = text.partition("    protected: true")
    going = re.sub(r"(us-east-1|eu-west-1): \{\}", r"\1: {retiring: true}", after)
    files = render_inventory(example, f"{before}{protected}{going}").files
    pool = files["live/prod/us-east-1/identity/terragrunt.hcl"]
    assert re.search(r"deletion_protection += false", pool)
    assert re.search(r"self_sign_up += false", pool)
    assert re.search(r"deletion_protection += false", files["live/prod/eu-west-1/data/terragrunt.hcl"])
    assert "retention_days = 365" in files["live/prod/eu-west-1/compute/terragrunt.hcl"]
