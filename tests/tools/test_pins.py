"""One place names the versions; everything that repeats one agrees with it."""

import re
import tomllib
from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.toolchain import lock, pins, terragrunt, versions
from tests.tools.fakes import ROOT

PINS = pins.read(ROOT)


def test_go_mod_builds_the_pinned_terragrunt() -> None:
    text = (ROOT / "scripts/tools/go/go.mod").read_text()
    assert re.findall(r"gruntwork-io/terragrunt v(\S+)", text) == [PINS.terragrunt]
    assert "tool github.com/gruntwork-io/terragrunt\n" in text


def test_the_pinned_go_is_recent_enough_for_go_mod() -> None:
    pinned = versions.parse(PINS.go)
    assert pinned is not None
    assert versions.at_least(terragrunt.required_go(ROOT))(pinned)


def test_each_tool_wheel_is_locked_at_the_pinned_version() -> None:
    for package, version in lock.wheels(PINS).items():
        text = (ROOT / f"scripts/tools/wheels/{package}.txt").read_text()
        assert re.findall(r"^(\S+)==(\S+)", text, re.MULTILINE) == [(package, version)]


def test_python_is_the_oldest_that_the_package_and_the_linters_are_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["requires-python"] == f">={PINS.python}"
    assert project["tool"]["mypy"]["python_version"] == PINS.python
    assert project["tool"]["ruff"]["target-version"] == f"py{PINS.python.replace('.', '')}"


def test_the_root_file_admits_the_versions_that_set_up_admits() -> None:
    text = (ROOT / "terragrunt.hcl").read_text()
    assert re.search(rf'terragrunt_version_constraint = "~> {re.escape(PINS.terragrunt.rsplit(".", 1)[0])}\.0"', text)
    minimum = PINS.terraform.rsplit(".", 1)[0]
    assert re.search(rf'terraform_version_constraint  = ">= {re.escape(minimum)}\.0"', text)


@pytest.mark.parametrize("content", ["", "[tools]\n", '[tools]\nuv = "latest"\n', "[tools\n", "[tools]\nuv = 1\n"])
def test_a_mise_file_without_versions_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "mise.toml").write_text(content)
    with pytest.raises(UserError, match=r"mise\.toml"):
        pins.read(tmp_path)
