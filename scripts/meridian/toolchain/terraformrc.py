"""tools/terraformrc: what Terraform is told about providers when Meridian starts it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from meridian import files
from meridian.toolchain import mirror

NAME = "terraformrc"


@dataclass(frozen=True)
class Wanted:
    """What tools/terraformrc should be: our text, a link to the user's own file, or nothing."""

    text: str | None = None
    link: Path | None = None
    reason: str = "no local copy found: Terragrunt's provider cache fetches it once"


def wanted(environ: Mapping[str, str]) -> Wanted:
    """Decide: the folder that the variable names, else the user's own decision, else a mirror that is found."""
    own = None if environ.get(mirror.VARIABLE) else mirror.user_configuration(environ)
    if own:
        return Wanted(link=own, reason=f"your own {own} decides")
    found = mirror.find(environ)
    if found is None:
        return Wanted()
    # HCL would read ${ and %{ in a quoted path as the start of an expression.
    path = json.dumps(str(found), ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
    return Wanted(text=mirror.CONFIGURATION.format(path=path), reason=f"mirror at {found}")


def is_current(tools: Path, decision: Wanted) -> bool:
    """Return whether the file is already what it should be."""
    path = tools / NAME
    if decision.link:
        return path.is_symlink() and path.readlink() == decision.link
    if decision.text is None:
        return not path.is_symlink() and not path.exists()
    return not path.is_symlink() and path.is_file() and path.read_text(encoding="utf-8") == decision.text


def write(tools: Path, decision: Wanted) -> None:
    """Make the file what it should be, at once and whole."""
    path = tools / NAME
    if decision.text is not None:
        files.write(path, decision.text)
        return
    if decision.link is None:
        path.unlink(missing_ok=True)
        return
    new = tools / f".{NAME}.new"
    new.unlink(missing_ok=True)
    new.symlink_to(decision.link)
    new.replace(path)
