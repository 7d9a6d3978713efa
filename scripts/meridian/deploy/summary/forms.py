"""The files of a summary: Markdown for a comment and for a job, and the sentence on what was left out."""

from pathlib import Path
from typing import Annotated

import typer

from meridian import files
from meridian.deploy.summary.markdown import LONGEST, format_markdown
from meridian.deploy.summary.summary import Summary
from meridian.errors import OperationFailed
from meridian.paths import out_dir
from meridian.plans.saved import Plans

MarkdownOption = Annotated[
    Path | None,
    typer.Option(
        "--markdown",
        metavar="FILE",
        show_default=False,
        help="Write the summary as Markdown, shortened to the longest comment on GitHub.",
    ),
]


def remove_markdown(root: Path) -> None:
    """Remove out/plan.md, so that a plan that fails leaves no older summary for the job."""
    (out_dir(root) / "plan.md").unlink(missing_ok=True)


def write_markdown(root: Path, summary: Summary, comment: Path | None) -> None:
    """Write the whole summary to out/plan.md, and to `comment` what fits into a comment."""
    files.write_file(out_dir(root) / "plan.md", format_markdown(summary), 0o600)
    if comment:
        write_comment(comment, summary)


def write_comment(file: Path, summary: Summary) -> None:
    """Write the summary as a comment on GitHub may hold it; OperationFailed if the file cannot be written."""
    write_text(file, format_markdown(summary, LONGEST))


def write_text(file: Path, text: str) -> None:
    """Write a text to a file that the command line names; OperationFailed if it cannot be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        files.write_file(file, text)
    except OSError as error:
        raise OperationFailed(f"{file}: cannot be written: {error.strerror}.") from error


def save_left_out(plans: Plans, sentence: str) -> None:
    """Keep beside the saved plans which units were not planned."""
    if sentence:
        files.write_file(_left_out(plans), sentence)


def read_left_out(plans: Plans) -> str:
    """Return the sentence that `save_left_out` kept; empty if every unit was planned."""
    file = _left_out(plans)
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _left_out(plans: Plans) -> Path:
    return plans.folder / "left-out.txt"
