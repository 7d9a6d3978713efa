"""`meridian lock`: lock files follow the engine; nothing is written unless every hash is there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from meridian import tools
from meridian.cli import main
from meridian.engines import OPENTOFU, TERRAFORM, read_locked
from tests.change.world import change, files, generate, write
from tests.toolchain import fakes

LOCK = """\
# This file is maintained automatically by "terraform init".

provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.100.0"
  constraints = "~> 5.100"
  hashes = [
    "h1:ours=",
  ]
}
"""
# What `tofu providers lock` does: it keeps the version and records the hashes of its registry.
LOCKS = """
printf '%s\\n' "$@" > "$0.arguments"; cp versions.tf "$0.versions"; cp .terraform.lock.hcl "$0.start"
grep -q hashes .terraform.lock.hcl && exit 9
sed '$d' "$0.start" > .terraform.lock.hcl
printf '  hashes = [\\n    "h1:a=",\\n    "h1:b=",\\n    "h1:c=",\\n    "h1:d=",\\n  ]\\n}\\n' >> .terraform.lock.hcl
"""
UNREACHABLE = 'echo "Error: could not connect to registry.opentofu.org" >&2; exit 1'
NEWER = LOCKS + "sed -i 's/5.100.0/5.101.0/' .terraform.lock.hcl"
FEWER = LOCKS + "sed -i '/h1:d=/d' .terraform.lock.hcl"


@pytest.fixture
def switched(root: Path) -> Path:
    """Return a repository that has just chosen OpenTofu; prod is locked for it already."""
    for environment in ("dev", "staging"):
        write(root, f"live/{environment}/.terraform.lock.hcl", LOCK)
    write(root, "live/prod/.terraform.lock.hcl", LOCK.replace(TERRAFORM.registry, OPENTOFU.registry))
    change(root, "live/inventory.yaml", "defaults:", "engine: opentofu\ndefaults:")
    generate(root)
    return root


@pytest.fixture
def tofu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that makes OpenTofu a script."""
    monkeypatch.setattr(tools, "folder", lambda: tmp_path / "tools")
    return lambda body: fakes.program(tmp_path / "tools", "tofu", body)


def test_each_lock_file_of_the_other_engine_is_replaced(
    switched: Path, tofu: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    program, before = tofu(LOCKS), files(switched)
    assert main(["lock", "--root", str(switched)]) == 0
    after = files(switched)
    assert [path for path in after if after[path] != before[path]] == [
        f"live/{environment}/.terraform.lock.hcl" for environment in ("dev", "staging")
    ]
    text = after["live/dev/.terraform.lock.hcl"]
    assert text == after["live/staging/.terraform.lock.hcl"]
    assert read_locked(text) == {OPENTOFU.provider: "5.100.0"}
    assert 'constraints = "~> 5.100"' in text
    assert "ours" not in text
    assert 'version = "~> 5.100"' in Path(f"{program}.versions").read_text()
    assert Path(f"{program}.arguments").read_text().split()[:3] == ["providers", "lock", "-no-color"]
    assert "unchanged  live/prod/.terraform.lock.hcl" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (UNREACHABLE, "could not connect to registry.opentofu.org"),
        (NEWER, "another version, or not every platform"),
        (FEWER, "another version, or not every platform"),
    ],
    ids=["no network", "another version", "a platform is missing"],
)
def test_nothing_is_written_without_every_hash(
    switched: Path, tofu: Callable[[str], Path], body: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tofu(body)
    before = files(switched)
    assert main(["lock", "--root", str(switched)]) == 4
    assert says in capsys.readouterr().err
    assert files(switched) == before


def test_generate_says_which_lock_files_are_of_the_other_engine(
    switched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--check", "--root", str(switched)]) == 0
    said = capsys.readouterr().err
    for environment in ("dev", "staging"):
        assert f"live/{environment}/.terraform.lock.hcl does not lock {OPENTOFU.provider}, which OpenTofu uses" in said
    assert "live/prod/.terraform.lock.hcl" not in said
    change(switched, "live/inventory.yaml", "engine: opentofu\n", "")
    generate(switched)
    assert main(["generate", "--check", "--root", str(switched)]) == 0
    said = capsys.readouterr().err
    assert "live/prod/.terraform.lock.hcl does not lock registry.terraform.io/hashicorp/aws, which Terraform" in said
    assert "live/dev/.terraform.lock.hcl does not" not in said


def test_a_missing_lock_file_is_bad_input(switched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (switched / "live/dev/.terraform.lock.hcl").unlink()
    assert main(["lock", "--root", str(switched)]) == 2
    assert "live/dev/.terraform.lock.hcl is missing" in capsys.readouterr().err
