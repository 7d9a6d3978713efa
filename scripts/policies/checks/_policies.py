"""The two forms of a policy over IAM policies: over data documents, and over the resources that hold JSON."""

from collections.abc import Callable, Sequence
from typing import Any

from _catalogue import CATALOGUE
from _judged import Judged, blocks, one
from _statements import ATTACHED, Statement, kind_of, of_document, of_json
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.data.base_check import BaseDataCheck

Judge = Callable[[Sequence[Statement], str], str]
"""Returns what is wrong with the statements of a policy of a kind (identity, trust, key, shared), or ""."""


class InDocument(BaseDataCheck):
    """A policy over `data "aws_iam_policy_document"`."""

    def __init__(self, policy: str, judge: Judge) -> None:
        entry = CATALOGUE[policy]
        super().__init__(
            name=entry.title, id=entry.id, categories=[CheckCategories.IAM], supported_data=["aws_iam_policy_document"]
        )
        self._judge = judge

    def scan_data_conf(self, conf: dict[str, Any]) -> CheckResult:
        self.details = []
        statements = of_document(conf)
        if found := self._judge(statements, kind_of(statements)):
            self.details.append(found)
        return CheckResult.FAILED if found else CheckResult.PASSED


class InResource(Judged):
    """A policy over resources that hold a policy in JSON."""

    types = tuple(ATTACHED)

    def __init__(self, policy: str, judge: Judge) -> None:
        self.policy = policy
        super().__init__()
        self._judge = judge

    def judge(self, conf: dict[str, Any]) -> str | None:
        attribute, kind = ATTACHED[self.entity_type]
        found = [(kind, of_json(one(conf, attribute)))]
        found += [("identity", of_json(one(block, "policy"))) for block in blocks(conf, "inline_policy")]
        known = [(kind, statements) for kind, statements in found if statements is not None]
        if not known:
            return None
        return next((text for kind, statements in known if (text := self._judge(statements, kind))), "")


def both(policy: str, judge: Judge) -> list[InDocument | InResource]:
    """Return a policy in both forms."""
    return [InDocument(policy, judge), InResource(policy, judge)]
