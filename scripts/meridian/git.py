"""Every call of git: with an environment of our own, from the top of the repository."""

import io
import os
import shlex
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from meridian.errors import CouldNotTell, UserError

# A hook, an alias or a shell sets them for another repository. These are those of `git rev-parse --local-env-vars`
# but GIT_CONFIG_COUNT, whose settings are good for every repository, and those that git does not list there.
FOREIGN = frozenset(
    f"GIT_{name}"
    for name in (
        *("DIR", "COMMON_DIR", "WORK_TREE", "IMPLICIT_WORK_TREE", "PREFIX", "INDEX_FILE", "SHALLOW_FILE"),
        *("OBJECT_DIRECTORY", "ALTERNATE_OBJECT_DIRECTORIES", "GRAFT_FILE", "NO_REPLACE_OBJECTS", "REPLACE_REF_BASE"),
        *("CONFIG", "CONFIG_PARAMETERS", "INTERNAL_SUPER_PREFIX"),
        *("CEILING_DIRECTORIES", "NAMESPACE", "QUARANTINE_PATH"),
    )
)


def run_git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Return the standard output of a git command in the repository.

    Raises CouldNotTell if git is missing, UserError if the command fails or `root` is not a repository's top folder.
    """
    require_top(root)
    environ = {name: value for name, value in os.environ.items() if name not in FOREIGN} | {
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C",
    }
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], input=stdin, env=environ, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise CouldNotTell("git is not installed.", "Install git; versions of modules are read from it.") from error
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.returncode}"
        raise UserError(f"git {arguments[0]}: {reason}")
    return done.stdout


def require_top(root: Path) -> None:
    """Raise UserError unless `root` is the top folder of a git repository, as get_repo_root() needs it; runs nothing.

    In a worktree or a submodule `.git` is a file.
    """
    folder = root.resolve()
    if (folder / ".git").exists():
        return
    above = next((one for one in folder.parents if (one / ".git").exists()), None)
    if above is None:
        raise UserError(
            f"{folder} is not a git repository; units and released modules are found through git.",
            "Work in a clone (`git clone URL`) instead of a copy of its files, "
            f"or make it a repository: `git -C {shlex.quote(str(folder))} init`, and commit.",
        )
    raise UserError(
        f"{folder} is a subfolder of the git repository {above}; Terragrunt would look for terragrunt.hcl in {above}.",
        f"Move its files to {above}, or make it a repository of its own: "
        f"`git -C {shlex.quote(str(folder))} init`, and commit.",
    )


def list_files(root: Path, below: str = ".") -> list[str]:
    """Return the files below a folder that git tracks or would track, sorted, without those that are gone."""
    listed = run_git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", below)
    names = set(listed.decode("utf-8", "surrogateescape").split("\0")) - {""}
    return sorted(name for name in names if os.path.lexists(root / name))


def extract_tree(root: Path, tree: str, folder: Path, below: str = ".") -> None:
    """Write the files of a commit or tree into a folder, which is made."""
    files = run_git(root, "archive", "--format=tar", tree, "--", below)
    with tarfile.open(fileobj=io.BytesIO(files)) as archive:
        archive.extractall(folder, filter="data")


def read_objects(root: Path, names: Sequence[str]) -> dict[str, tuple[str, bytes] | None]:
    """Return id and content of each object (`<commit>:<path>`), None for a missing one; starts one git process."""
    output = run_git(root, "cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode())
    found: dict[str, tuple[str, bytes] | None] = {}
    for name in names:
        header, _, output = output.partition(b"\n")
        words = header.decode().split(" ")
        if words[-1] in {"missing", "ambiguous"}:
            found[name] = None
            continue
        size = int(words[2])
        found[name] = (words[0], output[:size])
        output = output[size + 1 :]
    return found


def is_shallow(root: Path) -> bool:
    """Return whether the clone lacks a part of the history."""
    return run_git(root, "rev-parse", "--is-shallow-repository").strip() == b"true"
