"""The generated parts of the documentation."""

from pathlib import Path

import pytest

from meridian.docs import __main__ as docs
from meridian.docs.picture import picture
from meridian.docs.unit_schema import FILE as UNIT_SCHEMA
from meridian.docs.unit_schema import format_unit_schema
from meridian.errors import Exit, UserError
from tests.modules.declared import ROOT

VARIABLES = """variable "beta" {
  description = "What beta does."
  type        = bool
  default     = false
}

variable "alpha" {
  description = "What alpha | does."
  type = map(object({
    size = optional(number, 1)
  }))
}
"""
OUTPUTS = 'output "url" {\n  description = "Where it answers, e.g. EXAMPLE."\n  value       = 1\n}\n'
README = "# Title\n{}\n{}\ntext\n{}\n{}\nend\n".format(
    *(form.format(part=part) for part in ("inputs", "outputs") for form in (docs.BEGIN, docs.END))
)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with one module, whose README has empty tables, and no other page."""
    monkeypatch.setattr(docs, "PAGES", {})
    (tmp_path / "live").mkdir()
    (tmp_path / "live/inventory.yaml").touch()
    module = tmp_path / "modules" / "thing"
    module.mkdir(parents=True)
    for name, text in {"unit.yaml": "", "variables.tf": VARIABLES, "outputs.tf": OUTPUTS, "README.md": README}.items():
        (module / name).write_text(text, encoding="utf-8")
    (tmp_path / UNIT_SCHEMA).write_text(format_unit_schema(), encoding="utf-8")
    return tmp_path


def readme(repository: Path) -> Path:
    """Return the README of that module."""
    return repository / "modules" / "thing" / "README.md"


def test_the_documentation_of_this_repository_is_current() -> None:
    """A changed input, policy or inventory cannot leave a page behind."""
    assert docs.stale_pages(ROOT) == {}


def test_the_picture_shows_every_unit_and_what_it_reads() -> None:
    """Units stand in their region; identity passes its outputs to the other region too."""
    text = picture(ROOT)
    assert '  subgraph eu_west_1["eu-west-1"]\n    eu_west_1_compute["<b>compute</b><br>apigatewayv2: api, ' in text
    assert '  us_east_1_identity -- "client_id, issuer" --> eu_west_1_compute\n' in text
    assert "eu_west_1_identity" not in text


def test_required_inputs_come_first_and_names_link_to_their_lines(repository: Path) -> None:
    """Types stand on one line, a bar cannot break the table, and the text around stays as it was."""
    assert docs.run(["--root", str(repository)]) == Exit.OK
    lines = readme(repository).read_text(encoding="utf-8").splitlines()
    assert (
        "| [alpha](variables.tf#L7) | What alpha \\| does. | `map(object({size = optional(number, 1)}))` | required |"
        in lines
    )
    assert "| [beta](variables.tf#L1) | What beta does. | `bool` | `false` |" in lines
    assert "| [url](outputs.tf#L1) | Where it answers, e.g. EXAMPLE. |" in lines
    assert lines.index("# Title") == 0
    assert lines[-1] == "end"
    assert [line[:8] for line in lines[4:6]] == ["| [alpha", "| [beta]"]


def test_writing_twice_changes_nothing(repository: Path) -> None:
    """The second run finds every table fresh and leaves the file alone."""
    docs.run(["--root", str(repository)])
    written = readme(repository).stat().st_mtime_ns
    assert docs.run(["--root", str(repository)]) == Exit.OK
    assert readme(repository).stat().st_mtime_ns == written


def test_check_shows_what_is_stale_and_writes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The diff and the command that fixes it are printed; the exit code says findings."""
    assert docs.run(["--check", "--root", str(repository)]) == Exit.FINDINGS
    printed = capsys.readouterr().out
    assert "+| [beta](variables.tf#L1)" in printed
    assert printed.splitlines()[-1] == "Fix: make generate"
    assert readme(repository).read_text(encoding="utf-8") == README


def test_check_is_content_with_fresh_tables(repository: Path) -> None:
    """What was just written is fresh."""
    docs.run(["--root", str(repository)])
    assert docs.run(["--check", "--root", str(repository)]) == Exit.OK


def test_a_readme_without_a_place_for_a_table_is_refused(repository: Path) -> None:
    """The error names the file and the two lines that are missing."""
    readme(repository).write_text("# Title\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"README\.md: the place for the inputs is missing"):
        docs.run(["--root", str(repository)])


def test_a_module_without_a_readme_is_refused(repository: Path) -> None:
    """A missing file is named."""
    readme(repository).unlink()
    with pytest.raises(UserError, match=r"README\.md: cannot be read"):
        docs.run(["--check", "--root", str(repository)])


def test_a_repository_without_modules_is_refused(repository: Path) -> None:
    """Nothing to check is not a pass."""
    (repository / "modules/thing/unit.yaml").unlink()
    with pytest.raises(UserError, match="there is no module"):
        docs.run(["--check", "--root", str(repository)])
