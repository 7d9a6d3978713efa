"""Writes docs/policies.md, the list of policies and rules: `python -m meridian.scan.policy_docs [--check]`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from meridian.errors import Exit
from meridian.scan.judgement import RULES
from meridian.scan.rule import PAGE
from policies.checks._catalogue import CATALOGUE

HEAD = """\
# What the gate checks

<!-- Written by `.venv/bin/python -m meridian.scan.policy_docs` from the policies and rules themselves; do not edit. -->
Each finding links to its entry here. `CKV_MRD_...` are our Checkov policies over modules and plans, `MRD_...` are rules
over changes, files and waivers. [security.md](security.md) says what the gate promises, and how to add a policy.
Checkov's own checks are rated in `scripts/meridian/scan/judged.py`; a check that is not rated counts as HIGH.
"""


def page() -> str:
    """Return the page: an entry for each of our Checkov policies and each rule."""
    rows = [(one.id, one.severity, one.title, one.why, one.fix) for one in CATALOGUE.values()]
    rows += [(one.id, one.severity.name, one.title, one.why, one.fix) for one in RULES]
    return HEAD + "".join(
        f'\n## <a id="{name.lower()}"></a>{name}: {title}\n{severity}. {why}\n\n**Fix:** {fix}\n'
        for name, severity, title, why, fix in rows
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with --check only print whether it is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is stale")
    options = parser.parse_args(arguments)
    file = Path(__file__).resolve().parents[3] / PAGE
    wanted = page()
    if file.is_file() and file.read_text(encoding="utf-8") == wanted:
        return Exit.OK
    if options.check:
        print(f"{PAGE} is stale. Fix: .venv/bin/python -m meridian.scan.policy_docs")
        return Exit.FINDINGS
    file.write_text(wanted, encoding="utf-8")
    return Exit.OK


if __name__ == "__main__":
    sys.exit(main())
