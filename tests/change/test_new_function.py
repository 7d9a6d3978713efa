"""A function from the command fits into its module, or nothing is written."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from meridian.change.new_function import new_function
from meridian.errors import UserError
from meridian.gate.accepted.compare import find_unaccepted
from meridian.gate.rules.module_files import find_in_modules
from meridian.verify.declared import Call, parse_calls
from tests.conftest import ROOT
from tests.e2e.checkout import clone

Edit = Callable[[Path], object]
# A fork may have added to compute what the pages add, e.g. `orders`: the names here are in no page.
WAITS = re.compile(r"^  depends_on = \[([^]]*)\]\n", re.MULTILINE)
API = (ROOT / "modules/compute/api.tf").read_text(encoding="utf-8")


def replaced(file: str, old: str | re.Pattern[str], new: str) -> Edit:
    """Return an edit of a file of compute."""
    pattern = re.compile(old)

    def edit(compute: Path) -> None:
        text = (compute / file).read_text(encoding="utf-8")
        assert pattern.search(text)
        (compute / file).write_text(pattern.sub(new, text), encoding="utf-8")

    return edit


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with the modules of the platform."""
    shutil.copytree(ROOT / "modules", tmp_path / "modules", ignore=shutil.ignore_patterns("dist", ".terraform*"))
    return tmp_path


def snapshot(root: Path) -> dict[Path, bytes]:
    """Return the content of every file, and every folder as an empty one."""
    return {path: path.read_bytes() if path.is_file() else b"" for path in root.rglob("*")}


@pytest.mark.parametrize(
    ("module", "name", "route", "says", "hint"),
    [
        ("comput", "parcels", "", "There is no module 'comput'", "Did you mean 'compute'?"),
        ("compute", "Orders", "", "'Orders' is not a function's name", "e.g. orders"),
        ("compute", "a" * 17, "", "is not a function's name", "up to 16"),
        ("compute", "index", "", "'index' is not a function's name", "index is the first one's"),
        ("compute", "parcels", "/parcels", "'/parcels' is not a method and a path", '--route "POST /orders"'),
        ("compute", "parcels", "GET /{id}/parcels/{id}", "whose variables have different names", "{id}"),
        ("compute", "parcels", "GET /parcels/{proxy+}", "is not a method and a path", "{id}"),
        ("compute", "parcels", "GET /parcels/a{id}", "is not a method and a path", "{id}"),
        ("compute", "greet", "", "has aws_lambda_function.greet, aws_apigatewayv2_route.greet, ", "another name"),
        ("compute", "live", "", "modules/compute has aws_lambda_alias.live already", "another name"),
        ("compute", "trust", "", "modules/compute has data.aws_iam_policy_document.trust already", "another name"),
        ("compute", "my-override", "", "'my-override' is not a function's name", "e.g. orders"),
        ("compute", "api", "", "modules/compute has api.tf already", "another name"),
        ("compute", "parcels", "GET /greet", "aws_apigatewayv2_route.greet of modules/compute serves", "--route"),
        (
            "data",
            "parcels",
            "",
            "it lacks `package` in unit.yaml, aws_apigatewayv2_api.http",
            "new-function compute parcels",
        ),
    ],
    ids=[
        "module",
        "capital",
        "long",
        "index",
        "no method",
        "variable twice",
        "rest of a path",
        "part of a variable",
        "there",
        "alias",
        "policy",
        "override",
        "file",
        "route there",
        "no API",
    ],
)
def test_what_does_not_fit_is_refused(root: Path, module: str, name: str, route: str, says: str, hint: str) -> None:
    before = snapshot(root)
    with pytest.raises(UserError, match=re.escape(says)) as refused:
        new_function(module, name, route, "nodejs", root)
    assert hint in refused.value.hint
    assert snapshot(root) == before


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (
            replaced("api.tf", WAITS, ""),
            "lacks depends_on in aws_",
        ),
        (
            replaced("api.tf", WAITS, r"  depends_on = [ # x\n\1]\n"),
            f"modules/compute/api.tf:{API[: API.index('  depends_on = [')].count(chr(10)) + 1}: ",
        ),
        (replaced("role.tf", '"trust"', '"who"'), "it lacks data.aws_iam_policy_document.trust."),
        (lambda compute: (compute / "functions/src/answer.mjs").unlink(), "it lacks functions/src/answer.mjs."),
        (lambda compute: (compute / "verify.yaml").write_text("a: 1\n"), "verify.yaml has no map `calls`."),
        (lambda compute: (compute / "verify.yaml").write_text("calls: {parcels: 1}\n"), "has a call parcels already."),
    ],
    ids=["no depends_on", "a comment in it", "no trust", "no answer.mjs", "no calls", "call there"],
)
def test_a_module_of_another_shape_is_refused(root: Path, edit: Edit, says: str) -> None:
    edit(root / "modules/compute")
    before = snapshot(root)
    with pytest.raises(UserError, match=re.escape(says)):
        new_function("compute", "parcels", "", "nodejs", root)
    assert snapshot(root) == before


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = clone(tmp_path / "clone", tmp_path).root
    before, written = snapshot(root), list[Path]()
    write_text = Path.write_text

    def fill(path: Path, data: str, encoding: str) -> int:
        written.append(path)
        if len(written) == 8:
            raise OSError(28, "No space left on device")
        return write_text(path, data, encoding)

    monkeypatch.setattr(Path, "write_text", fill)
    with pytest.raises(OSError, match="No space left"):
        new_function("compute", "parcels", "", "nodejs", root)
    assert len(written) == 8
    assert snapshot(root) == before


def routes_waited_for(compute: Path) -> list[str]:
    """Return the routes that the stage of the API waits for."""
    found = WAITS.search((compute / "api.tf").read_text(encoding="utf-8"))
    return re.findall(r"[\w.]+", found[1]) if found else []


def functions_of(compute: Path) -> list[str]:
    """Return the names in unit.yaml."""
    unit: dict[str, Any] = yaml.safe_load((compute / "unit.yaml").read_text(encoding="utf-8"))
    return unit.get("functions", [])


def calls_of(compute: Path) -> dict[str, Call]:
    """Return the calls that the verifier makes, by title."""
    file = compute / "verify.yaml"
    if not file.exists():
        return {}
    return {one.title: one for one in parse_calls(file.read_text(encoding="utf-8"), "verify.yaml", "compute", {})}


def test_two_functions_fit_into_one_module(tmp_path: Path) -> None:
    """The stage waits for every route; verify.yaml calls each; the gate accepts what was written."""
    root = clone(tmp_path / "clone", tmp_path).root
    compute = root / "modules/compute"
    routes, functions, calls = routes_waited_for(compute), functions_of(compute), calls_of(compute)
    new_function("compute", "parcels", "", "nodejs", root)
    new_function("compute", "parcel-items", "GET /parcels/items", "nodejs", root)

    routes = sorted([*routes, "aws_apigatewayv2_route.parcel_items", "aws_apigatewayv2_route.parcels"])
    listed = "".join(f"    {one},\n" for one in routes)
    assert f"  depends_on = [\n{listed}  ]\n" in (compute / "api.tf").read_text(encoding="utf-8")
    assert "    aws_lambda_permission.parcel_items,\n" in (compute / "outputs.tf").read_text(encoding="utf-8")
    listed = ", ".join([*functions, "parcels", "parcel-items"])
    assert f"\npackage: functions/build.mjs\nfunctions: [{listed}]\ninputs:\n" in (compute / "unit.yaml").read_text(
        encoding="utf-8"
    )
    assert list(calls_of(compute)) == [*calls, "POST /parcels", "GET /parcels/items"]
    assert find_unaccepted(root) == []


def test_a_path_has_variables(tmp_path: Path) -> None:
    """The permission is for the route as the API names it; the verifier calls it with a value of its run."""
    root = clone(tmp_path / "clone", tmp_path).root
    new_function("compute", "parcel-item", "GET /parcels/{id}/items/{item}", "nodejs", root)
    compute = root / "modules/compute"
    code = (compute / "parcel_item.tf").read_text(encoding="utf-8")
    assert '  route_key          = "GET /parcels/{id}/items/{item}"\n' in code
    assert '${aws_apigatewayv2_stage.default.execution_arn}/GET/parcels/{id}/items/{item}"\n' in code
    handler = (compute / "functions/src/handlers/parcel-item.mjs").read_text(encoding="utf-8")
    assert "  return json(200, { region: process.env.AWS_REGION, ...event.pathParameters });\n" in handler
    test = (compute / "functions/tests/parcel-item.test.mjs").read_text(encoding="utf-8")
    assert 'pathParameters: { id: "1", item: "2" } };\n' in test
    assert 'body: { region: REGION, ...{ id: "1", item: "2" } } });\n' in test
    call = calls_of(compute)["GET /parcels/{run_id}/items/{run_id}"]
    assert call.answer == {"region": "{region}", "id": "{run_id}", "item": "{run_id}"}
    assert find_unaccepted(root) == []
    with pytest.raises(UserError, match=r"aws_apigatewayv2_route\.parcel_item of modules/compute serves"):
        new_function("compute", "other", "GET /parcels/{parcel}/items/{line}", "nodejs", root)


def test_a_runtime_is_known(root: Path) -> None:
    before = snapshot(root)
    with pytest.raises(UserError, match="'ruby' is not a runtime") as refused:
        new_function("compute", "parcels", "", "ruby", root)
    assert refused.value.hint == "Use one of: nodejs, python."
    assert snapshot(root) == before


def test_a_function_in_python_is_green(tmp_path: Path) -> None:
    """Its tests run and can fail; it is formatted, and the gate accepts what was written."""
    checkout = clone(tmp_path / "clone", tmp_path)
    root, compute = checkout.root, checkout.root / "modules/compute"
    new_function("compute", "parcel-item", "GET /parcels/{id}", "python", root)
    new_function("compute", "parcels", "", "python", root)
    code = (compute / "parcel_item.tf").read_text(encoding="utf-8")
    assert '"parcel_item.handler"\n' in code
    assert '"python3.13"\n' in code
    run = [sys.executable, "modules/compute/functions/test.py"]
    tests = [one.read_text(encoding="utf-8").count("def test_") for one in compute.glob("functions/tests/*.py")]
    assert sum(tests) >= 4
    assert f"Ran {sum(tests)} tests" in checkout.run(run).expect(0).stderr
    ruff = [str(ROOT / ".venv/bin/ruff")]
    checkout.run([*ruff, "check", "modules"]).expect(0)
    checkout.run([*ruff, "format", "--check", "modules"]).expect(0)
    assert find_unaccepted(root) == []
    assert find_in_modules(root) == []
    handler = compute / "functions/src/handlers/parcel_item.py"
    handler.write_text(handler.read_text(encoding="utf-8").replace('"id"', '"access"'), encoding="utf-8")
    assert "FAILED" in checkout.run(run).expect(1).stderr
