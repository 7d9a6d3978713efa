"""Real plans, reduced to what the gate reads: `python -m tests.gate.corpus.keep FOLDER` after `meridian plan`.

FOLDER holds `<unit>/tfplan.json`, e.g. out/local/prod/plans/us-east-1. The plans of the corpus are of prod on the
local AWS, after an apply; `first.json` is compute's in dev, before any.
"""

import json
import sys
from pathlib import Path

from meridian.gate.checkov.canary_plan import KEPT

WHOLE = ("applyable", "complete", "errored")
"""What a plan says of itself; `read_plan` accepts no plan without it."""
FOLDER = Path(__file__).parent / "plans"


def main(source: Path, names: dict[str, str]) -> None:
    """Write the reduced plan of each unit under its name, a line for each resource."""
    FOLDER.mkdir(exist_ok=True)
    for unit, name in names.items():
        plan = json.loads((source / unit / "tfplan.json").read_text(encoding="utf-8"))
        kept = {key: plan[key] for key in (*KEPT, *WHOLE)}
        text = json.dumps(kept, sort_keys=True).replace(', {"address"', ',\n{"address"')
        (FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        dict(name.split("=") for name in sys.argv[2:]) or {n: n for n in ("identity", "data", "compute")},
    )
