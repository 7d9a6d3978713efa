"""The modules that an inventory uses, each version read once."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from meridian.errors import MeridianError, UserError, combine_errors
from meridian.modules import contract, ledger, wiring
from meridian.modules.contract import Contract
from meridian.modules.ledger import Row
from meridian.yamlfile.problems import did_you_mean, join_words, quote


class Library:
    """Contracts of one repository by module and version; None is what is checked out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: dict[tuple[str, str | None], Contract] = {}

    @cached_property
    def releases(self) -> dict[tuple[str, str], Row]:
        """The rows of the ledger."""
        return ledger.read_ledger(self.root)

    @cached_property
    def checked_out(self) -> list[str]:
        """The names of the modules that have a manifest in the working tree, sorted.

        Raises UserError for a folder that no unit can be named after.
        """
        folder = self.root / "modules"
        folders = [one for one in folder.iterdir() if one.is_dir()] if folder.is_dir() else []
        # A manifest that is a broken link counts: units of a module that is skipped would be deleted.
        found = sorted(one.name for one in folders if one / "unit.yaml" in one.iterdir())
        wrong = [name for name in found if not ledger.MODULE.fullmatch(name)]
        if wrong:
            raise UserError(
                "\n".join(f"modules/{join_words([name])}: {quote(name)} is not a module's name." for name in wrong),
                "Use lowercase letters, digits and single dashes, e.g. modules/alarms.",
            )
        return found

    def contracts(self, versions: Mapping[str, str] | None) -> Mapping[str, Contract]:
        """Return the contracts by module: of every module checked out (None), or of the versions given.

        Raises UserError with the problems of all modules, and for modules that do not fit together.
        Every version given must be in the ledger: see `unreleased`.
        """
        pins: Mapping[str, str | None] = dict.fromkeys(self.checked_out) if versions is None else dict(versions)
        found: dict[str, Contract] = {}
        failures: list[MeridianError] = []
        for module, version in sorted(pins.items()):
            try:
                found[module] = self.contract(module, version)
            except MeridianError as error:
                failures.append(error)
        if failures:
            raise combine_errors(failures)
        wiring.require_sound(found)
        return found

    def in_use(self) -> list[Contract]:
        """Return what is checked out, then every other version that was read."""
        self.contracts(None)
        return sorted(self._read.values(), key=lambda one: (one.release is not None, one.title))

    def unreleased(self, module: str, version: str) -> str | None:
        """Return why a version cannot be used, as a sentence, or None if it can."""
        if (module, version) in self.releases:
            return None
        rows = sorted((row for row in self.releases.values() if row.module == module), key=lambda row: row.order)
        if not rows:
            known = sorted({row.module for row in self.releases.values()})
            return f"no version of {module!r} is in {ledger.LEDGER}.{did_you_mean(module, known)}"
        return f"{module} {version} is not in {ledger.LEDGER}. Released: {join_words(row.version for row in rows)}."

    def contract(self, module: str, version: str | None) -> Contract:
        """Return one contract; a version must be in the ledger."""
        if (module, version) not in self._read:
            release = None if version is None else self.releases[module, version]
            self._read[module, version] = contract.read_contract(self.root, module, release)
        return self._read[module, version]
