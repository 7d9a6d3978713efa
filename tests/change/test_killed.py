"""Commands that are killed at any step: the same command, or `meridian generate`, leads to the same end."""

import shutil
import signal
from pathlib import Path

import pytest

from meridian.change import init
from meridian.cli import main
from meridian.errors import UserError
from meridian.render.command import generate, require_current
from tests.change.conftest import INVENTORY, rendered
from tests.render.test_killed import child

COMMANDS = {
    "add-region": ("add-region", "dev", "eu-north-1"),
    "add-env": ("add-env", "qa", "--like", "dev", "--account", "123456789012"),
    "init": (
        *("init", "--project", "shop", "--repository", "https://git.example.com/acme/shop.git"),
        *("--account", "dev=123456789012"),
    ),
}
FILES = ("live", "README.md", ".README.md.tmp")


def content(root: Path) -> dict[str, bytes]:
    """Return the README and every file below live/."""
    files = [root / "README.md", *(path for path in (root / "live").rglob("*") if path.is_file())]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def is_current(root: Path) -> bool:
    """Whether live/ is rendered from the inventory."""
    try:
        require_current(root)
    except UserError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_command_that_is_killed_at_any_step(
    command: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Killed before each open, rename and removal: `generate` or the same command finishes the change."""
    start = rendered(tmp_path / "start", INVENTORY.replace("https://example.com/org/demo.git", init.EXAMPLE), capfd)
    (start / "README.md").write_text(f"Come to {init.EXAMPLE}, demo-dev, 100000000001.\n", encoding="utf-8")
    (start / "live/dev/.terraform.lock.hcl").write_text("# a lock\n", encoding="utf-8")
    shutil.copytree(start, tmp_path / "new")
    assert main([*command, "--root", str(tmp_path / "new")]) == 0
    old, new = content(start), content(tmp_path / "new")
    root = tmp_path / "repository"
    for last in range(1, 1000):
        shutil.copytree(start, root)
        ended = child(root, last, lambda root: main([*command, "--root", str(root)]), FILES)
        found = {name: data for name, data in content(root).items() if ".meridian-" not in name}
        assert all(data in (old.get(name), new.get(name)) for name, data in found.items()), last
        if ended != -signal.SIGKILL:
            break
        if found["live/inventory.yaml"] == old["live/inventory.yaml"]:
            assert is_current(root), last
            assert main([*command, "--root", str(root)]) == 0, last
        else:
            assert generate(root=root, check=False, as_json=False) == 0, last
        assert content(root) == new, last
        shutil.rmtree(root)
    assert ended == 0
    assert last > 10
    assert content(root) == new
