"""`meridian rollback`: a module returns to an earlier released version in one environment."""

from typing import Annotated

import typer

from meridian import report
from meridian.change.move import compare_versions, pin_versions
from meridian.change.proposal import editing
from meridian.change.versions import require_module
from meridian.errors import UserError
from meridian.inventory.model import Environment
from meridian.modules.ledger import Row
from meridian.modules.library import Library
from meridian.modules.resources import declared_resources
from meridian.options import HERE, DryRunOption, JsonOption, RootOption
from meridian.yamlfile.problems import join_words

# Deleting or replacing one of these loses data, accounts, or the key to data.
STATEFUL = frozenset(
    {
        "aws_cognito_user_pool",
        "aws_db_instance",
        "aws_dynamodb_table",
        "aws_efs_file_system",
        "aws_kms_key",
        "aws_opensearch_domain",
        "aws_rds_cluster",
        "aws_s3_bucket",
        "aws_secretsmanager_secret",
    }
)


@report.with_report("rollback")
def rollback(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="An environment of live/inventory.yaml.")],
    module: Annotated[str, typer.Argument(metavar="MODULE", help="One of its modules.")],
    version: Annotated[str, typer.Argument(metavar="VERSION", help="An earlier released version.")],
    root: RootOption = HERE,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> int:
    """Pin a module of an environment to an earlier version.

    Example: meridian rollback prod compute 1.0.0 --dry-run
    """
    with editing(root, dry_run=dry_run) as inventory:
        library = Library(root)
        chosen = inventory.environment(environment)
        current = _current(library, chosen, module)
        wanted = _released(library, module, version)
        if wanted.order >= current.order:
            raise UserError(
                f"{module} {version} is not earlier than {current.version}, which {environment} has.",
                f"To go forward: `meridian promote FROM {environment} --module {module}`",
            )
        _require_same_data(library, current, wanted)
        moves = [compare_versions(library, module, current.version, version)]
        again = f"meridian rollback {environment} {module} {version}"
        facts = {"environment": environment}
        return pin_versions(root, "rollback", environment, moves, [], facts, again, dry_run=dry_run, as_json=as_json)


def _current(library: Library, environment: Environment, module: str) -> Row:
    if environment.versions is None:
        raise UserError(
            f"{environment.name} runs the working tree, so it has no version to roll back.",
            f"Revert the change in git; find it with `git log -- modules/{module}`",
        )
    require_module(environment.name, module, environment.versions)
    return library.releases[module, environment.versions[module]]


def _released(library: Library, module: str, version: str) -> Row:
    if wrong := library.unreleased(module, version):
        raise UserError(wrong)
    return library.releases[module, version]


def _require_same_data(library: Library, current: Row, wanted: Row) -> None:
    if current.order[0] == wanted.order[0]:
        return
    contracts = [library.contract(row.module, row.version) for row in (current, wanted)]
    declared = [one for contract in contracts for one in declared_resources(library.root, contract)]
    held = sorted({one.address for one in declared if one.type in STATEFUL})
    if held:
        raise UserError(
            f"{current.module} {current.version} -> {wanted.version} crosses a major version, and {current.module} "
            f"holds data ({join_words(held)}): an older major may replace or delete it.",
            f"Go forward instead: fix modules/{current.module}, release and promote it.",
        )
