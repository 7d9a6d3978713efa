"""`meridian init`: makes a fork one's own, once; project, repository and accounts instead of the example's."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from meridian import report
from meridian.errors import Exit, UserError
from meridian.generate.write import Change
from meridian.inventory import edit, names
from meridian.inventory.model import Inventory
from meridian.inventory.problems import listed, nearest
from meridian.modules import git, ledger
from meridian.regions.command import tell
from meridian.regions.proposal import begun, propose

EXAMPLE = "https://github.com/example-org/meridian.git"
EXAMPLE_ACCOUNT = re.compile(r"10000000000[0-9]")
README = "README.md"
OWNERS = ".github/CODEOWNERS"
EXAMPLE_OWNER = "@example-org/"


@report.kept("init")
def init(root: Path, project: str, repository: str, accounts: Sequence[str], *, dry_run: bool, as_json: bool) -> int:
    """Put one's own names into inventory, live/, README and CODEOWNERS; `accounts` are `ENV=ID`, one for each.

    Raises UserError that names all that is wrong with the inputs, a second call, and a history that lacks
    released commits; nothing is changed then.
    """
    with begun(root, dry_run=dry_run) as inventory:
        if inventory.repository != EXAMPLE:
            raise UserError(
                f"This is {inventory.project} of {inventory.repository} already: `meridian init` runs once.",
                "Edit live/inventory.yaml for what is to change, then run `meridian generate --check`.",
            )
        wanted = _require_inputs(inventory, project, repository, accounts)
        _require_history(root)
        proposal = propose(root, lambda text: edit.own(text, project, repository, wanted))
        beside = [*_readme(root, inventory, project, repository, wanted), *_owners(root, repository)]
        proposal = replace(proposal, beside=beside)
        if not dry_run:
            proposal.apply()
    text = [
        f"{project} of {repository}",
        *(f"  {one.name}: account {one.account_id}, names {one.prefix}-..." for one in proposal.inventory.environments),
        "The release ledger stays: its versions are commits of this history, which your repository has to hold.",
    ]
    body = {
        "project": project,
        "repository": repository,
        "accounts": wanted,
        "next": _next(repository, beside, dry_run),
    }
    tell(root, "init", proposal, body, text, dry_run=dry_run, as_json=as_json)
    return Exit.OK


def _require_inputs(inventory: Inventory, project: str, repository: str, accounts: Sequence[str]) -> dict[str, str]:
    """Return the accounts by environment; UserError names everything that is wrong, a line each."""
    wrong = [f"--project: {text}" for text in [names.name(project)] if text]
    text = "is the example's; say where yours is." if repository == EXAMPLE else names.repository(repository)
    wrong += [f"--repository: {text}"] if text else []
    known = [one.name for one in inventory.environments]
    if names.name(project) is None:
        wrong += [f"--project: {text}" for name in known if (text := names.prefix(project, name))]
    found: dict[str, str] = {}
    for given in accounts:
        name, _, account = given.partition("=")
        if name not in known:
            wrong.append(f"--account {given}: there is no environment {name!r}.{nearest(name, known)}")
        elif name in found:
            wrong.append(f"--account {given}: {name} has {found[name]} already.")
        elif text := names.account(account):
            wrong.append(f"--account {given}: {text}")
        elif EXAMPLE_ACCOUNT.fullmatch(account):
            wrong.append(f"--account {given}: that is an account of the example.")
        elif account in found.values():
            wrong.append(f"--account {given}: two environments cannot share an account.")
        else:
            found[name] = account
    missing = [name for name in known if not any(given.partition("=")[0] == name for given in accounts)]
    wrong += [f"--account {name}=<12 digits> is missing." for name in missing]
    if wrong:
        raise UserError("\n".join(wrong), f"Each of {listed(known)} needs its own account. Nothing was changed.")
    return {name: found[name] for name in known}


def _require_history(root: Path) -> None:
    """Raise UserError unless every released commit is here: pinned sources will be fetched from the new repository."""
    rows = ledger.load(root)
    found = git.objects(root, sorted({row.commit for row in rows.values()})) if rows else {}
    lacking = [f"{row.module} {row.version}" for row in rows.values() if found[row.commit] is None]
    if lacking:
        raise UserError(
            f"The commits of {listed(lacking)} are not in this history; pinned versions are fetched from it.",
            "Begin with a whole clone of the example (git clone, not a copy of its files; git fetch --unshallow).",
        )


def _readme(
    root: Path, inventory: Inventory, project: str, repository: str, accounts: Mapping[str, str]
) -> list[Change]:
    """Return the README with the new names where it has the example's, if there is anything to change."""
    before = _text(root, README)
    after = before.replace(EXAMPLE, repository)
    for environment in inventory.environments:
        prefix = f"{project}-{environment.name}"
        after = re.sub(rf"(?<![\w-]){re.escape(environment.prefix)}(?!\w)", prefix, after)
        after = re.sub(rf"(?<!\d){environment.account_id}(?!\d)", accounts[environment.name], after)
    return _change(README, before, after)


def _owners(root: Path, repository: str) -> list[Change]:
    """Return the owners of code as teams of whoever has the repository, if that can be told."""
    before = _text(root, OWNERS)
    steps = repository.removeprefix("https://").split("/")
    owner = f"@{steps[1]}/" if len(steps) > 2 else EXAMPLE_OWNER
    return _change(OWNERS, before, before.replace(EXAMPLE_OWNER, owner))


def _text(root: Path, name: str) -> str:
    """Return the text of a file of the repository, nothing where there is none."""
    file = root / name
    if file.is_symlink() or file.parent.is_symlink() or not file.is_file():
        return ""
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{name} is not UTF-8 text.", "Save it as UTF-8.") from error


def _change(name: str, before: str, after: str) -> list[Change]:
    return [Change(name, "stale", before, after)] if after != before else []


def _next(repository: str, beside: Sequence[Change], dry_run: bool) -> list[str]:
    if dry_run:
        return ["the same command without --dry-run"]
    teams = f"make the teams that {OWNERS} names, or name yours there    # a team that is not there owns nothing"
    return [
        *([teams] if any(one.path == OWNERS for one in beside) else []),
        "meridian down --forget    # a local AWS of the example, if one runs, has its accounts",
        "git commit -am 'feat(live): our project, repository and accounts'",
        f"git remote set-url origin {repository}    # git remote add origin, if there is none",
        "git push -u origin HEAD:main    # with the whole history: pinned versions are commits of it",
        "meridian up dev    # everything on this machine; then meridian bootstrap, plan and apply in an account",
    ]
