"""A module that `bootstrap` applies: where its unit is, what it is told, and what the other modules get from it."""

from dataclasses import replace
from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.inventory.load import load_inventory
from meridian.modules.ledger import Row
from meridian.paths import INVENTORY
from meridian.plans import terragrunt
from meridian.render import plan
from meridian.render.command import render_inventory
from meridian.targets import Target
from tests.render import world

UNIT_YAML = """\
placement: primary_region
applied_by: bootstrap
inputs:
  boundary: {environment: company_boundary}
  provider: {environment: oidc_provider}
  functions: {environment: functions}
  regions: {environment: region_names}
  rights: {environment: rights}
  subject: {environment: subject}
"""
USER_YAML = """\
placement: every_region
functions: [orders]
rights: [{service: sqs, apply: [DeleteQueue, CreateQueue]}]
inputs:
  boundary: {environment: permissions_boundary}
  path: {environment: role_path}
"""
TEXT = 'variable "{}" {{\n  type    = string\n  default = ""\n}}\n'
OUTPUT = 'output "arn" {\n  description = "It, e.g. EXAMPLE."\n  value = ""\n}\n'
ROLES = "live/dev/us-east-1/roles/terragrunt.hcl"
USER = "live/dev/us-east-1/user/terragrunt.hcl"
BOUNDARY = "arn:aws:iam::100000000001:policy/acme"


def repository(root: Path, *keys: str, url: str = "https://github.com/acme/demo.git", top: str = "") -> Path:
    """Make a repository whose `dev` has more keys, with a module of roles and one that uses their boundary."""
    text = world.MINIMAL.replace("https://example.com/org/demo.git", url + (f"\n{top}" if top else ""))
    world.make(root, text.replace("    versions:", "".join(f"    {key}\n" for key in keys) + "    versions:"))
    lists = 'variable "regions" {\n  type = list(string)\n}\nvariable "functions" {\n  type = list(string)\n}\n'
    lists += 'variable "rights" {\n  type = any\n}\n'
    for name, manifest, variables in (
        ("roles", UNIT_YAML, "".join(map(TEXT.format, ("boundary", "provider", "subject"))) + lists),
        ("user", USER_YAML, "".join(map(TEXT.format, ("boundary", "path")))),
    ):
        folder = root / "modules" / name
        folder.mkdir()
        (folder / "unit.yaml").write_text(manifest)
        (folder / "variables.tf").write_text(variables)
        (folder / "outputs.tf").write_text(OUTPUT)
    return root


def problems(root: Path) -> str:
    """Return what is wrong with the inventory of a repository."""
    with pytest.raises(UserError) as caught:
        load_inventory(root / INVENTORY)
    return caught.value.message


def test_without_access_there_is_no_unit_and_no_boundary(tmp_path: Path) -> None:
    files = render_inventory(repository(tmp_path)).files
    assert ROLES not in files
    assert files[USER].endswith("inputs = {}\n")


def test_with_access_the_unit_is_left_out_of_every_run_and_the_others_get_the_boundary(tmp_path: Path) -> None:
    files = render_inventory(repository(tmp_path, "access: {}")).files
    assert 'exclude {\n  if      = get_env("MERIDIAN_BOOTSTRAP", "") == ""\n  actions = ["all"]\n}\n' in files[ROLES]
    assert files[ROLES].endswith(
        'inputs = {\n  provider  = "new"\n  functions = ["orders"]\n  regions   = ["us-east-1"]\n'
        '  rights    = [{ service = "sqs", resource = "", apply = ["CreateQueue", "DeleteQueue"] }]\n'
        '  subject   = "acme/demo"\n}\n'
    )
    assert 'boundary = "arn:aws:iam::100000000001:policy/demo-dev.boundary"' in files[USER]
    assert "exclude" not in files[USER]


def test_what_a_module_declares_counts_where_it_has_a_unit(tmp_path: Path) -> None:
    """Its rights are no longer needed once it is switched off everywhere."""
    files = render_inventory(repository(tmp_path, "access: {}", "units: {user: false}")).files
    assert "functions = []" in files[ROLES]
    assert "rights    = []" in files[ROLES]


def test_rights_that_the_roles_do_not_read_are_a_note(tmp_path: Path) -> None:
    """It renders as before: a person may have given the rights by hand."""
    root = repository(tmp_path, "access: {}")
    assert render_inventory(root).notices == []
    file = root / "modules/roles/unit.yaml"
    file.write_text(UNIT_YAML.replace("  rights: {environment: rights}\n", ""))
    variables = root / "modules/roles/variables.tf"
    variables.write_text(variables.read_text().replace('variable "rights" {\n  type = any\n}\n', ""))
    before = render_inventory(root)
    assert before.notices == [
        "dev: roles (working tree) does not read the rights of user, so the pipelines' roles lack them. "
        "Write `rights: {environment: rights}` into the inputs of modules/roles/unit.yaml."
    ]
    assert "  rights " not in before.files[ROLES]
    (root / "modules/user/unit.yaml").write_text(USER_YAML.replace("rights:", "# rights:"))
    assert render_inventory(root).notices == []


def test_an_older_release_of_the_roles_is_promoted(tmp_path: Path) -> None:
    root = repository(tmp_path, "access: {}")
    contracts = render_inventory(root).contracts["dev"]
    inventory = load_inventory(root / INVENTORY)
    (dev,) = inventory.environments
    row = Row("roles", "1.1.0", "0" * 40, "0" * 40, "2026-11-28", "a")
    old = replace(contracts["roles"], release=row, inputs={})
    two = replace(inventory, environments=(dev, replace(dev, name="next")))
    pinned = {"dev": contracts, "next": {**contracts, "roles": old}}
    found = plan.find_notices(two, pinned)
    assert [one.partition(",")[0] for one in found] == [
        "next: roles 1.1.0 does not read the functions of user",
        "next: roles 1.1.0 does not read the rights of user",
    ]
    assert {one.partition(". ")[2] for one in found} == {"Run `meridian promote dev next --module roles`."}
    first = plan.find_notices(inventory, {"dev": pinned["next"]})
    assert {one.partition(". ")[2] for one in first} == {"Name a newer version of roles in `versions`."}


def test_the_variable_for_rights_has_their_type(tmp_path: Path) -> None:
    root = repository(tmp_path, "access: {}")
    file = root / "modules/roles/variables.tf"
    file.write_text(file.read_text().replace("type = any", "type = list(object({ service = string }))"))
    with pytest.raises(UserError, match=r"inputs\.rights\[0\]\.resource: there is no such key"):
        render_inventory(root)


def test_a_company_has_its_own_boundary_path_and_provider(tmp_path: Path) -> None:
    keys = ("access: {oidc_provider: existing}", f"permissions_boundary: {BOUNDARY}", "role_path: /acme/")
    files = render_inventory(repository(tmp_path, *keys)).files
    assert f'boundary = "{BOUNDARY}"\n  path     = "/acme/"' in files[USER]
    assert f'boundary  = "{BOUNDARY}"' in files[ROLES]
    assert 'provider  = "existing"' in files[ROLES]


def test_a_boundary_of_the_company_needs_no_access(tmp_path: Path) -> None:
    assert (
        f'boundary = "{BOUNDARY}"'
        in render_inventory(repository(tmp_path, f"permissions_boundary: {BOUNDARY}")).files[USER]
    )


def test_the_subject_has_the_ids_of_the_inventory(tmp_path: Path) -> None:
    files = render_inventory(
        repository(tmp_path, "access: {}", top='repository_ids: {owner: "12", repository: "34"}')
    ).files
    assert 'subject   = "acme@12/demo@34"' in files[ROLES]


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["access: true"], "environments.dev.access"),
        (["access: {oidc_providr: existing}"], "Did you mean 'oidc_provider'?"),
        (["access: {oidc_provider: found}"], "'found' must be one of: new, existing"),
        (["permissions_boundary: acme"], "'acme' is not the ARN of a policy"),
        (["permissions_boundary: arn:aws:iam::210987654321:policy/acme"], "is not a policy of account 100000000001"),
        (["role_path: acme"], "'acme' is not a path of roles"),
    ],
)
def test_wrong_keys_are_refused(tmp_path: Path, keys: list[str], text: str) -> None:
    assert text in problems(repository(tmp_path, *keys))


@pytest.mark.parametrize(
    ("top", "text"),
    [
        ("repository_ids: {owner: 12, repository: '34'}", "12 is not an id"),
        ("repository_ids: {owner: '12'}", "'repository' is missing"),
        ("repository_ids: {owner: '12', repository: '34', repo: '5'}", "there is no such key here"),
        ("repository_ids: yes", "repository_ids"),
    ],
)
def test_wrong_ids_are_refused(tmp_path: Path, top: str, text: str) -> None:
    assert text in problems(repository(tmp_path, top=top))


def test_access_needs_github_and_a_module(tmp_path: Path) -> None:
    assert "needs a repository at https://github.com/" in problems(
        repository(tmp_path / "one", "access: {}", url="https://git.example.com/acme/demo.git")
    )
    root = world.make(tmp_path / "two", world.MINIMAL.replace("https://example.com/org", "https://github.com/org"))
    world.write_inventory(
        root, (root / INVENTORY).read_text().replace("    versions:", "    access: {}\n    versions:")
    )
    assert "'versions' lacks the module that makes the roles" in problems(root)


def test_the_commands_see_the_unit_apart(tmp_path: Path) -> None:
    """Plan, apply, scan and recover list the units of `apply`; only bootstrap lists the other."""
    root = repository(tmp_path, "access: {}")
    for name, text in render_inventory(root).files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    target = Target("local", root, load_inventory(root / INVENTORY).environment("dev"), "", "http://127.0.0.1:1")
    assert "us-east-1/roles" not in terragrunt.find_units(target)
    assert "us-east-1/user" in terragrunt.find_units(target)
    assert terragrunt.find_bootstrap_units(target) == ["us-east-1/roles"]
    assert "MERIDIAN_BOOTSTRAP" not in target.environ({"MERIDIAN_BOOTSTRAP": "1"})
