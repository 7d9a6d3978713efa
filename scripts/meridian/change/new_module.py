"""`meridian new-module`: a queue with dead letters, as the beginning of a module of one's own."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from meridian.docs import __main__ as docs
from meridian.errors import Exit, UserError
from meridian.files import lock_folder
from meridian.gate.accepted.command import accept
from meridian.inventory.settings import find_consumers
from meridian.modules.ledger import MODULE
from meridian.modules.library import Library
from meridian.modules.manifest import PLACEMENTS
from meridian.modules.sources import ENVIRONMENT_KEYS, REGION_KEYS
from meridian.options import HERE, RootOption
from meridian.render.command import generate, require_current
from meridian.render.render import load_templates
from meridian.yamlfile.problems import did_you_mean, join_words, quote

TEMPLATES = Path(__file__).with_name("templates") / "module"
LONGEST = 20
"""Characters of a name: with the longest prefix and `-dead-letters` it fits into the 80 that SQS allows."""


def new_module(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the folder in modules/, e.g. orders.")],
    placement: Annotated[
        str, typer.Option("--placement", metavar="PLACEMENT", help="every_region or primary_region.")
    ] = "every_region",
    root: RootOption = HERE,
) -> int:
    """Write a module with a queue, its tests and its README, and render its units.

    It is complete: change it into what you need, or deploy it as it is.

    Example: meridian new-module orders
    """
    _require_valid(root, name, placement)
    with lock_folder(root / "live"):
        require_current(root)
        folder = _write(root, name, placement)
    try:
        generate(root=root, check=False, as_json=False)
    except UserError:  # e.g. an environment lacks `data`
        shutil.rmtree(folder)
        raise
    accept([name], root)
    docs.run(["--root", str(root)])
    print(
        f"modules/{name} is complete: variables, a queue with dead letters, outputs, unit.yaml, README, tests.\n"
        "Next:\n"
        "  make test-modules scan\n"
        "  make up ENV=dev\n"
        f"  git add . && git commit -m 'feat({name}): a queue'\n"
        "docs/modules.md says how to change, wire, release and remove it."
    )
    return Exit.OK


def _require_valid(root: Path, name: str, placement: str) -> None:
    if not MODULE.fullmatch(name) or len(name) > LONGEST:
        raise UserError(
            f"{quote(name)} is not a module's name.",
            f"Use up to {LONGEST} lowercase letters, digits and single dashes, e.g. orders.",
        )
    if os.path.lexists(root / "modules" / name):
        raise UserError(f"modules/{name} is there already.", "Choose another name, or change that module.")
    if placement not in PLACEMENTS:
        raise UserError(
            f"{quote(placement)} is not a placement.{did_you_mean(placement, PLACEMENTS)}",
            f"Use one of: {join_words(PLACEMENTS)}. With `optional: true` in its unit.yaml, environments choose.",
        )
    setting = name.replace("-", "_")
    if setting in {*ENVIRONMENT_KEYS, *REGION_KEYS, *find_consumers(Library(root).in_use())}:
        raise UserError(
            f"{quote(setting)} is a key of the inventory already: the module's setting would have the same name.",
            "Choose another name, e.g. orders.",
        )


def _write(root: Path, name: str, placement: str) -> Path:
    """Write the files of the module, all or none; return its folder."""
    templates = load_templates(TEMPLATES)
    with tempfile.TemporaryDirectory(dir=root / "modules", prefix=".new-") as temporary:
        folder = Path(temporary) / name
        for template in templates.list_templates():
            file = folder / template.removesuffix(".j2")
            file.parent.mkdir(parents=True, exist_ok=True)
            text = templates.get_template(template).render(name=name, placement=placement)
            file.write_text(text, encoding="utf-8")
        readme = folder / "README.md"
        readme.write_text(docs.render_page(readme, docs.module_parts(readme)), encoding="utf-8")
        return folder.rename(root / "modules" / name)
