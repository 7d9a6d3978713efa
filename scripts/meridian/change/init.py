"""`meridian init`: makes a fork your own, once: project, repository and accounts replace those of the example."""

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from meridian import git, report
from meridian.change.proposal import editing, finish, propose
from meridian.change.repository_ids import find_ids, format_ids
from meridian.errors import UserError
from meridian.inventory import edit
from meridian.inventory.model import Inventory
from meridian.inventory.names import EXAMPLE_REPOSITORY as EXAMPLE
from meridian.modules import ledger
from meridian.options import HERE, DryRunOption, JsonOption, RootOption
from meridian.render.write import Change
from meridian.yamlfile.problems import did_you_mean, join_words

EXAMPLE_ACCOUNT = re.compile(r"10000000000[0-9]")
README = "README.md"
OWNERS = ".github/CODEOWNERS"
EXAMPLE_OWNER = "@example-org/"


@report.with_report("init")
def init(
    project: Annotated[str, typer.Option("--project", metavar="P", help="Names begin with P-ENV.")] = "",
    repository: Annotated[str, typer.Option("--repository", metavar="URL", help="Your repository, https.")] = "",
    account: Annotated[
        list[str] | None, typer.Option("--account", metavar="ENV=ID", help="An environment's account; repeat it.")
    ] = None,
    ids: Annotated[
        str,
        typer.Option(
            "--ids",
            metavar="OWNER_ID:REPO_ID",
            help="The ids in the subjects of GitHub's tokens, or none; default: asks gh.",
        ),
    ] = "",
    root: RootOption = HERE,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> int:
    """Set the project, repository and accounts of a fork; once.

    Example: meridian init --project shop --repository https://github.com/acme/shop.git --account dev=123456789012
    """
    _require_history(root)
    with editing(root, dry_run=dry_run) as inventory:
        if inventory.repository != EXAMPLE:
            raise UserError(
                f"This is {inventory.project} of {inventory.repository} already: `meridian init` runs once.",
                "Edit live/inventory.yaml, then run `meridian generate`.",
            )
        if repository == EXAMPLE:
            raise UserError("--repository: that is the example's; give the URL of yours.")
        wanted = _require_accounts(inventory, account or [])
        found = find_ids(repository, ids)
        owners = _owners(root, repository)
        beside = [*_readme(root, inventory, project, repository, wanted), *owners]
        proposal = propose(root, lambda text: edit.set_owner(text, project, repository, wanted, found), beside=beside)
        made = proposal.inventory.environments
        head = [
            f"{project} of {repository}",
            *(f"  {one.name}: account {one.account_id}, names {one.prefix}-..." for one in made),
            f"  ids in the subjects of GitHub's tokens: {format_ids(found)}",
            "The release ledger stays: its versions are commits of this history. Push the whole history.",
            *([f"{OWNERS} names teams of the new owner: create them, or name your own there."] if owners else []),
            "`meridian down --forget` deletes a local AWS of the example, which has its accounts.",
        ]
        steps = [
            "meridian down --forget",
            "git commit -am 'feat(live): our project, repository and accounts'",
            f"git remote set-url origin {repository} || git remote add origin {repository}",
            "git push -u origin HEAD:main",
            f"meridian up {made[0].name}",
        ]
        given = [word for name, account in wanted.items() for word in ("--account", f"{name}={account}")]
        given += ["--ids", ids] if ids else []
        again = shlex.join(("meridian", "init", "--project", project, "--repository", repository, *given))
        body = {"project": project, "repository": repository, "accounts": wanted, "repository_ids": found}
        return finish("init", proposal, body, head, steps, again, dry_run=dry_run, as_json=as_json)


def _require_accounts(inventory: Inventory, accounts: Sequence[str]) -> dict[str, str]:
    """Return the accounts by environment; UserError has one line for each wrong or missing one."""
    known = [one.name for one in inventory.environments]
    found: dict[str, str] = {}
    wrong: list[str] = []
    for given in accounts:
        name, _, account = given.partition("=")
        if name not in known:
            wrong.append(f"--account {given}: there is no environment {name!r}.{did_you_mean(name, known)}")
        elif name in found:
            wrong.append(f"--account {given}: {name} has {found[name]} already.")
        elif EXAMPLE_ACCOUNT.fullmatch(account):
            wrong.append(f"--account {given}: that is an account of the example.")
        found.setdefault(name, account)
    wrong += [f"--account {name}=<12 digits> is missing." for name in known if name not in found]
    if wrong:
        raise UserError("\n".join(wrong), f"Each of {join_words(known)} needs its own account. Nothing was changed.")
    return found


def _require_history(root: Path) -> None:
    """Raise UserError unless every released commit is here: Terraform fetches them from the new repository."""
    rows = ledger.read_ledger(root)
    found = git.read_objects(root, sorted({row.commit for row in rows.values()})) if rows else {}
    lacking = [f"{row.module} {row.version}" for row in rows.values() if found[row.commit] is None]
    if lacking:
        raise UserError(
            f"The commits of {join_words(lacking)} are not in this history; Terraform fetches pinned versions from it.",
            "Work in a clone of the example, not in a copy of its files; if it is shallow: `git fetch --unshallow`",
        )


def _readme(
    root: Path, inventory: Inventory, project: str, repository: str, accounts: Mapping[str, str]
) -> list[Change]:
    """Return the change of the README that replaces the example's names, if it has any."""
    before = _text(root, README)
    after = before.replace(EXAMPLE, repository)
    for environment in inventory.environments:
        prefix = f"{project}-{environment.name}"
        after = re.sub(rf"(?<![\w-]){re.escape(environment.prefix)}(?!\w)", prefix, after)
        after = re.sub(rf"(?<!\d){environment.account_id}(?!\d)", accounts[environment.name], after)
    return _change(README, before, after)


def _owners(root: Path, repository: str) -> list[Change]:
    """Return the change of CODEOWNERS to teams of the owner in the repository's URL, if it has one."""
    before = _text(root, OWNERS)
    steps = repository.removeprefix("https://").split("/")
    owner = f"@{steps[1]}/" if len(steps) > 2 else EXAMPLE_OWNER
    return _change(OWNERS, before, before.replace(EXAMPLE_OWNER, owner))


def _text(root: Path, name: str) -> str:
    """Return the text of a file of the repository, empty if there is no such file."""
    file = root / name
    return file.read_bytes().decode("utf-8") if file.is_file() else ""


def _change(name: str, before: str, after: str) -> list[Change]:
    return [Change(name, "stale", before, after)] if after != before else []
