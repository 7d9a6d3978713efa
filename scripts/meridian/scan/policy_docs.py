"""The table of policies and rules in docs/security.md: `python -m meridian.scan.policy_docs [--check]`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from meridian.errors import Exit
from meridian.scan.rule import PAGE
from meridian.scan.rules import RULES
from policies.checks._catalogue import CATALOGUE

BEGIN = "<!-- policies: begin (python -m meridian.scan.policy_docs) -->\n"
END = "<!-- policies: end -->\n"


def table() -> str:
    """Return a row for each policy of Checkov's and each rule of our own."""
    rows = [(one.id, one.severity, one.title, one.why, one.fix) for one in CATALOGUE.values()]
    rows += [(one.id, one.severity.name, one.title, one.why, one.fix) for one in RULES]
    text = "| id | severity | what has to be so | why | what to write |\n|---|---|---|---|---|\n"
    for name, *cells in rows:
        cells = [cell.replace("|", "\\|") for cell in cells]
        text += f'| <a id="{name.lower()}"></a>{name} | {" | ".join(cells)} |\n'
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table, or with --check only say whether it is current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the table is stale")
    options = parser.parse_args(arguments)
    file = Path(__file__).resolve().parents[3] / PAGE
    text = file.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        print(f"error: {PAGE} has no place for the table: {BEGIN.strip()}", file=sys.stderr)
        return Exit.USAGE
    wanted = head + BEGIN + table() + END + tail
    if wanted == text:
        return Exit.OK
    if options.check:
        print(f"{PAGE} is stale. Fix: .venv/bin/python -m meridian.scan.policy_docs")
        return Exit.FINDINGS
    file.write_text(wanted, encoding="utf-8")
    return Exit.OK


if __name__ == "__main__":
    sys.exit(main())
