"""The benchmark of impact measures both commands on the same repository."""

from pathlib import Path

from bench import impact


def test_the_benchmark_writes_a_table(tmp_path: Path) -> None:
    """Both commands have a row for each size."""
    assert impact.main(["--rounds", "1", "--sizes", "3", "--out", str(tmp_path)]) == 0
    table = (tmp_path / "impact.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in table.splitlines() if line.startswith("| ")]
    assert rows == [["units", "command"], ["3", "impact"], ["3", "generate --check"]]
