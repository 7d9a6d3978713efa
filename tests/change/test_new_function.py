"""A function from the command fits into its module, or nothing is written."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from meridian.change.new_function import new_function
from meridian.errors import UserError
from meridian.gate.accepted.compare import find_unaccepted
from meridian.gate.rules.module_files import find_in_modules
from meridian.verify.declared import parse_calls
from tests.conftest import ROOT
from tests.e2e.checkout import clone

Edit = Callable[[Path], object]


def replaced(file: str, old: str, new: str) -> Edit:
    """Return an edit of a file of compute."""

    def edit(compute: Path) -> None:
        text = (compute / file).read_text(encoding="utf-8")
        assert old in text
        (compute / file).write_text(text.replace(old, new), encoding="utf-8")

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
        ("comput", "orders", "", "There is no module 'comput'", "Did you mean 'compute'?"),
        ("compute", "Orders", "", "'Orders' is not a function's name", "e.g. orders"),
        ("compute", "a" * 17, "", "is not a function's name", "up to 16"),
        ("compute", "index", "", "'index' is not a function's name", "index is the first one's"),
        ("compute", "orders", "/orders", "'/orders' is not a method and a path", '--route "POST /orders"'),
        ("compute", "orders", "GET /{id}/orders/{id}", "whose variables have different names", "{id}"),
        ("compute", "orders", "GET /orders/{proxy+}", "is not a method and a path", "{id}"),
        ("compute", "orders", "GET /orders/a{id}", "is not a method and a path", "{id}"),
        ("compute", "greet", "", "has aws_lambda_function.greet, aws_apigatewayv2_route.greet, ", "another name"),
        ("compute", "live", "", "modules/compute has aws_lambda_alias.live already", "another name"),
        ("compute", "trust", "", "modules/compute has data.aws_iam_policy_document.trust already", "another name"),
        ("compute", "my-override", "", "'my-override' is not a function's name", "e.g. orders"),
        ("compute", "api", "", "modules/compute has api.tf already", "another name"),
        ("compute", "orders", "GET /greet", "aws_apigatewayv2_route.greet of modules/compute serves", "--route"),
        (
            "data",
            "orders",
            "",
            "it lacks `package` in unit.yaml, aws_apigatewayv2_api.http",
            "new-function compute orders",
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
            replaced("api.tf", "  depends_on = [aws_apigatewayv2_route.greet]\n", ""),
            "lacks depends_on in aws_",
        ),
        (
            replaced("api.tf", "= [aws_apigatewayv2_route.greet]", "= [ # x\naws_apigatewayv2_route.greet]"),
            "modules/compute/api.tf:77: ",
        ),
        (replaced("role.tf", '"trust"', '"who"'), "it lacks data.aws_iam_policy_document.trust."),
        (lambda compute: (compute / "functions/src/answer.mjs").unlink(), "it lacks functions/src/answer.mjs."),
        (lambda compute: (compute / "verify.yaml").write_text("a: 1\n"), "verify.yaml has no map `calls`."),
        (lambda compute: (compute / "verify.yaml").write_text("calls: {orders: 1}\n"), "has a call orders already."),
    ],
    ids=["no depends_on", "a comment in it", "no trust", "no answer.mjs", "no calls", "call there"],
)
def test_a_module_of_another_shape_is_refused(root: Path, edit: Edit, says: str) -> None:
    edit(root / "modules/compute")
    before = snapshot(root)
    with pytest.raises(UserError, match=re.escape(says)):
        new_function("compute", "orders", "", "nodejs", root)
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
        new_function("compute", "orders", "", "nodejs", root)
    assert len(written) == 8
    assert snapshot(root) == before


def test_two_functions_fit_into_one_module(tmp_path: Path) -> None:
    """The stage waits for every route; verify.yaml calls each; the gate accepts what was written."""
    root = clone(tmp_path / "clone", tmp_path).root
    new_function("compute", "orders", "", "nodejs", root)
    new_function("compute", "order-items", "GET /orders/items", "nodejs", root)

    compute = root / "modules/compute"
    assert (
        "  depends_on = [\n    aws_apigatewayv2_route.greet,\n    aws_apigatewayv2_route.order_items,\n"
        "    aws_apigatewayv2_route.orders,\n  ]\n"
    ) in (compute / "api.tf").read_text(encoding="utf-8")
    assert "    aws_lambda_permission.order_items,\n" in (compute / "outputs.tf").read_text(encoding="utf-8")
    assert "\npackage: functions/build.mjs\nfunctions: [orders, order-items]\ninputs:\n" in (
        compute / "unit.yaml"
    ).read_text(encoding="utf-8")
    calls = parse_calls((compute / "verify.yaml").read_text(encoding="utf-8"), "verify.yaml", "compute", {})
    assert [one.title for one in calls] == ["POST /orders", "GET /orders/items"]
    assert find_unaccepted(root) == []


def test_a_path_has_variables(tmp_path: Path) -> None:
    """The permission is for the route as the API names it; the verifier calls it with a value of its run."""
    root = clone(tmp_path / "clone", tmp_path).root
    new_function("compute", "order-item", "GET /orders/{id}/items/{item}", "nodejs", root)
    compute = root / "modules/compute"
    code = (compute / "order_item.tf").read_text(encoding="utf-8")
    assert '  route_key          = "GET /orders/{id}/items/{item}"\n' in code
    assert '${aws_apigatewayv2_stage.default.execution_arn}/GET/orders/{id}/items/{item}"\n' in code
    handler = (compute / "functions/src/handlers/order-item.mjs").read_text(encoding="utf-8")
    assert "  return json(200, { region: process.env.AWS_REGION, ...event.pathParameters });\n" in handler
    test = (compute / "functions/tests/order-item.test.mjs").read_text(encoding="utf-8")
    assert 'pathParameters: { id: "1", item: "2" } };\n' in test
    assert 'body: { region: REGION, ...{ id: "1", item: "2" } } });\n' in test
    (call,) = parse_calls((compute / "verify.yaml").read_text(encoding="utf-8"), "verify.yaml", "compute", {})
    assert call.title == "GET /orders/{run_id}/items/{run_id}"
    assert call.answer == {"region": "{region}", "id": "{run_id}", "item": "{run_id}"}
    assert find_unaccepted(root) == []
    with pytest.raises(UserError, match=r"aws_apigatewayv2_route\.order_item of modules/compute serves"):
        new_function("compute", "other", "GET /orders/{order}/items/{line}", "nodejs", root)


def test_a_runtime_is_known(root: Path) -> None:
    before = snapshot(root)
    with pytest.raises(UserError, match="'ruby' is not a runtime") as refused:
        new_function("compute", "orders", "", "ruby", root)
    assert refused.value.hint == "Use one of: nodejs, python."
    assert snapshot(root) == before


def test_a_function_in_python_is_green(tmp_path: Path) -> None:
    """Its tests run and can fail; it is formatted, and the gate accepts what was written."""
    checkout = clone(tmp_path / "clone", tmp_path)
    root, compute = checkout.root, checkout.root / "modules/compute"
    new_function("compute", "order-item", "GET /orders/{id}", "python", root)
    new_function("compute", "items", "", "python", root)
    code = (compute / "order_item.tf").read_text(encoding="utf-8")
    assert '"order_item.handler"\n' in code
    assert '"python3.13"\n' in code
    run = [sys.executable, "modules/compute/functions/test.py"]
    assert "Ran 4 tests" in checkout.run(run).expect(0).stderr
    ruff = [str(ROOT / ".venv/bin/ruff")]
    checkout.run([*ruff, "check", "modules"]).expect(0)
    checkout.run([*ruff, "format", "--check", "modules"]).expect(0)
    assert find_unaccepted(root) == []
    assert find_in_modules(root) == []
    handler = compute / "functions/src/handlers/order_item.py"
    handler.write_text(handler.read_text(encoding="utf-8").replace('"id"', '"access"'), encoding="utf-8")
    assert "FAILED" in checkout.run(run).expect(1).stderr
