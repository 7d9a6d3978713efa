"""Checks that the modules of one environment fit together."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from meridian.errors import UserError
from meridian.modules import conform
from meridian.modules.contract import Contract
from meridian.modules.sources import Deployed, FromOutput, leaves
from meridian.yamlfile.problems import did_you_mean, join_words


def require_sound(contracts: Mapping[str, Contract]) -> None:
    """Raise UserError for an unmet need, an unknown module, an output of the wrong type, or a cycle."""
    problems: list[str] = []
    for contract in contracts.values():
        problems += _needs(contract, contracts)
        problems += _deployed(contract, contracts)
        problems += _outputs(contract, contracts)
    if problems:
        raise UserError("\n".join(problems))
    try:
        # A need of itself leads to the primary region only.
        TopologicalSorter({one: contract.needs.keys() - {one} for one, contract in contracts.items()}).prepare()
    except CycleError as error:
        cycle = error.args[1][::-1]
        first = contracts[cycle[0]]
        where = f"{first.file('unit.yaml')}:{first.need_lines[cycle[1]]}"
        raise UserError(f"{where}: {' needs '.join(cycle)}: that is a cycle.") from error


def _needs(contract: Contract, contracts: Mapping[str, Contract]) -> list[str]:
    problems: list[str] = []
    for module, where in contract.needs.items():
        other = contracts.get(module)
        at = f"{contract.file('unit.yaml')}:{contract.need_lines[module]}: needs.{module}:"
        optional = module in contract.optional_needs
        if module == contract.module and where == "same_region":
            problems.append(f"{at} a unit cannot need itself. Write {module}: primary_region.")
        elif other is None and not (optional and contract.release):
            known = join_words(sorted(contracts))
            problems.append(f"{at} is not deployed together with {contract.title} (only {known}).")
        elif (
            other
            and not optional
            and where == "same_region"
            and other.placement == "primary_region"
            and contract.placement == "every_region"
        ):
            problems.append(f"{at} {other.title} is in the primary region only. Write {module}: primary_region.")
    return problems


def _deployed(contract: Contract, contracts: Mapping[str, Contract]) -> list[str]:
    """Return which modules of `deployed` there are not; an environment may lack one that a release asks for."""
    return [
        f"{contract.file('unit.yaml')}:{leaf.line}: inputs.{variable}: there is no module {leaf.module!r}."
        f"{did_you_mean(leaf.module, contracts) or f' Known: {join_words(sorted(contracts))}.'}"
        for variable, source in contract.inputs.items()
        for leaf in leaves(source)
        if isinstance(leaf, Deployed) and leaf.module not in contracts and not contract.release
    ]


def _outputs(contract: Contract, contracts: Mapping[str, Contract]) -> list[str]:
    problems: list[str] = []
    for variable, source in contract.inputs.items():
        for leaf in leaves(source):
            if not isinstance(leaf, FromOutput) or leaf.module not in contracts:
                continue
            producer = contracts[leaf.module]
            where = f"{contract.file('unit.yaml')}:{leaf.line}: inputs.{variable}"
            if leaf.output not in producer.mocks:
                known = did_you_mean(leaf.output, producer.mocks)
                problems.append(f"{where}: {producer.title} has no output {leaf.output!r}.{known}")
                continue
            for mismatch in conform.find_mismatches(producer.mocks[leaf.output], leaf.type, whole=True):
                problems.append(f"{where}: the example of {leaf.output!r} in {producer.title}: {mismatch.text}")
    return problems
