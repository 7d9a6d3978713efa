"""`meridian add-env`: another environment like one that is there, in an account of its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from meridian import report
from meridian.errors import Exit, UserError
from meridian.inventory import edit, names
from meridian.inventory.model import Environment, Inventory
from meridian.inventory.problems import listed
from meridian.inventory.regions import partitions
from meridian.regions import facts
from meridian.regions.command import tell
from meridian.regions.proposal import begun, propose

LOCK = ".terraform.lock.hcl"


@report.kept("add-env")
def add_environment(
    root: Path, name: str, like: str, account: str, regions: Sequence[str], *, dry_run: bool, as_json: bool
) -> int:
    """Copy an environment behind itself with its settings and versions, in another account; render it.

    `regions` are the new one's, none for those of the other. Its primary region is the other's, or the first of
    `regions` if the other's is not among them. Raises UserError, with nothing changed, for anything wrong.
    """
    with begun(root, dry_run=dry_run) as inventory:
        model = inventory.environment(like)
        wanted = list(dict.fromkeys(regions)) or list(model.lasting_region_names)
        _require_new(inventory, name, account)
        _require_regions(model, wanted)
        primary = model.primary_region if model.primary_region in wanted else wanted[0]
        proposal = propose(
            root,
            lambda text: edit.add_environment(text, name, like, account, primary, wanted),
            _provider_lock(root, name, like),
        )
        made = proposal.inventory.environment(name)
        found = {region: facts.units(root, made, region) for region in made.region_names}
        if not dry_run:
            proposal.apply()
    reports = [facts.report(made, region, units) for region, units in found.items()]
    unknown = facts.not_checked(account, made.region_names)
    moved = primary != model.primary_region
    text = [
        f"{name} like {like}: account {account}, primary region {primary}{' (the first given)' if moved else ''}",
        *(line for report in reports for line in facts.lines(report)),
        "For the environment: about 1 USD a month more, the key of its state.",
        *unknown,
    ]
    regional = ",".join(wanted)
    again = f"meridian add-env {name} --like {like} --account {account} --regions {regional}"
    body = {
        "environment": name,
        "like": like,
        "account_id": account,
        "primary_region": primary,
        "regions": reports,
        "not_checked": unknown,
        "next": [again] if dry_run else _next(name),
    }
    tell(root, "add-env", proposal, body, text, dry_run=dry_run, as_json=as_json)
    return Exit.OK


def _require_new(inventory: Inventory, name: str, account: str) -> None:
    wrong = names.name(name) or names.prefix(inventory.project, name) or names.account(account)
    if wrong:
        raise UserError(wrong)
    for environment in inventory.environments:
        if environment.name == name:
            raise UserError(f"{name} is already in live/inventory.yaml.", "Choose another name.")
        if environment.account_id == account:
            raise UserError(
                f"{account} is already the account of {environment.name}; each environment has its own.",
                "A second one in the same account could destroy what the first has.",
            )


def _require_regions(model: Environment, wanted: Sequence[str]) -> None:
    wrong = [text for region in wanted if (text := names.region(region))]
    if wrong:
        raise UserError("\n".join(wrong), f"{model.name} has {listed(model.region_names)}.")
    found = {region: partitions()[region] for region in wanted}
    if len(set(found.values())) > 1:
        told = [f"{region} is in partition {partition}" for region, partition in found.items()]
        raise UserError(f"{', '.join(told)}: an account has one.", "Choose regions of one partition.")


def _provider_lock(root: Path, name: str, like: str) -> Mapping[str, str]:
    """Return the lock of the providers that the other environment has proved, for a new folder."""
    target = root / "live" / name / LOCK
    try:
        text = (root / "live" / like / LOCK).read_bytes().decode("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"live/{like}/{LOCK} cannot be read as text: {error}.", "Take it back from git.") from error
    if target.is_symlink() or target.exists():
        if target.is_symlink() or not target.is_file() or target.read_bytes() != text.encode():
            raise UserError(f"live/{name}/{LOCK} is already there, and differs from that of {like}.", "Move it away.")
        return {}
    return {f"{name}/{LOCK}": text}


def _next(name: str) -> list[str]:
    return [
        f"git add live && git commit -m 'feat(live): environment {name}'    # a reviewed change",
        f"meridian bootstrap {name}    # the state bucket and its key, in the new account",
        f"meridian plan {name}",
        f"meridian apply {name}",
        f"meridian verify {name}",
    ]
