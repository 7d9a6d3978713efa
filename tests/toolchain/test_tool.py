"""Pinned versions, which version fits, and what PATH has."""

import os
import re
from pathlib import Path

import pytest

from meridian.engines import ENGINES
from meridian.errors import UserError
from meridian.toolchain import gobuild, tool
from tests.toolchain import fakes

PINS = tool.read_pins(fakes.ROOT)
TERRAFORM = tool.tools(PINS)["terraform"]


def search(*folders: Path) -> dict[str, str]:
    """Return an environment whose PATH is these folders."""
    return {"PATH": os.pathsep.join(map(str, folders))}


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("OpenTofu v1.12.6\non linux_amd64", "1.12.6"),
        ("OpenTofu v1.12.6-dev\non linux_amd64", None),
        ("terragrunt version v1.1.3\n", "1.1.3"),
        ("Terraform v1.11.4\non linux_amd64", "1.11.4"),
        ("go version go1.26.8 linux/amd64", "1.26.8"),
        ("git version 2.39.5 (Apple Git-154)", "2.39.5"),
        ("terragrunt version v1.1.3-rc1", None),
        ("", None),
    ],
)
def test_the_version_in_an_answer_is_found(answer: str, version: str | None) -> None:
    assert tool.parse_version(answer) == version


@pytest.mark.parametrize(
    ("name", "fitting", "others"),
    [
        ("terraform", ["1.11.0", "1.12.1", "2.0.0"], ["1.9.8", "1.10.99", "0.99"]),
        ("terragrunt", ["1.1.0", "1.1.9"], ["1.10.0", "1.2.0", "2.1.3"]),
        ("act", [PINS["act"]], ["0.2.9", "0.3.0"]),
    ],
)
def test_which_versions_fit(name: str, fitting: list[str], others: list[str]) -> None:
    wanted = tool.tools(PINS)[name]
    assert [version for version in [*fitting, *others] if wanted.fits(version)] == fitting


def test_an_old_terraform_is_refused_with_the_version_wanted_and_how_to_get_it(tmp_path: Path) -> None:
    fakes.program(tmp_path, "terraform", fakes.TERRAFORM, "1.9.8")
    with pytest.raises(UserError) as refused:
        tool.require_tool(TERRAFORM, search(tmp_path))
    assert (
        refused.value.message == f"terraform 1.11 or newer is needed, and PATH has only 1.9.8 at {tmp_path}/terraform."
    )
    assert f"Install {PINS['terraform']}" in refused.value.hint


@pytest.mark.parametrize("body", ["exit 1", "echo nonsense", "echo 1.11.4-beta1"])
def test_a_terraform_without_a_usable_answer_is_refused(tmp_path: Path, body: str) -> None:
    fakes.program(tmp_path, "terraform", body)
    with pytest.raises(UserError, match="no usable version"):
        tool.require_tool(TERRAFORM, search(tmp_path))


def test_the_first_that_fits_is_used_also_after_one_that_does_not(tmp_path: Path) -> None:
    fakes.program(tmp_path / "old", "terraform", fakes.TERRAFORM, "1.9.8")
    new = fakes.program(tmp_path / "new", "terraform", fakes.TERRAFORM, "1.12.0")
    assert tool.require_tool(TERRAFORM, search(tmp_path / "old", tmp_path / "new")) == new


def test_links_of_an_earlier_set_up_are_skipped(tmp_path: Path) -> None:
    """With .venv/tools on PATH a link would otherwise lead to itself."""
    fakes.program(tmp_path / ".venv/tools", "terraform", fakes.TERRAFORM, "1.11.4")
    (tmp_path / ".venv/pyvenv.cfg").touch()
    assert tool.find_tool(TERRAFORM, search(tmp_path / ".venv/tools")) == (None, [])


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("terragrunt", "gruntwork-io/terragrunt"),
        ("tofu", "opentofu/opentofu"),
        ("act", "nektos/act"),
        ("actionlint", "rhysd/actionlint"),
    ],
)
def test_go_mod_builds_the_pinned_version(name: str, module: str) -> None:
    program = gobuild.PROGRAMS[name]
    text = (fakes.ROOT / "scripts/tools" / program.module / "go.mod").read_text()
    assert re.findall(rf"{module} v(\S+)", text) == [PINS[program.pin]]
    oldest_go = re.findall(r"^go (\S+)$", text, re.MULTILINE)[0]
    assert tool.Tool("go", oldest_go, "", newer=True).fits(PINS["go"])


def test_the_root_file_accepts_the_versions_that_set_up_accepts() -> None:
    text = (fakes.ROOT / "terragrunt.hcl").read_text()
    terragrunt, terraform = tool.tools(PINS)["terragrunt"].version, TERRAFORM.version
    assert re.search(rf'terragrunt_version_constraint = "~> {re.escape(terragrunt)}\.0"', text)
    assert re.search(rf'terraform_version_constraint  = ">= {re.escape(terraform)}\.0"', text)
    wanted = tool.tools(PINS)
    assert {one.oldest for one in ENGINES.values()} == {f"{wanted[one.program].version}.0" for one in ENGINES.values()}


@pytest.mark.parametrize("content", ["[tools]\n", '[tools]\nuv = "latest"\n', "[tools\n"])
def test_a_mise_file_without_versions_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "mise.toml").write_text(content)
    with pytest.raises(UserError, match=r"mise\.toml"):
        tool.read_pins(tmp_path)
