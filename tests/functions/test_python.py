"""A package in Python has the guarantees of one in JavaScript: pinned bytes, from a released commit."""

import hashlib
import os
import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from meridian.gate.tools.secrets import scan_text
from meridian.modules import ledger
from tests.e2e.checkout import clone

PINGER = Path(__file__).parent / "pinger"
IDENTITY = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def build(module: Path, *arguments: str, umask: int = 0o022, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the module's script as a rendered unit does."""
    command = [sys.executable, "-I", "functions/build.py", *arguments]
    environment = {"PATH": os.defpath, **more}
    return subprocess.run(
        command, cwd=module, env=environment, umask=umask, capture_output=True, text=True, check=False
    )


def copied(folder: Path) -> Path:
    """Return a copy of the module in a folder."""
    return Path(shutil.copytree(PINGER, folder / "pinger", ignore=shutil.ignore_patterns("dist", "__pycache__")))


def digest(module: Path) -> str:
    """Return the hash of the package that was built."""
    return hashlib.sha256((module / ledger.PACKAGE_ZIP).read_bytes()).hexdigest()


def test_builds_in_different_worlds_have_the_same_bytes(tmp_path: Path) -> None:
    """Folder, time zone, umask, modes, dates and a caller's PYTHONPATH do not enter the zip."""
    one, two = copied(tmp_path / "one"), copied(tmp_path / "with a space" / "two")
    for number, file in enumerate(sorted(two.rglob("*.py"))):
        file.chmod(0o700)
        os.utime(file, (number, 1_000_000_000 + number))
    spoiled = tmp_path / "zipfile.py"
    spoiled.write_text("raise SystemExit('a foreign zipfile')")
    assert build(one, TZ="UTC").returncode == 0
    done = build(two, umask=0o077, TZ="Pacific/Kiritimati", PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert digest(one) == digest(two)
    assert done.stderr.endswith(f"sha256 {digest(two)}\n")
    with zipfile.ZipFile(one / ledger.PACKAGE_ZIP) as archive:
        assert archive.namelist() == ["pinger.py"]


def make_wheel(folder: Path) -> str:
    """Write a wheel with a module and a program, and return the line of its version and hash."""
    folder.mkdir()
    wheel = folder / "tiny-1.0-py3-none-any.whl"
    files = {
        "tiny.py": "VALUE = 1\n",
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "tiny-1.0.dist-info/entry_points.txt": "[console_scripts]\ntiny = tiny:VALUE\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, "tiny-1.0.dist-info/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in (files | {"tiny-1.0.dist-info/RECORD": record}).items():
            archive.writestr(name, text)
    return f"tiny==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.mark.slow
def test_packages_are_locked_by_hash_and_do_not_name_the_machine(tmp_path: Path) -> None:
    line = make_wheel(tmp_path / "wheels")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "wheels"), "HOME": str(tmp_path)}
    one, two = copied(tmp_path / "one"), copied(tmp_path / "two")
    for module in (one, two):
        (module / "functions/requirements.txt").write_text(line)
        done = build(module, TMPDIR=str(module), **offline)
        assert done.returncode == 0, done.stderr
    assert digest(one) == digest(two)
    with zipfile.ZipFile(one / ledger.PACKAGE_ZIP) as archive:
        assert {"pinger.py", "tiny.py"} <= set(archive.namelist())
        assert not [name for name in archive.namelist() if name.startswith("bin/")]
    assert not [*one.glob("tmp*")]

    before = digest(one)
    (one / "functions/requirements.txt").write_text(line[:-3] + "00\n")
    done = build(one, TMPDIR=str(one), **offline)
    assert done.returncode == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr
    assert digest(one) == before


def test_only_the_wanted_bytes_are_left(tmp_path: Path) -> None:
    module = copied(tmp_path)
    assert build(module).returncode == 0
    right = digest(module)
    assert build(module, "--sha256", right.upper()).returncode == 0
    done = build(module, "--sha256", "a" * 64)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: The function's zip is not the released one: wanted sha256 {'a' * 64}, ")
    assert not (module / ledger.PACKAGE_ZIP).exists()
    assert build(module, "--sha256", "g").returncode == 2


def test_a_build_keeps_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = copied(tmp_path) / "functions/build.py"
    monkeypatch.setattr(os, "environ", {"PATH": "/bin", "AWS_ACCESS_KEY_ID": "x", "GITHUB_TOKEN": "x"})
    monkeypatch.setattr(sys, "argv", [str(script)])
    with pytest.raises(SystemExit, match=r"^0$"):
        runpy.run_path(str(script), run_name="__main__")
    assert os.environ == {"PATH": "/bin"}


def test_it_is_released_and_rendered_with_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash of the ledger is that of a build elsewhere; pinned units ask for it, and it is no secret."""
    checkout = clone(tmp_path / "clone", tmp_path)
    module = copied(checkout.root / "modules")
    checkout.meridian("generate").expect(0)
    checkout.meridian("accept", "pinger").expect(0)
    git = ["sh", "-c", "git checkout --quiet -B main && git add . && git commit --quiet -m x"]
    checkout.run(git, **IDENTITY).expect(0)
    checkout.meridian("release", "pinger", "1.0.0").expect(0)
    assert not (module / ledger.PACKAGE_ZIP).exists()
    assert build(module).returncode == 0
    row = ledger.read_ledger(checkout.root)["pinger", "1.0.0"]
    assert row.zip_sha256 == digest(module)

    checkout.run([*git[:2], "git add . && git commit --quiet -m x"], **IDENTITY).expect(0)
    checkout.meridian("promote", "dev", "staging", "--module", "pinger").expect(0)
    unit = checkout.root / "live/staging/eu-west-1/pinger/terragrunt.hcl"
    found = re.findall(r"execute += (\[.+\])\n", unit.read_text(encoding="utf-8"))
    assert found == [f'["python", "-I", "functions/build.py", "--sha256", "{row.zip_sha256}"]']
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert scan_text([(unit.name, unit.read_bytes())]) == []
    assert scan_text([(unit.name, unit.read_bytes().replace(b"build.py", b"other.py"))]) != []
    in_dev = (checkout.root / "live/dev/eu-west-1/pinger/terragrunt.hcl").read_text(encoding="utf-8")
    assert '["python", "-I", "functions/build.py"]\n' in in_dev
