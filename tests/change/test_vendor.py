"""A copy holds one commit of another repository, and says which; a branch or a tag is refused."""

from pathlib import Path

import pytest

from meridian.change.vendor import vendor
from meridian.errors import CouldNotTell, UserError
from meridian.gate.rules import module_files
from tests.gate.repository import commit, empty, git, write

MAIN = 'module "names" {\n  source = "./modules/names"\n}\n\nresource "aws_sqs_queue" "this" {\n}\n'


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Return a repository with a module that calls another one, an example and tests."""
    made = empty(tmp_path / "theirs")
    write(made, "main.tf", MAIN)
    write(made, "modules/names/main.tf", 'output "name" {\n  value = "a"\n}\n')
    write(made, "modules/unused/main.tf", "")
    write(made, "examples/main.tf", 'resource "null_resource" "x" {\n}\n')
    write(made, "main_override.tf", "")
    write(made, "LICENSE", "free")
    (made / "link.tf").symlink_to("main.tf")
    commit(made)
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with one module."""
    made = empty(tmp_path / "ours")
    write(made, "modules/jobs/unit.yaml", "placement: every_region\n")
    write(made, "modules/jobs/main.tf", 'module "queue" {\n  source = "./vendor/queue"\n}\n')
    return made


def copied(root: Path) -> set[str]:
    """Return the files of the copies, and what a broken write would leave beside the modules."""
    folder = root / "modules/jobs/vendor"
    assert [one.name for one in (root / "modules").iterdir() if one.name.startswith(".new")] == []
    return {one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()}


def head(theirs: Path) -> str:
    """Return the last commit of a repository."""
    return git(theirs, "rev-parse", "HEAD")


def test_copies_what_the_module_needs(root: Path, theirs: Path) -> None:
    found = head(theirs)
    assert vendor("jobs", "queue", theirs.as_uri(), found, "", root) == 0
    assert copied(root) == {f"queue/{one}" for one in ("LICENSE", "main.tf", "modules/names/main.tf", "origin.yaml")}
    origin = (root / "modules/jobs/vendor/queue/origin.yaml").read_text(encoding="utf-8")
    assert origin == f'repository: {theirs.as_uri()}\ncommit: "{found}"\nfolder: ""\n'
    assert (root / "modules/jobs/vendor/queue/main.tf").read_text(encoding="utf-8") == MAIN
    assert module_files.find_in_modules(root) == []


def test_a_folder_keeps_the_licence_of_its_repository(root: Path, theirs: Path) -> None:
    vendor("jobs", "names", theirs.as_uri(), head(theirs), "modules/names", root)
    assert copied(root) == {"names/LICENSE", "names/main.tf", "names/origin.yaml"}


def test_another_commit_replaces_the_copy(root: Path, theirs: Path) -> None:
    old = head(theirs)
    vendor("jobs", "queue", theirs.as_uri(), old, "", root)
    write(theirs, "main.tf", 'resource "aws_sqs_queue" "more" {\n}\n')
    commit(theirs)
    vendor("jobs", "queue", theirs.as_uri(), head(theirs), "", root)
    assert copied(root) == {"queue/LICENSE", "queue/main.tf", "queue/origin.yaml"}
    vendor("jobs", "queue", theirs.as_uri(), old, "", root)
    assert (root / "modules/jobs/vendor/queue/main.tf").read_text(encoding="utf-8") == MAIN


@pytest.mark.parametrize(
    ("module", "name", "repository", "pinned", "folder", "says"),
    [
        ("job", "queue", "", "", "", "There is no module 'job'"),
        ("jobs", "Queue", "", "", "", "'Queue' is not a name"),
        ("jobs", "queue", "../theirs", "", "", "is not the address of a git repository"),
        ("jobs", "queue", "https://me@example.com/q.git", "", "", "without credentials"),
        ("jobs", "queue", "ext::sh -c id", "", "", "is not the address of a git repository"),
        ("jobs", "queue", "", "main", "", "'main' is not a commit: branches, tags"),
        ("jobs", "queue", "", "v1.0.0", "", "'v1.0.0' is not a commit"),
        ("jobs", "queue", "", "0a0a0a0", "", "is not a commit"),
        ("jobs", "queue", "", "", "../x", "'../x' is not a folder"),
        ("jobs", "queue", "", "", "docs", "has no *.tf file in docs"),
    ],
)
def test_refuses_what_is_not_pinned(
    root: Path, theirs: Path, module: str, name: str, repository: str, pinned: str, folder: str, says: str
) -> None:
    with pytest.raises(UserError) as refused:
        vendor(module, name, repository or theirs.as_uri(), pinned or head(theirs), folder, root)
    assert says in str(refused.value)
    assert refused.value.hint
    assert copied(root) == set()


@pytest.mark.parametrize("where", ["commit", "repository"])
def test_what_cannot_be_fetched_is_unknown(root: Path, theirs: Path, where: str) -> None:
    """As without network; an older copy stays."""
    vendor("jobs", "queue", theirs.as_uri(), head(theirs), "", root)
    before = copied(root)
    there = theirs.as_uri() if where == "commit" else (theirs / "absent").as_uri()
    with pytest.raises(CouldNotTell, match="does not give commit") as refused:
        vendor("jobs", "queue", there, "0a" * 20, "", root)
    assert "network" in refused.value.hint
    assert copied(root) == before
