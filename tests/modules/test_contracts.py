"""What every module promises in its text: descriptions, guards with tests, examples, a README that is true."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.modules import declared

each_module = pytest.mark.parametrize("module", declared.MODULES, ids=lambda module: module.name)


def test_there_are_the_modules_of_the_platform() -> None:
    """Without this, every test below would pass without modules."""
    assert {"identity", "data", "compute"} <= {module.name for module in declared.MODULES}


@each_module
def test_variables_are_alphabetical_described_and_never_null(module: Path) -> None:
    """A variable says in one sentence what it does, and its value is never null by accident."""
    found = declared.variables(module)
    assert found
    assert list(found) == sorted(found)
    for name, body in found.items():
        assert re.fullmatch(r"[A-Z][^.]*\.", body["description"]), f"{name}: describe it in one sentence with a period"
        source = {name: declared.manifest(module)["inputs"].get(name)}
        optional = {output.split(".")[0] for output in declared.needed_outputs(source)} & _optional_needs(module)
        assert optional or body["nullable"] is False, f"{name}: set nullable = false"


def _optional_needs(module: Path) -> set[str]:
    needs = declared.manifest(module).get("needs", {})
    return {name for name, need in needs.items() if isinstance(need, dict) and need.get("optional")}


@each_module
def test_every_validation_has_a_refused_and_an_accepted_run(module: Path) -> None:
    """Every validation has a test that it refuses, one that it accepts, and a message with an example."""
    refused: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    for run in declared.runs(module):
        for name in declared.variables(module):
            if run.name.startswith(f"refuses_{name}_") and run.body.get("expect_failures") == [f"${{var.{name}}}"]:
                refused[name] += 1
            if run.name.startswith(f"accepts_{name}_") and run.body.get("assert"):
                accepted[name] += 1
    for name, body in declared.variables(module).items():
        wanted = len(body.get("validation", []))
        assert refused[name] >= wanted, f"{name}: {wanted} validations, {refused[name]} runs refuses_{name}_..."
        assert accepted[name] >= wanted, f"{name}: {wanted} validations, {accepted[name]} runs accepts_{name}_..."
        for validation in body.get("validation", []):
            assert re.search(r", e\.g\. .+\.$", validation["error_message"]), f"{name}: end the message with an example"


@each_module
def test_every_run_proves_something(module: Path) -> None:
    """A run asserts or expects a refusal, and its name is a sentence that no other run has."""
    found = declared.runs(module)
    assert {run.file.name.split(".")[0] for run in found} >= {"defaults", "inputs", "contract"}
    assert max(Counter(run.name for run in found).values()) == 1
    for run in found:
        assert run.body.get("assert") or run.body.get("expect_failures"), f"{run.file}: {run.name} proves nothing"
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+){2,}", run.name), f"{run.file}: {run.name} is not a sentence"


@each_module
def test_every_output_is_described_with_an_example_that_becomes_a_mock(module: Path) -> None:
    """Mocks are made from the examples; without EXAMPLE they could not be recognised later."""
    found = declared.outputs(module)
    assert found
    assert list(found) == sorted(found)
    for name, body in found.items():
        assert "EXAMPLE" in declared.example(body), f"{name}: end its description with ', e.g. ...EXAMPLE....'"


@each_module
def test_the_manifest_feeds_every_variable_from_outputs_that_exist(module: Path) -> None:
    """A variable that the manifest forgets would keep its default for ever."""
    manifest = declared.manifest(module)
    assert sorted(manifest["inputs"]) == sorted(declared.variables(module))
    for name in declared.needed_outputs(manifest["inputs"]):
        unit, output = name.split(".")
        assert unit in manifest["needs"], f"{name}: {unit} is not among the needs"
        assert output in declared.outputs(module.parent / unit), f"{name}: there is no such output"


@each_module
def test_a_module_is_tested_with_the_mocks_of_what_it_needs(module: Path) -> None:
    """The first plan of an environment runs on mocks, so every one of them must pass the validations."""
    tested = "\n".join(str(run.body.get("variables")) for run in declared.runs(module))
    for name in declared.needed_outputs(declared.manifest(module)["inputs"]):
        unit, output = name.split(".")
        example = declared.example(declared.outputs(module.parent / unit)[output])
        mock = example.replace("EXAMPLE", declared.SENTINEL)
        assert repr(mock) in tested, f"{module.name}: no run accepts {mock} for {name}"


@each_module
def test_a_module_brings_no_provider_backend_or_foreign_state(module: Path) -> None:
    """The caller chooses account and region; a module says only which versions it was made for."""
    texts = {file: declared.read(file) for file in module.glob("*.tf")}
    assert {key for text in texts.values() for key in text} <= {
        "data",
        "locals",
        "moved",
        "output",
        "resource",
        "terraform",
        "variable",
    }
    for text in texts.values():
        for block in text.get("terraform", []):
            assert set(block) <= {"required_version", "required_providers", "__is_block__"}
        assert not any("terraform_remote_state" in block for block in text.get("data", []))
    terraform = declared.read(module / "versions.tf")["terraform"][0]
    assert terraform["required_version"] == ">= 1.11.0"
    assert terraform["required_providers"][0]["aws"]["version"] == "~> 5.100"


@each_module
def test_the_call_in_the_readme_is_the_call_that_is_tested(module: Path, tmp_path: Path) -> None:
    """The README's example is the input of tests/defaults.tftest.hcl, so it cannot rot."""
    shown = re.search(r"```hcl\n(.*?)```", (module / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert shown
    (tmp_path / "use.tf").write_text(shown[1], encoding="utf-8")
    call = declared.blocks(tmp_path / "use.tf", "module")[module.name]
    source = call.pop("source")
    assert source == f"./modules/{module.name}"
    assert call == declared.read(module / "tests" / "defaults.tftest.hcl")["variables"][0]


@each_module
def test_every_guarantee_in_the_readme_is_a_run_that_exists(module: Path) -> None:
    """A guarantee names its proof: a run of that name in that file."""
    text = (module / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"\[`(\w+)`\]\((tests/\S+)\)", text)
    assert named
    there = {(run.name, f"tests/{run.file.name}") for run in declared.runs(module)}
    assert set(named) <= there, f"not there: {sorted(set(named) - there)}"
