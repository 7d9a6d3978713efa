"""Builds dist/function.zip beside this file: python -I functions/build.py [--sha256 HEX]

It holds src/*.py and the packages of requirements.txt, which names versions and hashes.
"""

import argparse
import hashlib
import io
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Those of the function: the zip does not depend on the machine that builds it.
RUNTIME = ("--python-version", "3.13", "--implementation", "cp", "--platform", "manylinux2014_aarch64")
PIP = ("install", "--quiet", "--require-hashes", "--no-deps", "--no-compile", "--only-binary", ":all:", *RUNTIME)
NEEDED = re.compile(r"PATH|HOME|TMPDIR|SSL_CERT_FILE|PIP_.+|(?i:https?_proxy|no_proxy)")
UNIX, PLAIN_FILE_0644, FIRST_OF_1980 = 3, 0o100644 << 16, (1980, 1, 1, 0, 0, 0)


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return the bytes of a zip: stored, one date, one mode, sorted names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as zipped:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, FIRST_OF_1980)
            entry.create_system, entry.external_attr = UNIX, PLAIN_FILE_0644
            zipped.writestr(entry, content)
    return stream.getvalue()


def read(folder: Path, pattern: str) -> dict[str, bytes]:
    """Return the files of a folder by their names in the zip."""
    found = {file.relative_to(folder): file for file in folder.rglob(pattern) if file.is_file()}
    # A program in bin/ begins with a path of this machine, and RECORD has its hash.
    kept = {name: file for name, file in found.items() if name.parts[0] != "bin" and name.name != "RECORD"}
    return {name.as_posix(): file.read_bytes() for name, file in kept.items()}


def packages() -> dict[str, bytes]:
    """Return the files of the locked packages; none without a requirements.txt."""
    requirements = HERE / "requirements.txt"
    if not requirements.exists():
        return {}
    with tempfile.TemporaryDirectory() as folder:
        installer, target = Path(folder) / "installer", Path(folder) / "packages"
        subprocess.run([sys.executable, "-m", "venv", installer], check=True)
        subprocess.run([installer / "bin/pip", *PIP, "--target", target, "-r", requirements], check=True)
        return read(target, "*")


def main() -> int:
    """Build the zip; 1 if it cannot be built or is not the wanted one, 2 for wrong usage."""
    # A build runs where the credentials of a deployment are, and pip is other people's code.
    for name in [name for name in os.environ if not NEEDED.fullmatch(name)]:
        del os.environ[name]
    parser = argparse.ArgumentParser(usage="python -I functions/build.py [--sha256 HEX]")
    parser.add_argument("--sha256", type=str.lower)
    wanted = parser.parse_args().sha256
    if wanted is not None and not re.fullmatch("[0-9a-f]{64}", wanted):
        parser.error("HEX is 64 hexadecimal digits.")
    package = HERE / "dist" / "function.zip"
    try:
        content = archive(packages() | read(HERE / "src", "*.py"))
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"error: The packages of requirements.txt could not be installed: {error}\n")
        return 1
    found = hashlib.sha256(content).hexdigest()
    if wanted not in {None, found}:
        package.unlink(missing_ok=True)
        sys.stderr.write(f"error: The function's zip is not the released one: wanted sha256 {wanted}, found {found}.\n")
        return 1
    package.parent.mkdir(exist_ok=True)
    partial = package.with_name(f"function.zip.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(package)
    sys.stderr.write(f"function.zip built: {len(content)} bytes, sha256 {found}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
