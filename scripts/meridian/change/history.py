"""The history of a module in git: its tree, the commits that changed it, and whether they are on main."""

from pathlib import Path

from meridian import git
from meridian.errors import UserError
from meridian.modules.ledger import Row

MAIN = ("refs/heads/main", "refs/remotes/origin/main")


def uncommitted(root: Path, module: str) -> str:
    """Return the files of a module that differ from HEAD, as `git status --short` shows them; empty if none does."""
    return git.run_git(root, "status", "--porcelain", "--", f"modules/{module}").decode("utf-8", "replace").rstrip()


def read_tree(root: Path, module: str, commit: str = "HEAD") -> str | None:
    """Return the id of a module's git tree in a commit, None if the commit lacks the module."""
    name = f"{commit}:modules/{module}"
    found = git.read_objects(root, [name])[name]
    return found[0] if found else None


def last_change(root: Path, module: str) -> tuple[str, str, str]:
    """Return id, day (YYYY-MM-DD) and subject of the last commit that changed a module; HEAD must hold the module."""
    text = git.run_git(root, "log", "-1", "--format=%H%x00%cs%x00%s", "--", f"modules/{module}")
    commit, day, subject = text.decode("utf-8", "replace").rstrip("\n").split("\0")
    return commit, day, subject


def commits_between(root: Path, old: Row, new: Row) -> list[str]:
    """Return `<short id> <subject>` of the commits that changed a module after `old`, up to `new`; newest first."""
    text = git.run_git(root, "log", "--oneline", f"{old.commit}..{new.commit}", "--", f"modules/{new.module}")
    return text.decode("utf-8", "replace").splitlines()


def require_whole(root: Path) -> None:
    """Raise UserError in a shallow clone."""
    if git.is_shallow(root):
        raise UserError(
            "This clone has only a part of the history, so versions cannot be compared.",
            "Fetch the rest: `git fetch --unshallow origin main`",
        )


def require_on_main(root: Path) -> None:
    """Raise UserError unless HEAD is in the history of main, here or as last fetched from origin."""
    require_whole(root)
    if not git.run_git(root, "for-each-ref", "--contains", "HEAD", "--format=%(refname)", *MAIN).split():
        raise UserError(
            "HEAD is not on main: a released commit must stay in the history of main.",
            "Merge it first, then: `git switch main && git pull`; to fetch main without a switch: "
            "`git fetch origin main:refs/remotes/origin/main`",
        )
