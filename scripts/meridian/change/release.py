"""`meridian release`: a module as it is on main becomes a version that never changes."""

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Annotated

import typer

from meridian import git, report, tools
from meridian.change import history
from meridian.change.difference import Difference, Step, find_differences, needed_step, next_version, step_between
from meridian.change.versions import releases_of
from meridian.console import step
from meridian.errors import Exit, OperationFailed, UserError
from meridian.files import lock_folder
from meridian.modules import contract, ledger
from meridian.modules.ledger import Row
from meridian.modules.library import Library
from meridian.modules.manifest import BUILDERS
from meridian.options import HERE, DryRunOption, JsonOption, RootOption
from meridian.verify import declared
from meridian.yamlfile.problems import did_you_mean, join_words, quote

NOTE_LENGTH = 200


@report.with_report("release")
def release(
    module: Annotated[str, typer.Argument(metavar="MODULE", help="A folder of modules/.")],
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Three numbers, e.g. 1.1.0.")],
    root: RootOption = HERE,
    note: Annotated[str, typer.Option("--note", help="One sentence; default: the last commit's subject.")] = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> int:
    """Release a module: add its commit on main to the ledger under a new version.

    Refuses a version that is too low for the changes of inputs and outputs.

    Example: meridian release compute 1.1.0 --note "Greets in two languages."
    """
    # The lock covers check and write: the latest version must not change in between.
    with contextlib.nullcontext() if dry_run else lock_folder(root / "modules"):
        library = Library(root)
        _require_names(library, module, version, note)
        rows = releases_of(library, module)
        row = _candidate(root, module, version, note)
        _require_new(row, rows)
        _require_calls(root, library, module)
        found = _compare(root, rows[-1], row) if rows else []
        if rows:
            _require_step(rows[-1], row, found)
        script = contract.read_contract(root, module, row).package
        if script:
            row = replace(row, zip_sha256=build_and_hash(root, module, row.commit, script))
        if not dry_run:
            ledger.add_row(root, row)
    body = {
        "dry_run": dry_run,
        "row": row.said,
        "before": rows[-1].version if rows else None,
        "differences": [str(one) for one in found],
    }
    report.write_report(root, "release", Exit.OK, body, as_json=as_json)
    if not as_json:
        _show(row, rows, found, dry_run)
    return Exit.OK


def lowest_version(root: Path, module: str, rows: Sequence[Row]) -> str:
    """Return the lowest version as which the module in HEAD may be released."""
    if not rows:
        return "1.0.0"
    row = _head(root, module, rows[-1].version, "")
    return next_version(rows[-1].order, needed_step(_compare(root, rows[-1], row)))


def build_and_hash(root: Path, module: str, commit: str, script: str) -> str:
    """Return the sha256 of the zip that `script` (relative to the module) builds from a commit's module.

    Raises UserError where Node.js is not set up, OperationFailed where the build fails.
    """
    with tempfile.TemporaryDirectory(prefix="meridian-release-") as folder:
        git.extract_tree(root, commit, Path(folder), f"modules/{module}")
        inside = Path(folder) / "modules" / module
        program, *options = BUILDERS[PurePath(script).suffix]
        command = [sys.executable if program == "python" else str(tools.path(program)), *options, script]
        with step(f"{module}: build of its function from commit {commit[:12]}"):
            done = subprocess.run(
                command, cwd=inside, env=tools.variables(os.environ), capture_output=True, text=True, check=False
            )
            built = inside / ledger.PACKAGE_ZIP
            if done.returncode or not built.is_file():
                reason = done.stderr.strip() or f"exit code {done.returncode}, no {ledger.PACKAGE_ZIP}"
                raise OperationFailed(f"modules/{module}/{script}: {reason}", "Nothing was released.")
            return hashlib.sha256(built.read_bytes()).hexdigest()


def _compare(root: Path, before: Row, after: Row) -> list[Difference]:
    """Return the differences between two versions of one module."""
    return find_differences(
        contract.read_contract(root, after.module, before), contract.read_contract(root, after.module, after)
    )


def _require_names(library: Library, module: str, version: str, note: str) -> None:
    if module not in library.checked_out:
        known = library.checked_out
        hint = did_you_mean(module, known).strip() or f"There are: {join_words(known)}."
        raise UserError(f"There is no module {quote(module)} in modules/.", hint)
    if not ledger.VERSION.fullmatch(version):
        raise UserError(f"{quote(version)} is not a version.", "Use three numbers without a v, e.g. 1.2.0.")
    if note and (len(note) > NOTE_LENGTH or not note.isprintable() or note.isspace()):
        raise UserError("The note is not one sentence.", f"Use one line of at most {NOTE_LENGTH} printable characters.")


def _candidate(root: Path, module: str, version: str, note: str) -> Row:
    """Return the row of the module in HEAD, without a zip; its commit is the last that changed the module."""
    changed = history.uncommitted(root, module)
    if changed:
        raise UserError(
            f"modules/{module} differs from HEAD:\n{changed}",
            f"Commit it first: `git add modules/{module} && git commit`",
        )
    history.require_on_main(root)
    return _head(root, module, version, note)


def _require_calls(root: Path, library: Library, module: str) -> None:
    """Raise UserError if `verify` could not read the calls of a module: its version would be refused for ever."""
    text = contract.read_module_file(root, module, None, declared.FILE)
    if text is not None:
        contracts = library.contracts(None)
        outputs = {name: one.mocks.keys() for name, one in contracts.items()}
        declared.parse_calls(text, contracts[module].file(declared.FILE), module, outputs)


def _head(root: Path, module: str, version: str, note: str) -> Row:
    tree = history.read_tree(root, module)
    if tree is None:
        hint = f"Commit it first: `git add --force modules/{module} && git commit`"
        raise UserError(f"HEAD has no modules/{module}.", hint)
    commit, day, subject = history.last_change(root, module)
    subject = "".join(letter for letter in subject if letter.isprintable())
    return Row(module, version, commit, tree, day, note or subject[:NOTE_LENGTH] or f"{module} {version}.")


def _require_new(row: Row, rows: Sequence[Row]) -> None:
    if not rows:
        return
    latest = rows[-1].version
    if row.order <= rows[-1].order:
        raise UserError(
            f"{row.module} {row.version} is not later than {latest}, the latest release.",
            "A released version never changes; versions only go forward.",
        )
    if row.tree == rows[-1].tree:
        raise UserError(f"modules/{row.module} has not changed since {latest}.", "There is nothing to release.")


def _require_step(last: Row, row: Row, found: Sequence[Difference]) -> None:
    needed = needed_step(found)
    if step_between(last.order, row.order) >= needed:
        return
    why = "\n".join(f"  {one}" for one in found if one.step == needed)
    raise UserError(
        f"{row.module} {row.version}: the changes since {last.version} need a {needed.name.lower()} version:\n{why}",
        f"`meridian release {row.module} {next_version(last.order, needed)}`, or revert them.",
    )


def _show(row: Row, rows: Sequence[Row], found: Sequence[Difference], dry_run: bool) -> None:
    for one in found:
        sys.stdout.write(f"{one}\n")
    if rows and needed_step(found) is Step.PATCH:
        sys.stdout.write(f"patch: inputs and outputs are those of {rows[-1].version}\n")
    sys.stdout.write(ledger.format_row(row))
    title = f"{row.module} {row.version}"
    if dry_run:
        sys.stdout.write(f"\n{title} can be released (dry run, nothing was written).\n")
        return
    sys.stdout.write(
        f"\n{title} is in {ledger.LEDGER}. Next, once for all modules that you release:\n"
        f'  git add {ledger.LEDGER} && git commit -m "chore(release): {title}" && git push\n'
        "  meridian promote FROM TO\n"
    )
