"""`meridian vendor`: copies a module of another repository, at one commit, into a module of one's own."""

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from meridian import git
from meridian.errors import CouldNotTell, Exit, UserError
from meridian.files import lock_folder
from meridian.gate.accepted.syntax import read_file
from meridian.gate.rules.module_files import COMMIT, LICENCES, ORIGIN, VENDOR, find_called, is_allowed
from meridian.modules.ledger import MODULE
from meridian.modules.library import Library
from meridian.options import HERE, RootOption
from meridian.yamlfile.problems import did_you_mean, join_words, quote

SCHEMES = ("https", "ssh", "file")
REPOSITORY = re.compile(rf"(?:{'|'.join(SCHEMES)})://(?:git@)?[\w./:~-]+")
FOLDER = re.compile(r"(?:[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)*)?")
FETCH = (
    *("-c", "protocol.allow=never", "-c", "credential.interactive=false"),
    *(word for scheme in SCHEMES for word in ("-c", f"protocol.{scheme}.allow=always")),
    *("fetch", "--quiet", "--depth", "1", "--no-tags", "--no-recurse-submodules", "--"),
)


def vendor(
    module: Annotated[str, typer.Argument(metavar="MODULE", help="A folder of modules/: the wrapper.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the copy in modules/MODULE/vendor/.")],
    repository: Annotated[str, typer.Argument(metavar="REPOSITORY", help="Its address: https, ssh or file.")],
    commit: Annotated[str, typer.Option("--commit", metavar="COMMIT", help="Its 40 digits; no branch, no tag.")],
    folder: Annotated[
        str, typer.Option("--folder", metavar="FOLDER", show_default=False, help="Of the module. Default: the top.")
    ] = "",
    root: RootOption = HERE,
) -> int:
    """Copy a module of another repository into modules/MODULE/vendor/NAME, and replace an older copy.

    Takes the *.tf files and the licence, also those of modules that it calls by path, and writes origin.yaml. The same
    arguments write the same files, so `git diff` shows whether a copy was changed.

    Example: meridian vendor orders queue https://github.com/example-org/terraform-queue.git --commit 4f1c...9abc
    """
    _require_valid(root, module, name, repository, commit, folder)
    files = _fetch(repository, commit, folder, name)
    with lock_folder(root / "modules"):
        _write(root / "modules" / module, name, files)
    where = f"modules/{module}/{VENDOR}/{name}"
    print(
        "".join(f"wrote {where}/{file}\n" for file in sorted(files)) + f"Next: call it in modules/{module}:\n"
        f'  module "{name.replace("-", "_")}" {{\n    source = "./{VENDOR}/{name}"\n  }}\n'
        f"then run `meridian accept {module}` and `make test-modules scan`."
    )
    return Exit.OK


def _require_valid(root: Path, module: str, name: str, repository: str, commit: str, folder: str) -> None:
    known = Library(root).checked_out
    if module not in known:
        hint = did_you_mean(module, known).strip() or f"There are {join_words(known)}."
        raise UserError(f"There is no module {quote(module)} in modules/.", hint)
    if not MODULE.fullmatch(name):
        raise UserError(f"{quote(name)} is not a name.", "Use lowercase letters, digits and single dashes, e.g. queue.")
    if not REPOSITORY.fullmatch(repository):
        raise UserError(
            f"{quote(repository)} is not the address of a git repository without credentials.",
            "Write it as https://github.com/example-org/terraform-queue.git; a registry names it on a module's page.",
        )
    if not COMMIT.fullmatch(commit):
        raise UserError(
            f"{quote(commit)} is not a commit: branches, tags and versions of a registry can be moved.",
            f"`git ls-remote {repository}` prints the 40 digits beside each branch and tag.",
        )
    if not FOLDER.fullmatch(folder):
        raise UserError(f"{quote(folder)} is not a folder of a repository.", "Write it as modules/queue.")


def _fetch(repository: str, commit: str, folder: str, name: str) -> dict[str, bytes]:
    """Return the files of the copy by their path in it; CouldNotTell if the repository does not give the commit."""
    with tempfile.TemporaryDirectory() as temporary:
        clone = Path(temporary)
        (clone / ".git").mkdir()
        git.run_git(clone, "init", "--quiet")
        try:
            git.run_git(clone, *FETCH, repository, commit)
        except UserError as error:
            reason = str(error).splitlines()[0].partition(": ")[2]
            raise CouldNotTell(
                f"{repository} does not give commit {commit}: {reason}",
                "Check both, and the network: this command needs it, plans and applies do not. Nothing was written.",
            ) from error
        rows = [line.partition("\t") for line in _listed(clone, commit)]
        # Links and submodules are left out.
        plain = [path for facts, _, path in rows if facts.startswith("100")]
        copied = _choose(clone, commit, folder, name, plain)
        if not any(LICENCES.fullmatch(path) for path in copied):
            copied |= {path: path for path in plain if LICENCES.fullmatch(path)}
        contents = {inside: _read(clone, commit, path) for inside, path in copied.items()}
    origin = f'repository: {repository}\ncommit: "{commit}"\nfolder: "{folder}"\n'
    return {**contents, ORIGIN: origin.encode()}


def _listed(clone: Path, commit: str) -> list[str]:
    text = git.run_git(clone, "ls-tree", "-r", "-z", commit).decode("utf-8", "replace")
    return [line for line in text.split("\0") if line]


def _read(clone: Path, commit: str, path: str) -> bytes:
    found = git.read_objects(clone, [f"{commit}:{path}"])[f"{commit}:{path}"]
    if found is None:
        raise CouldNotTell(f"Commit {commit} does not hold {path!r} as it lists it.", "Copy the module by hand.")
    return found[1]


def _choose(clone: Path, commit: str, folder: str, name: str, paths: list[str]) -> dict[str, str]:
    """Return what is copied: the files of a module and of those that it calls, by path in the copy."""
    below = [path for path in paths if PurePosixPath(path).is_relative_to(folder)]
    there = {PurePosixPath(path).relative_to(folder).as_posix(): path for path in below}
    kept = {inside: path for inside, path in there.items() if is_allowed(f"{VENDOR}/{name}/{inside}", link=False)}
    chosen: dict[str, str] = {}
    wanted, seen = [""], set[str]()
    while wanted:
        here = wanted.pop()
        seen.add(here)
        for inside, path in kept.items():
            if inside.rpartition("/")[0] == here:
                chosen[inside] = path
                wanted += set(_called(clone, commit, inside, path, name)) - seen
    if not any(inside.endswith(".tf") and "/" not in inside for inside in chosen):
        raise UserError(f"Commit {commit} has no *.tf file in {folder or 'its top folder'}.", "Name another --folder.")
    return chosen


def _called(clone: Path, commit: str, inside: str, path: str, name: str) -> list[str]:
    """Return the folders of the copy that one of its files calls; what it may not call, the gate reports."""
    if not inside.endswith(".tf"):
        return []
    file = clone / "one.tf"
    file.write_bytes(_read(clone, commit, path))
    calls = [block for block in read_file(file, path).blocks if block.kind == "module"]
    here = f"{VENDOR}/{name}/{inside}".rpartition("/")[0]
    found = [find_called(here, block) for block in calls]
    return [one.removeprefix(f"{VENDOR}/{name}").strip("/") for one in found if one]


def _write(module: Path, name: str, files: Mapping[str, bytes]) -> None:
    """Write the copy, all of it or nothing, in the place of an older one."""
    target = module / VENDOR / name
    with tempfile.TemporaryDirectory(dir=module.parent, prefix=".new-") as temporary:
        new = Path(temporary) / "new"
        for inside, content in files.items():
            (new / inside).parent.mkdir(parents=True, exist_ok=True)
            (new / inside).write_bytes(content)
        target.parent.mkdir(exist_ok=True)
        if target.exists():
            shutil.move(target, Path(temporary) / "old")
        new.rename(target)
