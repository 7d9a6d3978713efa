"""Measure plans and applies on the local AWS in five ways; `make bench-run` runs it."""

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import measure, one_root, plot
from bench.measure import ROOT
from bench.plans import REGIONS
from bench.tree import Usage
from bench.tree import measure as measure_tree
from meridian import tools
from meridian.gate.checkov.engine import VENV
from meridian.inventory.load import load_inventory
from meridian.local import server
from meridian.paths import INVENTORY
from meridian.targets import Target

SIZES = (2, 8)
ENVIRONMENT = "dev"
LIVE = f"live/{ENVIRONMENT}"
DEFAULTS, PLAIN, OURS = "Terragrunt, its defaults", "Terragrunt, our settings", "Meridian"
CHANGED, ROOT_MODULE = "Meridian --changed", "one Terraform root"
FIRST, NOTHING, PLAN, APPLY = (
    "first apply",
    "plan, nothing changed",
    "plan, one region changed",
    "apply, one region changed",
)
SETTINGS = (tools.PARALLELISM, "GOGC", "GOMEMLIMIT")
"""What `meridian env` sets to save time and memory; the defaults of Terragrunt have none of it."""
UNCHANGED = "      eu-west-1: {} #"
Key = tuple[str, str]
"""A step and a way."""
Results = dict[tuple[int, Key], list[Usage]]
"""The usages of each round by number of regions, step and way."""
PAGE = """\
# Planning and applying: how long, how much memory

`make bench-run` writes this page. Each figure is the median of {rounds},
on a local AWS of its own for each way, from the start of the process to the end of its last child. The ways take turns
within each step. CPU: seconds of all processes of the command, without the local AWS. Peak: memory of all its processes
at the same time, as looked at twice a second; pages that they share count in each. Ratio: to Terragrunt with our
settings. Seconds depend on the machine and its load, CPU seconds less so; the ratios count.

- {defaults}: `terragrunt run --all`, with as many units at a time as there are.
- {plain}: the same after `eval "$(meridian env dev --target local)"`: as many units at a time as
  cores, and another setting of the garbage collector.
- {ours}: `meridian plan` and `meridian apply`. The apply plans everything, runs the gate with Checkov over what
  changes, and applies; the first one plans with mocks, and the readers of outputs again.
- {changed}: the same with `--changed`, in the environment of the line above.
- {one}: the same modules in one state, with a provider alias for each region; `terraform` alone.

One region that changes: the throttle of the API of eu-west-1.

| regions | units | step | how | s | CPU s | peak MB | ratio s | ratio CPU |
|---|---|---|---|---|---|---|---|---|
{rows}
{plots}
{machine}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every size, and write the page after each round."""
    options = measure.options(3, SIZES, arguments)
    results: Results = {}
    try:
        for size in options.sizes:
            for _ in range(options.rounds):
                for key, usage in _measure_once(size):
                    results.setdefault((size, key), []).append(usage)
                    print(size, *key, *(f"{one:.1f}" for one in usage), file=sys.stderr, flush=True)
    finally:
        # What was measured before a failure or a Ctrl-C counts too.
        if results:
            _write(options.out, results)
    return 0


def _measure_once(regions: int) -> Iterator[tuple[Key, Usage]]:
    """Do every step in every way, each way in a checkout of its own, and yield what it cost."""
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as name, _checkouts(Path(name), regions) as made:
        ways = _Ways(made, Path(name) / "log")
        yield from ways.terragrunt(FIRST, "apply")
        yield ways.meridian(FIRST, OURS, "apply")
        yield ways.one_root(FIRST, "init -lockfile=readonly -input=false && terraform apply -auto-approve")
        for step, plan in ((NOTHING, "plan"), (PLAN, "plan")):
            if step == PLAN:
                for target in made.values():
                    _edit(target, UNCHANGED, 90)
            yield from ways.terragrunt(step, plan)
            yield ways.meridian(step, OURS, plan)
            yield ways.meridian(step, CHANGED, plan, "--changed")
            yield ways.one_root(step, plan)
        yield from ways.terragrunt(APPLY, "apply")
        yield ways.meridian(APPLY, OURS, "apply")
        _edit(made[OURS], _setting(90), 80)
        yield ways.meridian(APPLY, CHANGED, "apply", "--changed")
        yield ways.one_root(APPLY, "apply -auto-approve")


@dataclass(frozen=True)
class _Ways:
    """The commands, by way: each with its checkout and its variables."""

    made: Mapping[str, Target]
    log: Path

    def terragrunt(self, step: str, verb: str) -> Iterator[tuple[Key, Usage]]:
        """Run plain Terragrunt with its defaults, then with our settings."""
        for way in (DEFAULTS, PLAIN):
            environ = self.made[way].environ()
            if way == DEFAULTS:
                environ = {name: value for name, value in environ.items() if name not in SETTINGS}
            command = [
                str(tools.path("terragrunt")),
                "run",
                "--all",
                "--working-dir",
                f"live/{ENVIRONMENT}",
                "--",
                verb,
            ]
            yield (step, way), measure_tree(command, self.made[way].root, environ, self.log)

    def meridian(self, step: str, way: str, *words: str) -> tuple[Key, Usage]:
        """Run a command of ours, which finds no saved plan."""
        target = self.made[OURS]
        shutil.rmtree(target.work_dir / "plans", ignore_errors=True)
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        command = _meridian(words[0], ENVIRONMENT, "--target", "local", *words[1:])
        return (step, way), measure_tree(command, target.root, environ, self.log)

    def one_root(self, step: str, command: str) -> tuple[Key, Usage]:
        """Build the function as the hook of a unit does, and run Terraform once."""
        target = self.made[ROOT_MODULE]
        script = f"node ../modules/compute/functions/build.mjs && terraform {command} -input=false"
        folder = one_root.write(target)
        return (step, ROOT_MODULE), measure_tree(["sh", "-c", script], folder, target.environ(), self.log)


@contextmanager
def _checkouts(folder: Path, regions: int) -> Iterator[dict[str, Target]]:
    """Make a checkout with a local AWS and a state bucket for each way, and end them all."""
    folder = folder.resolve()
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    made: dict[str, Target] = {}
    try:
        for number, way in enumerate((DEFAULTS, PLAIN, OURS, ROOT_MODULE)):
            made[way] = _checkout(folder / f"checkout-{number}", regions)
        yield made
    finally:
        for root in folder.glob("checkout-*"):
            server.stop_server(root, ENVIRONMENT, forget=True)


def _checkout(root: Path, regions: int) -> Target:
    measure.run(["git", "clone", "--quiet", str(ROOT), str(root)], root.parent)
    (root / VENV).symlink_to(ROOT / VENV)
    for region in REGIONS[2:regions]:
        measure.run(_meridian("add-region", ENVIRONMENT, region), root)
    inventory = load_inventory(root / INVENTORY)
    chosen = inventory.environment(ENVIRONMENT)
    running = server.start_server(root, chosen)
    measure.run([*_meridian("bootstrap"), ENVIRONMENT, "--target", "local"], root)
    return Target("local", root, chosen, inventory.repository, running.endpoint)


def _edit(target: Target, before: str, rate: int) -> None:
    """Change the throttle of one region and render."""
    inventory = target.root / INVENTORY
    text = inventory.read_text(encoding="utf-8")
    inventory.write_text(text.replace(before, _setting(rate), 1), encoding="utf-8")
    measure.run(_meridian("generate"), target.root)


def _setting(rate: int) -> str:
    return f"      eu-west-1: {{api: {{throttle: {{rate: {rate}}}}}, reason: its traffic is lower than the rest}} #"


def _meridian(*words: str) -> list[str]:
    return [sys.executable, "-m", "meridian", *words]


def _write(out: Path, results: Results) -> None:
    """Write the page and a plot for each number of regions."""
    medians = {key: Usage(*map(statistics.median, zip(*usages, strict=True))) for key, usages in results.items()}
    plots = []
    for size in dict.fromkeys(size for size, _ in medians):
        groups: dict[str, dict[str, float]] = {}
        for (regions, (step, way)), usage in medians.items():
            if regions == size:
                groups.setdefault(step, {})[way] = usage.seconds
        title = f"{size} regions, {2 * size + 1} units: seconds"
        (out / f"run-{size}.svg").write_text(plot.draw(title, groups), encoding="utf-8")
        plots.append(f"![{title}](run-{size}.svg)\n")
    page = PAGE.format(
        rounds=_rounds(results),
        rows=_rows(medians),
        plots="\n".join(plots),
        defaults=DEFAULTS,
        plain=PLAIN,
        ours=OURS,
        changed=CHANGED,
        one=ROOT_MODULE,
        machine=measure.machine(
            f"{measure.answer(tools.path('terragrunt'), '--version')}, "
            f"{measure.answer(tools.path('terraform'), 'version').splitlines()[0]}"
        ),
    )
    (out / "run.md").write_text(page, encoding="utf-8")


def _rounds(results: Results) -> str:
    numbers = {size: min(len(usages) for key, usages in results.items() if key[0] == size) for size, _ in results}
    return " and ".join(f"{number} round(s) at {size} regions" for size, number in numbers.items())


def _rows(medians: Mapping[tuple[int, Key], Usage]) -> str:
    rows = ""
    for (size, (step, way)), usage in medians.items():
        plain = medians.get((size, (step, PLAIN)), usage)
        cells = [
            str(size),
            str(2 * size + 1),
            step,
            way,
            *(f"{one:.1f}" for one in usage[:2]),
            f"{usage.megabytes:.0f}",
        ]
        cells += ["", ""] if way == PLAIN else [f"{a / b:.2f}" for a, b in zip(usage[:2], plain[:2], strict=True)]
        rows += f"| {' | '.join(cells)} |\n"
    return rows


if __name__ == "__main__":
    measure.run_to_exit(main)
