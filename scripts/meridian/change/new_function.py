"""`meridian new-function`: a second function and its route in a module that has an API and a package."""

import contextlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from meridian.docs import __main__ as docs
from meridian.errors import Exit, UserError
from meridian.files import lock_folder
from meridian.gate.accepted.command import accept
from meridian.gate.accepted.picture import Picture, read_picture
from meridian.gate.rules.module_files import is_allowed
from meridian.modules.ledger import MODULE
from meridian.modules.library import Library
from meridian.options import HERE, RootOption
from meridian.render.command import generate, require_current
from meridian.render.render import load_templates
from meridian.verify.declared import FILE as VERIFY
from meridian.yamlfile.draft import Draft
from meridian.yamlfile.problems import did_you_mean, join_words, quote

TEMPLATES = Path(__file__).with_name("templates") / "function"
LONGEST = 16
"""Characters of a name: with the longest prefix and region it fits into the 64 of a role's name."""
ROUTE = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/([A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*\}))+")
VARIABLE = re.compile(r"\{(\w+)\}")
RUNTIMES = {"nodejs": "nodejs22.x", "python": "python3.13"}
STAGE, URL = "aws_apigatewayv2_stage.default", "output.api_url"
CODE = (
    *("aws_apigatewayv2_api.http", "aws_apigatewayv2_authorizer.jwt", STAGE, "data.aws_iam_policy_document.trust"),
    *("local.package", "local.region", "variable.function", "variable.kms_key_arn", "variable.logs", "variable.name"),
    *("variable.permissions_boundary", "variable.role_path"),
)
FILES = (
    *(f"functions/src/{name}.mjs" for name in ("answer", "caller", "responses")),
    *("functions/tests/support.mjs", "tests/defaults.tftest.hcl"),
)
"""What the function and its tests refer to, by the address of a block and by file."""
BLOCK = re.compile(r'^(data |resource )"(\w+)" "(\w+)"', re.MULTILINE)
DEPENDS = re.compile(r"( *)depends_on *= *\[([\w.,\s]*)\]")
WIDE = 100


def new_function(
    module: Annotated[str, typer.Argument(metavar="MODULE", help="A module with an API, e.g. compute.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the function, e.g. orders.")],
    route: Annotated[
        str, typer.Option("--route", metavar="ROUTE", show_default=False, help="Default: POST /NAME.")
    ] = "",
    runtime: Annotated[
        str, typer.Option("--runtime", metavar="RUNTIME", help="nodejs, or python: standard library and boto3.")
    ] = "nodejs",
    root: RootOption = HERE,
) -> int:
    """Write a function with its route, role and tests into a module that has an API.

    It is complete: change it into what you need, or deploy it as it is.

    Example: meridian new-function compute orders --route "POST /orders"
    """
    route = route or f"POST /{name}"
    folder = root / "modules" / module
    if runtime not in RUNTIMES:
        raise UserError(f"{quote(runtime)} is not a runtime.", f"Use one of: {join_words(RUNTIMES)}.")
    picture = _require_valid(root, module, name, route)
    texts = _new_files(folder, name, route, runtime)
    _require_new(folder, texts, route, picture.content["code"])
    runner = folder / "functions/test.py"
    if runtime == "python" and not runner.exists():
        texts[runner] = load_templates(TEMPLATES).get_template("test.py.j2").render()
    texts |= _edits(folder, name, picture)
    texts |= {folder / "unit.yaml": _unit(folder, name), folder / VERIFY: _verify(folder, name, route)}
    with lock_folder(root / "live"):
        require_current(root)
        _write(texts)
    generate(root=root, check=False, as_json=False)
    accept([module], root)
    docs.run(["--root", str(root)])
    print(
        f"modules/{module} has the function {name} for {route}: code, tests, role, a call of `meridian verify`.\n"
        "Next:\n"
        "  make test-modules test-unit scan\n"
        "  make up ENV=dev\n"
        f"  git add . && git commit -m 'feat({module}): {route}'\n"
        "docs/modules.md says how to give it rights and settings."
    )
    return Exit.OK


def _require_valid(root: Path, module: str, name: str, route: str) -> Picture:
    """Return the module's picture; raises UserError unless the function fits into it."""
    known = Library(root).checked_out
    if module not in known:
        hint = did_you_mean(module, known).strip() or f"There are: {join_words(known)}."
        raise UserError(f"There is no module {quote(module)} in modules/.", hint)
    fits = MODULE.fullmatch(name) and len(name) <= LONGEST and is_allowed(f"{_id(name)}.tf", link=False)
    if not fits or name == "index":
        raise UserError(
            f"{quote(name)} is not a function's name.",
            f"Use up to {LONGEST} lowercase letters, digits and single dashes, e.g. orders; index is the first one's.",
        )
    variables = VARIABLE.findall(route)
    if not ROUTE.fullmatch(route) or len(set(variables)) < len(variables):
        raise UserError(
            f"{quote(route)} is not a method and a path whose variables have different names.",
            'Use GET, POST, PUT, PATCH or DELETE, e.g. --route "POST /orders" or --route "GET /orders/{id}".',
        )
    picture = read_picture(root / "modules" / module)
    if missing := _missing(root / "modules" / module, picture):
        fit = [one for one in known if not _missing(root / "modules" / one, read_picture(root / "modules" / one))]
        raise UserError(
            f"modules/{module} cannot have a function with a route: it lacks {join_words(missing)}.",
            f"`meridian new-function {fit[0]} {name}` works; or write these as modules/{fit[0]} has them."
            if fit
            else "Write them first: docs/modules.md.",
        )
    return picture


def _missing(folder: Path, picture: Picture) -> list[str]:
    """Return what a function needs of a module and does not find there."""
    missing = [] if picture.content["unit"].get("package") else ["`package` in unit.yaml"]
    missing += [address for address in CODE if address not in picture.content["code"]]
    if STAGE in picture.content["code"] and (STAGE, "depends_on") not in picture.lines:
        missing.append(f"depends_on in {STAGE}")
    return missing + [file for file in FILES if not (folder / file).is_file()]


def _require_new(folder: Path, texts: Mapping[Path, str], route: str, code: Mapping[str, Any]) -> None:
    """Raise UserError if a file, a block or the route is there already."""
    blocks = [match for text in texts.values() for match in BLOCK.findall(text)]
    addresses = [f"{'data.' if kind == 'data ' else ''}{type_}.{name}" for kind, type_, name in blocks]
    there = [one for one in addresses if one in code]
    there += [file.relative_to(folder).as_posix() for file in texts if file.exists()]
    if there:
        raise UserError(f"modules/{folder.name} has {join_words(there)} already.", "Choose another name.")
    for address, block in code.items():
        served = block.get("route_key") if address.startswith("aws_apigatewayv2_route.") else None
        # Variables of other names are the same route to the API.
        if isinstance(served, str) and VARIABLE.sub("{}", served) == VARIABLE.sub("{}", route):
            raise UserError(f"{address} of modules/{folder.name} serves {route} already.", "Choose another --route.")


def _id(name: str) -> str:
    return name.replace("-", "_")


def _new_files(folder: Path, name: str, route: str, runtime: str) -> dict[Path, str]:
    # Mocks and variables, in front of the first run, are those of the module's own tests.
    head, _, _ = (folder / "tests/defaults.tftest.hcl").read_text(encoding="utf-8").partition('\nrun "')
    head = "".join(line for line in f"{head}\n".splitlines(keepends=True) if not line.startswith("#"))
    values: dict[str, Any] = {"name": name, "id": _id(name), "route": route, "head": head.rstrip() + "\n"}
    variables = VARIABLE.findall(route)
    parameters = ", ".join(f'{one}: "{number}"' for number, one in enumerate(variables, 1))
    numbered = {one: str(number) for number, one in enumerate(variables, 1)}
    values |= {"variables": variables, "parameters": f"{{ {parameters} }}", "python_parameters": json.dumps(numbered)}
    # Python imports no module with a dash in its name.
    python = runtime == "python"
    values |= {"runtime": RUNTIMES[runtime], "entry": _id(name) if python else name}
    files = {f"{_id(name)}.tf": "function.tf.j2", f"tests/{_id(name)}.tftest.hcl": "function.tftest.hcl.j2"}
    if python:
        files[f"functions/src/handlers/{_id(name)}.py"] = "handler.py.j2"
        files[f"functions/tests/{_id(name)}_test.py"] = "handler_test.py.j2"
    else:
        files[f"functions/src/handlers/{name}.mjs"] = "handler.mjs.j2"
        files[f"functions/tests/{name}.test.mjs"] = "handler.test.mjs.j2"
    templates = load_templates(TEMPLATES)
    return {folder / file: templates.get_template(one).render(values) for file, one in files.items()}


def _unit(folder: Path, name: str) -> str:
    """Return the module's unit.yaml with the function's name: the roles of pipelines may then make its role."""
    draft = Draft((folder / "unit.yaml").read_text(encoding="utf-8"), f"modules/{folder.name}/unit.yaml")
    names = draft.value.get("functions")
    if names is not None:
        draft.delete(("functions",))
    draft.insert((), "functions", [*(names or []), name], after="package")
    return draft.done()


def _verify(folder: Path, name: str, route: str) -> str:
    """Return the module's verify.yaml with a call of the route."""
    file = folder / VERIFY
    call = VARIABLE.sub("{run_id}", route)
    answer = {"region": "{region}", **dict.fromkeys(VARIABLE.findall(route), "{run_id}")}
    if not file.exists():
        return load_templates(TEMPLATES).get_template("verify.yaml.j2").render(name=name, call=call, answer=answer)
    draft = Draft(file.read_text(encoding="utf-8"), f"modules/{folder.name}/{VERIFY}")
    calls = draft.value.get("calls")
    if not isinstance(calls, dict) or name in calls:
        wrong = f"has a call {name} already" if isinstance(calls, dict) else "has no map `calls`"
        raise UserError(f"{draft.name} {wrong}.", "Rename it, or write the map, then run the command again.")
    draft.insert(("calls",), name, {"call": call, "status": 200, "answer": answer})
    return draft.done()


def _edits(folder: Path, name: str, picture: Picture) -> dict[Path, str]:
    """Return the files whose `depends_on` names the new route: the stage's, and that of the API's address."""
    wanted = {STAGE: ["aws_apigatewayv2_route"], URL: ["aws_apigatewayv2_route", "aws_lambda_permission"]}
    texts: dict[Path, str] = {}
    places = {picture.lines.get((address, "depends_on")): kinds for address, kinds in wanted.items()}
    # From the end: an edit moves only the lines behind it.
    for place in sorted((one for one in places if one), reverse=True):
        file, line = folder / place[0], place[1]
        text = texts.get(file) or file.read_text(encoding="utf-8")
        references = [f"{kind}.{_id(name)}" for kind in places[place]]
        texts[file] = _depend(text, line, references, f"modules/{folder.name}/{place[0]}")
    return texts


def _depend(text: str, line: int, references: list[str], name: str) -> str:
    """Return a text with references in the `depends_on` at a line; UserError for a list that holds anything else."""
    start = sum(len(one) for one in text.splitlines(keepends=True)[: line - 1])
    found = DEPENDS.match(text, start)
    if not found:
        raise UserError(
            f"{name}:{line}: depends_on cannot be edited with certainty; nothing was written.",
            "Write it as a list of references without comments, then run the command again.",
        )
    indent, listed = found.groups()
    items = sorted({*re.findall(r"[\w.]+", listed), *references})
    flat = f"{indent}depends_on = [{', '.join(items)}]"
    if "\n" in listed or len(flat) > WIDE:
        flat = "".join([f"{indent}depends_on = [\n", *(f"{indent}  {one},\n" for one in items), f"{indent}]"])
    return text[: found.start()] + flat + text[found.end() :]


def _write(texts: Mapping[Path, str]) -> None:
    """Write all files or none: each is complete beside its place before the first one takes it."""
    made = [folder for folder in {path.parent for path in texts} if not folder.exists()]
    staged = {path: path.with_name(f".{path.name}.new") for path in texts}
    try:
        for path, text in texts.items():
            path.parent.mkdir(exist_ok=True)
            staged[path].write_text(text, encoding="utf-8")
        for path, temporary in staged.items():
            temporary.replace(path)
    except BaseException:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
