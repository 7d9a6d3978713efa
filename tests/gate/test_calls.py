"""A module calls copies of other modules, and the gate reads those as its own code."""

from pathlib import Path
from typing import Any

import pytest

from meridian.errors import CouldNotTell
from meridian.gate import code
from meridian.gate.accepted.compare import find_unaccepted
from meridian.gate.accepted.fixed import Accepted, read_accepted
from meridian.gate.accepted.planned import find_in_plan
from meridian.gate.finding import Place
from meridian.gate.rules import module_files
from meridian.gate.rules.changes import find_in_changes
from meridian.gate.rules.owned import is_gate_file
from meridian.plans.plan_json import Plan
from tests.gate.repository import empty, write
from tests.gate.test_fixed import accept

CALL = 'module "queue" {\n  source = "%s"\n  name   = var.name\n}\n'
ORIGIN = f'repository: https://example.com/queue.git\ncommit: "{"0a" * 20}"\nfolder: ""\n'
QUEUE = 'variable "name" {\n}\n\nresource "aws_sqs_queue" "this" {\n  name = var.name\n}\n'
UNIT = "placement: every_region\ninputs:\n  name: {environment: prefix}\n"
COPY = "modules/jobs/vendor/queue"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with one module that calls a copy, accepted as it is."""
    made = empty(tmp_path / "repository")
    write(made, "modules/jobs/unit.yaml", UNIT)
    write(made, "modules/jobs/main.tf", 'variable "name" {\n}\n\n' + CALL % "./vendor/queue")
    write(made, f"{COPY}/main.tf", QUEUE)
    write(made, f"{COPY}/origin.yaml", ORIGIN)
    write(made, f"{COPY}/LICENSE", "free")
    accept(made / "modules/jobs")
    return made


def test_a_copy_is_code_of_the_module(root: Path) -> None:
    assert module_files.find_in_modules(root) == []
    read = code.read_module(root / "modules/jobs")
    assert read.blocks == {
        "module.queue": ("main.tf", 4),
        "module.queue.aws_sqs_queue.this": ("vendor/queue/main.tf", 4),
    }
    assert read.resources == {"module.queue.aws_sqs_queue.this"}


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("vendor/queue/main.tf", "name = var.name", 'name = "other"', "module.queue.aws_sqs_queue.this is not as"),
        ("main.tf", "var.name", '"other"', "module.queue is not as accepted: name is"),
        ("vendor/queue/origin.yaml", "0a", "0b", "vendor is not as accepted: queue is git::"),
    ],
)
def test_a_change_of_a_copy_is_a_finding(root: Path, file: str, old: str, new: str, says: str) -> None:
    path = root / "modules/jobs" / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    found = [one for one in find_unaccepted(root) if "package" not in one.what]
    assert [one.check for one in found] == ["MRD_ACCEPTED_001"]
    assert found[0].what.startswith(says)
    assert (found[0].file, found[0].line > 0) == (f"modules/jobs/{file}", True)


@pytest.mark.parametrize(
    "source",
    [
        "git::https://example.com/queue.git?ref=main",
        "git::https://example.com/queue.git?ref=0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
        "git@example.com:queue.git",
        "example/sqs/aws",
        "https://example.com/queue.zip",
        "../compute",
        "./vendor/../../compute",
        "./lib/queue",
        "./vendor",
        "./vendor/queue/modules/more",
        "${var.name}",
    ],
)
def test_refuses_every_other_source(root: Path, source: str) -> None:
    write(root, "modules/jobs/main.tf", 'variable "name" {\n}\n\n' + CALL % source)
    (found,) = module_files.find_in_modules(root)
    assert (found.check, found.file, found.line) == ("MRD_TREE_005", "modules/jobs/main.tf", 4)
    assert "meridian vendor" in found.what


def test_refuses_a_version_of_a_copy(root: Path) -> None:
    """Terraform takes `version` for sources of a registry only."""
    text = (CALL % "./vendor/queue").replace("  name", '  version = "1.0.0"\n  name')
    write(root, "modules/jobs/main.tf", text)
    assert [one.check for one in module_files.find_in_modules(root)] == ["MRD_TREE_005"]


@pytest.mark.parametrize(
    ("source", "right"), [("./more", True), ("../queue/more", True), ("../other", False), ("x/y/aws", False)]
)
def test_a_copy_calls_only_what_was_copied_with_it(root: Path, source: str, right: bool) -> None:
    write(root, f"{COPY}/call.tf", f'module "more" {{\n  source = "{source}"\n}}\n')
    write(root, f"{COPY}/more/main.tf", 'resource "aws_sns_topic" "t" {\n}\n')
    found = module_files.find_in_modules(root)
    assert [(one.check, one.file) for one in found] == ([] if right else [("MRD_TREE_005", f"{COPY}/call.tf")])
    inner = "module.queue.module.more.aws_sns_topic.t"
    assert (inner in code.read_module(root / "modules/jobs").resources) is right


@pytest.mark.parametrize(
    "text",
    [
        'resource "null_resource" "x" {\n}\n',
        'resource "aws_sqs_queue" "x" {\n  provisioner "local-exec" {\n    command = "id"\n  }\n}\n',
        'provider "aws" {\n}\n',
    ],
)
def test_a_copy_runs_nothing(root: Path, text: str) -> None:
    write(root, f"{COPY}/more.tf", text)
    assert [(one.check, one.file) for one in module_files.find_in_modules(root)] == [
        ("MRD_TREE_005", f"{COPY}/more.tf")
    ]


@pytest.mark.parametrize(
    "name", ["override.tf", "x_override.tf", "more.tf.json", "x.auto.tfvars", ".terraformrc", "x.sh"]
)
def test_a_copy_holds_only_files_that_the_gate_checks(root: Path, name: str) -> None:
    write(root, f"{COPY}/{name}", "")
    assert [(one.check, one.file) for one in module_files.find_in_modules(root)] == [("MRD_TREE_007", f"{COPY}/{name}")]


@pytest.mark.parametrize(
    ("origin", "says"),
    [
        (None, "is missing"),
        (ORIGIN.replace("0a" * 20, "main"), "does not name a commit by its 40 digits"),
        (ORIGIN.replace('folder: ""\n', ""), "does not have repository, commit and folder"),
        ("repository: [", "is not read: origin.yaml:"),
    ],
)
def test_a_copy_says_where_it_comes_from(root: Path, origin: str | None, says: str) -> None:
    if origin is None:
        (root / COPY / "origin.yaml").unlink()
    else:
        write(root, f"{COPY}/origin.yaml", origin)
    (found,) = module_files.find_in_modules(root)
    assert (found.check, found.file) == ("MRD_TREE_007", f"{COPY}/origin.yaml")
    assert says in found.what
    assert "meridian vendor jobs queue" in found.fix


def test_a_link_in_a_copy_is_not_read(root: Path) -> None:
    (root / COPY / "main.tf").rename(root / "modules/elsewhere.tf")
    (root / COPY / "main.tf").symlink_to("../../../elsewhere.tf")
    assert {one.file for one in module_files.find_in_modules(root)} >= {f"{COPY}/main.tf"}
    with pytest.raises(CouldNotTell, match="no resource was found"):
        code.read_module(root / "modules/jobs")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            'module "a" {\n  source = "../queue"\n}\n',
            "vendor/queue/main.tf:1: module.queue.module.a calls itself",
        ),
        (None, "modules/jobs/main.tf:4: modules/jobs/vendor/queue has no"),
    ],
)
def test_a_call_that_leads_nowhere_is_unknown(root: Path, text: str | None, says: str) -> None:
    (root / COPY / "main.tf").unlink()
    if text:
        write(root, f"{COPY}/main.tf", text)
    with pytest.raises(CouldNotTell, match=says):
        code.read_module(root / "modules/jobs")


def test_an_owner_releases_a_copy() -> None:
    assert is_gate_file(f"{COPY}/main.tf")


def plan(change: dict[str, Any], *, module: str = "module.queue") -> Plan:
    """Return a plan with one change of a resource in a called module."""
    row = {"mode": "managed", "module_address": module, **change}
    row["address"] = f"{module}.{change['type']}.{change['name']}"
    call = {"source": "./vendor/queue", "module": {"resources": [{"address": f"{change['type']}.{change['name']}"}]}}
    configuration = {"root_module": {"module_calls": {"queue": call}}}
    return Plan({"planned_values": {}, "resource_changes": [row], "configuration": configuration})


CREATED = {"type": "aws_sqs_queue", "name": "this", "change": {"actions": ["create"], "before": None, "after": {}}}


@pytest.mark.parametrize("module", ["module.queue", 'module.queue["a.b"]'])
def test_a_plan_has_what_the_copy_has(root: Path, module: str) -> None:
    lines = code.read_module(root / "modules/jobs").blocks
    place = Place("dev", "us-east-1", "jobs")
    found = find_in_plan(plan(CREATED, module=module), place=place, lines=lines, own="1" * 12, accepted=Accepted())
    assert found == []


def test_a_plan_with_more_than_the_copy_is_refused(root: Path) -> None:
    lines = code.read_module(root / "modules/jobs").blocks
    place = Place("dev", "us-east-1", "jobs")
    more = plan({**CREATED, "name": "more"})
    (found,) = find_in_plan(more, place=place, lines=lines, own="1" * 12, accepted=Accepted())
    assert found.what == "module.queue.aws_sqs_queue.more is in the plan and not in the code of jobs."


DOCUMENT = """
variable "to" {
  default = "a"
}
resource "aws_sqs_queue_policy" "this" {
  queue_url = aws_sqs_queue.this.id
  policy    = data.aws_iam_policy_document.this.json
}
data "aws_iam_policy_document" "this" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [%s]
  }
}
output "arn" {
  value = aws_sqs_queue.this.arn
}
"""
OWN = """
variable "name" {
}
variable "more" {
}
resource "aws_sqs_queue_policy" "this" {
  queue_url = "x"
  policy    = "y"
}
resource "aws_sqs_queue_policy" "other" {
  queue_url = module.queue.arn
  policy    = module.queue.%s
}
module "queue" {
  source = "./vendor/queue"
  name   = var.name
  %s
}
"""
POLICY = "aws_sqs_queue_policy"


@pytest.mark.parametrize(
    ("resource", "given", "right"),
    [
        ("aws_sqs_queue.this.arn", "", True),
        ("var.name", "", True),
        ("var.to", "", True),
        ("var.to", 'to = "b"', True),
        ("var.to", "to = var.more", False),
        ("var.more", "", False),
    ],
)
def test_what_accepted_code_gives_a_copy_is_fixed(root: Path, resource: str, given: str, right: bool) -> None:
    """A variable of the copy is what the call gives it, whatever a variable of the caller has by that name."""
    write(root, "modules/jobs/unit.yaml", f"{UNIT}  more: {{setting: more}}\n")
    write(root, "modules/jobs/main.tf", OWN % ("arn", given))
    write(root, f"{COPY}/main.tf", QUEUE + DOCUMENT % resource)
    accept(root / "modules/jobs")
    accepted = read_accepted({"jobs": root / "modules/jobs"})
    assert accepted.fixes("jobs", f"module.queue.{POLICY}.this", "policy") is right
    assert accepted.fixes("jobs", f"{POLICY}.this", "policy")
    assert accepted.fixes("jobs", f"{POLICY}.other", "policy")
    write(root, "modules/jobs/main.tf", OWN % ("absent", given))
    accept(root / "modules/jobs")
    assert not read_accepted({"jobs": root / "modules/jobs"}).fixes("jobs", f"{POLICY}.other", "policy")


def test_a_policy_in_a_copy_is_not_taken_for_one_of_the_same_name(root: Path) -> None:
    """Only the root module's was accepted."""
    after = {"policy": '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]}'}
    change = {"actions": ["update"], "before": {"policy": "{}"}, "after": after}
    asked = []

    def accepted(address: str, attribute: str) -> bool:
        asked.append((address, attribute))
        return address == f"{POLICY}.this"

    found = find_in_changes(
        plan({"type": POLICY, "name": "this", "change": change}),
        place=Place("dev", "us-east-1", "jobs"),
        lines=code.read_module(root / "modules/jobs").blocks,
        final=True,
        accepted=accepted,
    )
    assert asked == [(f"module.queue.{POLICY}.this", "policy")]
    assert [one.check for one in found] == ["MRD_CHANGE_005"]
    assert found[0].what.startswith(f"module.queue.{POLICY}.this: ")
