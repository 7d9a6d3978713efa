"""OpenTofu in set-up: only where it is needed, with a provider that it accepts."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from meridian.engines import LOCAL_LOCK, OPENTOFU, TERRAFORM, Engine, read_locked
from meridian.errors import UserError
from meridian.toolchain import doctor, opentofu, provider, setup
from meridian.toolchain.cache import platform_name
from tests.toolchain import fakes

Put = Callable[[Path, Engine], Path]
TOFU = "echo OpenTofu v{version}"
# Of `sha256sum LICENSE.txt terraform-provider-aws_v5.100.0_x5 | sha256sum`, in base64.
HASH = "h1:jtBbkSS7kYRvvqGqCfnkaUupgmj0mFCZusfJ7MPIHQU="
FILES = {"LICENSE.txt": "license\n", f"terraform-provider-aws_v{provider.VERSION}_x5": "program\n"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that was never set up, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(provider, "USUAL", tmp_path / "opt")
    return fakes.checkout(tmp_path / "checkout")


@pytest.fixture
def environ(tmp_path: Path, root: Path) -> dict[str, str]:
    """A machine with both engines."""
    folder = fakes.machine(tmp_path / "bin")
    fakes.program(folder, "tofu", TOFU, "1.12.3")
    return fakes.environ(tmp_path, folder, root)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """The folder of tools of a checkout."""
    folder = tmp_path / "tools"
    folder.mkdir()
    return folder


def unpacked(folder: Path, engine: Engine) -> Path:
    """Put an unpacked provider into a mirror."""
    place = folder / engine.provider / provider.VERSION / platform_name()
    place.mkdir(parents=True)
    for name, text in FILES.items():
        (place / name).write_text(text)
    return folder


def zipped(folder: Path, engine: Engine) -> Path:
    """Put a provider into a mirror as it is published."""
    place = folder / engine.provider
    place.mkdir(parents=True)
    with zipfile.ZipFile(place / f"terraform-provider-aws_{provider.VERSION}_{platform_name()}.zip", "w") as archive:
        for name, text in reversed(FILES.items()):
            archive.writestr(name, text)
    return folder


def inventory(root: Path, line: str) -> None:
    """Write an inventory with a line."""
    (root / "live").mkdir(exist_ok=True)
    (root / "live/inventory.yaml").write_text(f"project: x\n{line}\n")


def linked(root: Path) -> set[str]:
    """Return the engines that set-up linked."""
    return {name for name in ("terraform", "tofu") if (root / ".venv/tools" / name).is_symlink()}


@pytest.mark.parametrize(
    ("line", "chosen"),
    [
        *(("engine: opentofu", True), ('engine: "opentofu" # ours', True), ("engine : opentofu", True)),
        *(("engine: terraform", False), ("# engine: opentofu", False), ("  engine: opentofu", False), ("", False)),
    ],
)
def test_the_inventory_chooses(tmp_path: Path, line: str, chosen: bool) -> None:
    inventory(tmp_path, line)
    assert opentofu.is_chosen(tmp_path) is chosen


def test_a_checkout_without_an_inventory_runs_terraform(tmp_path: Path) -> None:
    assert not opentofu.is_chosen(tmp_path)


@pytest.mark.parametrize("put", [unpacked, zipped])
def test_a_package_has_one_hash_in_both_forms(tmp_path: Path, put: Put) -> None:
    package = opentofu.find_package(put(tmp_path, TERRAFORM), TERRAFORM)
    assert opentofu.hash_package(package) == HASH


@pytest.mark.parametrize("put", [unpacked, zipped])
def test_terraforms_copy_gets_a_lock_file_of_its_own(
    tmp_path: Path, environ: dict[str, str], tools: Path, put: Put
) -> None:
    mirror = put(tmp_path / "named", TERRAFORM)
    said = opentofu.configure(tools, {**environ, provider.VARIABLE: str(mirror)})
    assert said == f"copy of Terraform's at {mirror}, for the local AWS only"
    assert read_locked((tools / LOCAL_LOCK).read_text()) == {OPENTOFU.provider: provider.VERSION}
    assert HASH in (tools / LOCAL_LOCK).read_text()
    link = opentofu.find_package(tools / opentofu.MIRROR, OPENTOFU)
    assert link.resolve() == opentofu.find_package(mirror, TERRAFORM).resolve()
    text = (tools / opentofu.NAME).read_text()
    assert str(tools / opentofu.MIRROR) in text
    assert text.count(f'["{OPENTOFU.provider}"]') == 2


def test_a_copy_from_opentofus_registry_is_used_as_it_is(tmp_path: Path, environ: dict[str, str], tools: Path) -> None:
    """Both lie in one mirror: the committed lock file counts."""
    mirror = unpacked(unpacked(tmp_path / "named", TERRAFORM), OPENTOFU)
    (tools / LOCAL_LOCK).touch()
    opentofu.configure(tools, {**environ, provider.VARIABLE: str(mirror)})
    assert not (tools / LOCAL_LOCK).exists()
    assert f'"{mirror}"' in (tools / opentofu.NAME).read_text()


def test_without_a_copy_nothing_is_left_of_an_earlier_one(tmp_path: Path, environ: dict[str, str], tools: Path) -> None:
    mirror = unpacked(tmp_path / "named", TERRAFORM)
    opentofu.configure(tools, {**environ, provider.VARIABLE: str(mirror)})
    said = opentofu.configure(tools, environ)
    assert said == "no copy on this machine; Terragrunt downloads it once into its cache"
    assert list(tools.iterdir()) == []


@pytest.mark.parametrize("name", [".terraformrc", ".tofurc"])
def test_the_users_own_configuration_is_linked(environ: dict[str, str], tools: Path, name: str) -> None:
    """OpenTofu reads its own file first, then Terraform's."""
    home = Path(environ["HOME"])
    (home / ".terraformrc").write_text("provider_installation {}\n")
    (home / name).write_text("provider_installation {}\n")
    opentofu.configure(tools, environ)
    assert (tools / opentofu.NAME).readlink() == (home / name).resolve()


def test_a_user_of_terraform_gets_no_opentofu(root: Path, environ: dict[str, str]) -> None:
    setup.run(root, environ)
    assert linked(root) == {"terraform"}


@pytest.mark.parametrize("with_terraform", [True, False])
def test_the_engine_of_the_inventory_is_linked(
    root: Path, environ: dict[str, str], tmp_path: Path, with_terraform: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    inventory(root, "engine: opentofu")
    if not with_terraform:
        (tmp_path / "bin/terraform").unlink()
    environ["PATH"] = str(tmp_path / "bin") + ":/bin"
    setup.run(root, environ)
    assert linked(root) == ({"terraform", "tofu"} if with_terraform else {"tofu"})
    capsys.readouterr()
    setup.run(root, environ)
    assert capsys.readouterr().err == "-> set-up: nothing to do\n"


def test_a_change_of_the_engine_is_noticed(root: Path, environ: dict[str, str]) -> None:
    setup.run(root, environ)
    inventory(root, "engine: opentofu")
    setup.run(root, environ)
    assert linked(root) == {"terraform", "tofu"}


def test_without_terraform_opentofu_stands_in(
    root: Path, environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bin/terraform").unlink()
    setup.run(root, environ)
    assert linked(root) == {"tofu"}
    assert "Terraform is not on PATH: OpenTofu runs the local AWS." in capsys.readouterr().err


def test_an_old_terraform_is_not_replaced_by_opentofu(root: Path, environ: dict[str, str], tmp_path: Path) -> None:
    """Its user wants Terraform; the error says which version."""
    fakes.program(tmp_path / "bin", "terraform", fakes.TERRAFORM, "1.9.8")
    with pytest.raises(UserError, match=r"terraform 1\.11 or newer is needed, and PATH has only 1\.9\.8"):
        setup.run(root, environ)


def test_as_an_extra_it_is_linked_and_set_up_stays_current(
    root: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    setup.run(root, environ, extra="opentofu")
    assert linked(root) == {"terraform", "tofu"}
    capsys.readouterr()
    setup.run(root, environ)
    assert capsys.readouterr().err == "-> set-up: nothing to do\n"


@pytest.mark.parametrize(
    ("line", "terraform", "rows"),
    [
        ("engine: terraform", True, ["terraform"]),
        ("engine: terraform", False, ["terraform", "tofu"]),
        ("engine: opentofu", True, ["tofu"]),
    ],
)
def test_doctor_shows_the_engines_in_use(
    root: Path, environ: dict[str, str], tmp_path: Path, line: str, terraform: bool, rows: list[str]
) -> None:
    inventory(root, line)
    if not terraform:
        (tmp_path / "bin/terraform").unlink()
    setup.run(root, environ)
    found = {row.tool: row for row in doctor.examine(root, environ)}
    assert [name for name in found if name in {"terraform", "tofu"}] == rows
    assert {name for name, row in found.items() if row.advice} == (set() if terraform else {"terraform"})
    if not terraform:
        assert "or set `engine: opentofu`" in found["terraform"].advice


def test_an_opentofu_that_is_too_old_is_not_used(root: Path, environ: dict[str, str], tmp_path: Path) -> None:
    inventory(root, "engine: opentofu")
    fakes.program(tmp_path / "bin", "tofu", TOFU, "1.11.9")
    row = next(row for row in doctor.examine(root, environ) if row.tool == "tofu")
    assert (row.wanted, row.found, row.advice) == ("1.12 or newer", "1.11.9", "Run `make setup`.")
