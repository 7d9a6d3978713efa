"""Checkov over one job after the other: each is a line of JSON on stdin, its answer one on stdout; ends with stdin.

engine.py runs it in Checkov's own environment. Checkov is loaded before the first line is read. A job is
`{"id", "policies", "kind": "module" | "plan", "path", "module", "facts"}`: `path` is a folder of HCL or a
plan in JSON, `module` the folder of the unit's module, `facts` the facts of the environment for policies.
Beside each result the answer holds everything that makes it doubtful: what Checkov logged or could not
parse, and whether it tried to use the network. engine.py decides.
"""

import contextlib
import importlib.metadata
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

FACTS = "MERIDIAN_SCAN_FACTS"
NETWORK = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})
SETTINGS = {
    # Values that are known after the apply are kept as references, which connections need.
    "EVAL_TF_PLAN_AFTER_UNKNOWN": "1",
    "BC_SKIP_MAPPING": "TRUE",
    "LOG_LEVEL": "WARNING",
}

network: list[str] = []
logged: list[str] = []


class Listener(logging.Handler):
    """Keeps every warning and error: after a check that crashed Checkov goes on, and only logs it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message's first line."""
        if record.levelno >= logging.WARNING:
            logged.append(f"{record.name}: {record.getMessage()}".splitlines()[0][:500])


def watch(event: str, args: tuple[Any, ...]) -> None:
    """Refuse the network: the verdict must not depend on it."""
    if event in NETWORK:
        network.append(f"{event} {args[-1]!r}"[:200])
        raise OSError("the security gate works without the network")


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Scan one module or one plan."""
    from checkov.common.runners.runner_registry import RunnerRegistry
    from checkov.runner_filter import RunnerFilter
    from checkov.terraform.plan_runner import Runner as PlanRunner
    from checkov.terraform.runner import Runner as ModuleRunner

    os.environ[FACTS] = json.dumps(job["facts"])
    before = len(logged), len(network)
    if job["kind"] == "module":
        runner, where = ModuleRunner(), {"root_folder": job["path"]}
    else:
        runner, where = PlanRunner(), {"files": [job["path"]], "repo_root_for_plan_enrichment": [job["module"]]}
    kept = RunnerFilter(framework=[runner.check_type])
    registry = RunnerRegistry("", kept, runner)
    (report,) = registry.run(external_checks_dir=[job["policies"]], **where)
    groups = {"failed": report.failed_checks, "passed": report.passed_checks, "skipped": report.skipped_checks}
    return {
        "id": job["id"],
        "results": [_result(state, record) for state, records in groups.items() for record in records],
        "resources": sorted(name.rpartition(":")[2] for name in report.resources),
        "unparsed": list(report.parsing_errors),
        "logged": logged[before[0] :],
        "network": network[before[1] :],
    }


def _result(state: str, record: Any) -> dict[str, Any]:
    return {
        "state": state,
        "check": record.check_id,
        "title": record.check_name,
        "resource": record.resource,
        "file": record.file_abs_path,
        "line": (record.file_line_range or [0])[0],
        "details": [str(detail) for detail in record.details],
    }


def known_checks() -> list[str]:
    """Return the ids of all checks that Checkov has loaded, ours among them."""
    from checkov.common.checks_infra.registry import get_graph_checks_registry
    from checkov.terraform.checks.data.registry import data_registry
    from checkov.terraform.checks.resource.registry import resource_registry

    graph = get_graph_checks_registry("terraform")
    graph.load_checks()
    found = {check.id for check in graph.checks}
    for registry in (resource_registry, data_registry):
        for checks in (*registry.checks.values(), *registry.wildcard_checks.values()):
            found |= {check.id for check in checks}
    return sorted(found)


def main() -> None:
    """Run the job of each line and print its answer; Checkov's own output goes to stderr."""
    os.environ.update(SETTINGS)
    sys.addaudithook(watch)
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        import checkov.main  # noqa: F401  (its import sets up the logging that Listener reads)

        logging.getLogger().addHandler(Listener())
        for line in sys.stdin:
            found = run(json.loads(line))
            answer = {"checkov": importlib.metadata.version("checkov"), "known": known_checks(), **found}
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    # The modules beside this file are for another environment and must not be imported.
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent]
    main()
