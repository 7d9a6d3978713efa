"""Rules over the root terragrunt.hcl, which every unit includes: nobody renders it, so it is judged as it is."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from meridian.generate.plan import UNIT
from meridian.scan import hcl
from meridian.scan.finding import Finding, Severity
from meridian.scan.rule import Rule

ROOT = Rule(
    "MRD_TREE_006",
    "The root terragrunt.hcl runs nothing and speaks to the environment's account alone",
    Severity.CRITICAL,
    "Every unit of every environment includes it: what it runs has the deployer's credentials.",
    "Leave it to versions, tags, the S3 backend, the AWS provider and the lock; other things belong into a module.",
)
RULES = (ROOT,)
VERSIONS = {"terraform_binary", "terraform_version_constraint", "terragrunt_version_constraint"}
ALLOWED = {
    "": VERSIONS | {"generate", "locals", "remote_state", "terraform"},
    "terraform": {"copy_terraform_lock_file", "extra_arguments"},
    "extra_arguments": {"arguments", "commands"},
}
GENERATED = {"lock", "provider"}
RUNS = re.compile(r"\b(?:run_cmd|sops_decrypt_file|read_tfvars_file)\b")
# What sends the provider or the state elsewhere, or lets it take other credentials than the deployer's own.
ELSEWHERE = re.compile(
    r"\b(?:access_key|assume_role\w*|custom_ca_bundle|endpoints?|https?_proxy|insecure|profile|secret_key|"
    r"shared_\w+_files?|skip_\w+|token)\b"
)
NEEDED = ("allowed_account_ids", "encrypt", "kms_key_id", "use_lockfile", "-lockfile=readonly")


def judge(root: Path) -> list[Finding]:
    """Return what is wrong with the root terragrunt.hcl of a repository; CouldNotTell where it cannot be read."""
    file = root / UNIT
    code = hcl.read_file(file, UNIT)
    lines = file.read_text(encoding="utf-8").splitlines()
    found = [ROOT.finding(f"{UNIT} {text}.", file=UNIT) for text in _blocks(code)]
    for number, line in enumerate(lines, 1):
        for match in (*RUNS.finditer(line), *ELSEWHERE.finditer(line)):
            found.append(ROOT.finding(f"{UNIT} uses {match[0]}.", file=UNIT, line=number))
    written = [line.split("#")[0] for line in lines]
    missing = [name for name in NEEDED if not any(name in line for line in written)]
    return found + [ROOT.finding(f"{UNIT} no longer has {name}.", file=UNIT) for name in missing]


def _blocks(code: dict[str, Any]) -> Iterator[str]:
    terraform = [one for one in code.get("terraform", ()) if isinstance(one, dict)]
    extra = [body for one in terraform for block in one.get("extra_arguments", ()) for body in hcl.bodies(block)]
    for where, blocks in (("", [code]), ("terraform", terraform), ("extra_arguments", extra)):
        for name in sorted({name for block in blocks for name in hcl.names(block)} - ALLOWED[where]):
            yield f"has {where}{'.' if where else ''}{name}"
    for block in code.get("generate", ()):
        for label in sorted({label.strip('"') for label in hcl.names(block)} - GENERATED):
            yield f"generates {label}"
    for block in code.get("remote_state", ()):
        if str(block.get("backend", "")).strip('"') != "s3":
            yield f"keeps the state in {block.get('backend')}"
    if str(code.get("terraform_binary", "terraform")).strip('"') != "terraform":
        yield f"runs {code['terraform_binary']} for terraform"
