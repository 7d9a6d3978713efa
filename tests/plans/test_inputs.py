"""What goes into a plan: one thing is changed at a time, and every unit whose plan could differ is found."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meridian.plans import inputs, terragrunt
from meridian.plans.graph import with_dependents
from tests.conftest import ROOT
from tests.plans.world import World, dev, kept, prod

__all__ = ["dev", "prod"]

TEXTS = st.text('ab \n#="{}$', min_size=1, max_size=5)
NAMES = st.sampled_from(["extra.tf", "terraform.tfvars", "x.auto.tfvars", "override.tf.json", ".hidden", "a b.txt"])


def reads(world: World, path: str) -> set[str]:
    """Return the units into whose plan a file goes, by what Terragrunt copies and includes."""
    parts = path.split("/")
    if path == "terragrunt.hcl":
        return set(world.needs)
    if parts[0] == "modules" and len(parts) > 2:
        runs_here = world.target.environment.versions is None
        return {unit for unit in world.needs if unit.endswith(f"/{parts[1]}") and runs_here}
    if parts[:2] != ["live", world.target.environment.name]:
        return set()
    folder = "/".join(["", *parts[2:-1], ""])
    return {unit for unit in world.needs if f"/{unit}/".startswith(folder) or folder.startswith(f"/{unit}/")}


def files(world: World) -> list[str]:
    """Return every file of the tree."""
    root = world.target.root
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def expected(world: World, path: str) -> list[str]:
    """Return the units that a plain plan could show a change for."""
    return with_dependents(reads(world, path), world.needs)


def test_nothing_is_planned_while_nothing_has_changed(dev: World, prod: World) -> None:
    assert (dev.changed(), prod.changed()) == ([], [])
    assert len(dev.needs) >= len(prod.needs) == 5


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_every_changed_file_is_found(name: str, request: pytest.FixtureRequest) -> None:
    """Each file in turn gets another byte; units that do not read it stay out."""
    world: World = request.getfixturevalue(name)
    seen = 0
    for path in files(world):
        file = world.target.root / path
        with kept(file):
            file.write_bytes(file.read_bytes() + b" ")
            found = world.changed()
        assert found == expected(world, path), path
        seen += bool(found)
    assert seen > 3


@settings(max_examples=60)
@given(data=st.data())
def test_no_change_of_one_input_is_missed(dev: World, data: st.DataObject) -> None:
    """Edited, new, renamed and deleted files; another state, output or Terraform."""
    kind = data.draw(st.sampled_from(["edit", "new", "rename", "delete", "state", "output", "terraform"]))
    if kind == "terraform":
        assert dev.changed("1.12.0") == sorted(dev.needs)
    elif kind in {"state", "output"}:
        unit = data.draw(st.sampled_from(sorted(dev.needs)))
        before = dev.current[unit]
        other: dict[str, Any] = {"version": "v"} if kind == "state" else {"outputs": data.draw(outputs())}
        dev.current[unit] = replace(before, **other)
        found = dev.changed()
        dev.current[unit] = before
        if kind == "state":
            assert found == with_dependents([unit], dev.needs)
        elif other["outputs"] != before.outputs:
            assert set(found) >= {one for one in dev.needs if unit in dev.needs[one]}
    else:
        path = data.draw(st.sampled_from([one for one in files(dev) if reads(dev, one)]))
        if kind == "new":
            path = f"{path.rpartition('/')[0]}/{data.draw(NAMES)}".removeprefix("/")
        file = dev.target.root / path
        with kept(file):
            change(file, kind, data)
            found = dev.changed()
        assert set(found) >= set(expected(dev, path)), (kind, path)
    assert dev.changed() == []


def outputs() -> st.SearchStrategy[dict[str, Any]]:
    """Outputs of any form."""
    values = st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, lambda inner: st.lists(inner, max_size=2))
    return st.dictionaries(st.sampled_from(["id", "arn"]), values, max_size=2)


def change(file: Path, kind: str, data: st.DataObject) -> None:
    """Change one file."""
    if kind == "new":
        file.write_text(data.draw(TEXTS))
    elif kind == "delete":
        file.unlink()
    elif kind == "rename":
        file.rename(file.with_name(f"{file.name}.other"))
    else:
        text = file.read_bytes()
        at = data.draw(st.integers(0, len(text)))
        file.write_bytes(text[:at] + data.draw(TEXTS).encode() + text[at:])


@pytest.mark.parametrize(
    ("file", "text", "unknown"),
    [
        ("main.tf", 'x = file("../data/key.tf")', False),
        ("main.tf", 'x = file("${path.module}/../data/key.tf")', False),
        ("main.tf", 'x = join("/", [path.module, ".."])', False),
        ("main.tf", "x = dirname(path.module)", False),
        ("functions/new.mjs", 'import "../../data/x.mjs"', False),
        ("main.tf", "x = timestamp()", True),
        ("main.tf", "x = plantimestamp ()", True),
        ("main.tf", 'x = pathexpand("~/x")', True),
    ],
)
def test_a_module_that_reads_more_than_its_folder_counts_with_it(
    dev: World, file: str, text: str, unknown: bool
) -> None:
    """With all of modules/, or, if no file holds what it reads, always."""
    path = dev.target.root / "modules/compute" / file
    sources = inputs.hash_sources(dev.target)
    with kept(path):
        path.write_text(text)
        reaching = inputs.hash_sources(dev.target)
        other = dev.target.root / "modules/data/key.tf"
        with kept(other):
            other.write_bytes(other.read_bytes() + b" ")
            after = inputs.hash_sources(dev.target)
    computes = {unit for unit in dev.needs if unit.endswith("/compute")}
    assert sources.keys() - reaching.keys() == (computes if unknown else set())
    assert {unit for unit in computes if unit in after and after[unit] == reaching[unit]} == set()


def test_a_schema_for_editors_is_not_read(dev: World) -> None:
    file = dev.target.root / "modules/compute/verify.yaml"
    with kept(file):
        file.write_text("# yaml-language-server: $schema=../verify.schema.json\ncalls: {}\n")
        before = inputs.hash_sources(dev.target)
        other = dev.target.root / "modules/data/key.tf"
        with kept(other):
            other.write_bytes(other.read_bytes() + b" ")
            after = inputs.hash_sources(dev.target)
    assert {unit for unit in after if after[unit] != before[unit]} == {"eu-west-1/data", "us-east-1/data"}


@pytest.mark.parametrize("where", ["modules/compute", "live/dev/eu-west-1/compute"])
def test_a_link_to_a_folder_is_never_known(dev: World, where: str) -> None:
    link = dev.target.root / where / "link"
    link.symlink_to(dev.target.root / "modules/data")
    found = dev.changed()
    link.unlink()
    assert "eu-west-1/compute" in found


@pytest.mark.parametrize(
    "source", ["../x", "git::https://example.com/x.git//modules/compute?ref=main", "${get_repo_root()}/modules//gone"]
)
def test_a_source_of_another_form_is_never_known(dev: World, source: str) -> None:
    file = dev.target.root / "live/dev/eu-west-1/compute/terragrunt.hcl"
    with kept(file):
        file.write_text(file.read_text().replace("${get_repo_root()}/modules//compute", source))
        assert "eu-west-1/compute" not in inputs.hash_sources(dev.target)


@pytest.mark.parametrize(
    ("tree", "environment"),
    [("", "dev"), ("", "prod"), *(("tests/render/golden/pinned", one) for one in ("dev", "prod"))],
)
def test_needs_are_those_that_terragrunt_lists(
    dev: World, tmp_path: Path, require_tool: Callable[[str], Path], tree: str, environment: str
) -> None:
    """Also of a unit that only waits for another one."""
    require_tool("terragrunt")
    shutil.copytree(ROOT / tree / "live", tmp_path / "live")
    shutil.copy(ROOT / "terragrunt.hcl", tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    target = replace(dev.target, root=tmp_path, environment=replace(dev.target.environment, name=environment))
    listed = {unit: tuple(sorted(needs)) for unit, needs in terragrunt.read_graph(target).items()}
    assert listed == inputs.read_needs(target)
    assert len(listed) > 1


def test_a_unit_that_is_not_generated_is_read_by_terragrunt(dev: World, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = {"eu-west-1/own": ("us-east-1/data",)}
    monkeypatch.setattr(terragrunt, "read_graph", lambda _: graph)
    file = dev.target.root / "live/dev/eu-west-1/own/terragrunt.hcl"
    file.parent.mkdir()
    file.write_text("# by hand\n")
    found = inputs.read_needs(dev.target)
    shutil.rmtree(file.parent)
    assert found == graph
