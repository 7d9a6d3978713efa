"""Makes the calls that modules declare, and checks the answers and what they leave."""

import json
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import requests

from meridian.aws import AWS_ERRORS, describe_error, is_denied
from meridian.errors import CouldNotTell
from meridian.verify import http, observe
from meridian.verify.declared import Call, Left
from meridian.verify.deployment import Regional
from meridian.verify.findings import Result, Status
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.run import Resource, Run
from meridian.verify.user import User
from meridian.verify.values import ANSWER, NotFilled, fill_in, find_difference, is_own, needs_answer

_SECONDS_BETWEEN = 0.5
_THROTTLED = 429
_TRIES = 4


def rule_of(call: Call) -> str:
    """Return the rule of a call's findings, e.g. `call-orders.create-order`."""
    return f"call-{call.module}.{call.name}"


def make_values(run: Run, region: str, user: User | None = None) -> dict[str, Any]:
    """Return what the placeholders stand for in a region; without a user nothing names one."""
    run_id = f"{run.name}-{region}"
    email, subject = (user.address, user.subject) if user else (run_id, run_id)
    return {"run_id": run_id, "region": region, "email": email, "subject": subject, ANSWER: {}}


def send_patiently(run: Run, caller: requests.Session, *what: Any) -> Answer | NoAnswer:
    """Return the answer of a call, which is repeated a few times while the API throttles it."""
    for number in range(1, _TRIES + 1):
        answer = http.send(caller, *what)
        if isinstance(answer, NoAnswer) or answer.status != _THROTTLED or number == _TRIES:
            break
        run.raise_if_stopped()
        time.sleep(1)
    return answer


def call_of(declared: Sequence[Call], values: Mapping[str, Any]) -> tuple[str, str, Any] | None:
    """Return method, path and body of a call that needs no answer of another one; rather of one that is not refused."""
    for call in sorted(declared, key=lambda one: one.status >= 400):
        if not needs_answer([call.path, call.body]):
            return call.method, fill_in(call.path, values), fill_in(call.body, values)
    return None


def check_calls(run: Run, place: Regional, caller: requests.Session, user: User) -> None:
    """Make every declared call of a region and report its results; after a failed call the module's others go on."""
    for calls in run.calls_in(place.region):
        values = make_values(run, place.region, user)
        for call in calls:
            run.raise_if_stopped()
            _check_call(run, place, call, caller, user, values)


def report_untried(run: Run, place: Regional, why: str) -> None:
    """Report every declared call of a region as not tried."""
    for call in (call for calls in run.calls_in(place.region) for call in calls):
        run.report(place.region, rule_of(call), Status.UNKNOWN, f"{call.title} was not tried: {why} ({call.where}).")


def _check_call(
    run: Run, place: Regional, call: Call, caller: requests.Session, user: User, values: dict[str, Any]
) -> None:
    def report(status: Status, sentence: str) -> None:
        run.report(place.region, rule_of(call), status, f"{sentence} ({call.where}).")

    api = place.api_of(call.module)
    try:
        path, body, wanted = (fill_in(one, values) for one in (call.path, call.body, call.answer))
        stores = [_Store(run, place, left) for left in call.leaves]
    except (NotFilled, CouldNotTell) as error:
        report(Status.UNKNOWN, f"{call.title} was not tried: {str(error).rstrip('.')}")
        return
    if api is None:
        report(Status.UNKNOWN, f"{call.title} was not tried: the region has no API")
        return
    for store in stores:
        # The call may write and then get no answer.
        if not needs_answer(store.left.key):
            store.remove_later(values)
    token = {"id": user.tokens.id, "access": user.tokens.access}.get(call.token)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = send_patiently(run, caller, call.method, f"{api.url}{path}", headers, body)
    values[ANSWER] = answer.body if isinstance(answer, Answer) else {}
    status, sentence = check_answer(call, wanted, answer)
    report(status, sentence)
    for store in stores:
        try:
            if needs_answer(store.left.key):
                store.remove_later(values)
            # Also after a failed call: the message that it sent must not stay.
            result = store.check(values) if status is Status.PASS or store.left.kind == "queue" else None
        except NotFilled as error:
            report(Status.UNKNOWN, f"What {call.title} leaves was not looked for: {error}")
            continue
        if status is Status.PASS and result:
            report(*result)
        else:
            report(Status.UNKNOWN, f"What {call.title} leaves is not judged: it did not answer as wanted")


def check_answer(call: Call, wanted: Mapping[str, Any], answer: Answer | NoAnswer) -> Result:
    """Check status and fields of an answer; the sentence has no period yet."""
    if isinstance(answer, NoAnswer):
        return Status.FAIL, f"{call.title} got no answer: {answer.reason}"
    if answer.status == _THROTTLED != call.status:
        return Status.UNKNOWN, f"{call.title} answered {_THROTTLED}: it is throttled, try again"
    if answer.status != call.status:
        return Status.FAIL, f"{call.title} answered {answer.status}, wanted {call.status}"
    if wrong := find_difference(wanted, answer.body):
        return Status.FAIL, f"{call.title} answered {answer.status}, but its JSON {wrong}"
    return Status.PASS, f"{call.title} answered {answer.status}"


class _Store:
    """The table or queue in which a call leaves something."""

    def __init__(self, run: Run, place: Regional, left: Left) -> None:
        self.run, self.left = run, left
        self.region, self.name = run.deployment.output_of(left.module, left.output, place.region)

    def remove_later(self, values: Mapping[str, Any]) -> None:
        """Have the item with the key removed at the end of the run; a message is removed when it is found."""
        if self.left.kind == "table":
            key = self._key(values)
            remove = partial(observe.delete_item, self.run.client("dynamodb", self.region), self.name, key)
            self.run.created.append(Resource(self.region, f"The item {json.dumps(key)} in table {self.name}", remove))

    def check(self, values: Mapping[str, Any]) -> Result:
        """Wait for the item or the message; raises NotFilled, Stopped after an interruption."""
        holds = fill_in(self.left.holds, values)
        deadline = time.monotonic() + self.run.waits.arrival
        try:
            if self.left.kind == "queue":
                return self._check_queue(values, holds, deadline)
            return self._check_table(self._key(values), holds, deadline)
        except AWS_ERRORS as error:
            hint = ". Give the role that verifies the rights of docs/verify.md" if is_denied(error) else ""
            what = f"{self.left.kind.capitalize()} {self.name}"
            return Status.UNKNOWN, f"{what} could not be read: {describe_error(error)}{hint}"

    def _key(self, values: Mapping[str, Any]) -> dict[str, Any]:
        key: dict[str, Any] = fill_in(self.left.key, values)
        for name, value in key.items():
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise NotFilled(f"{name!r} of the key is neither a string nor a whole number")
        return key

    def _check_table(self, key: Mapping[str, Any], holds: Mapping[str, Any], deadline: float) -> Result:
        while True:
            found = observe.query(self.run.client("dynamodb", self.region), self.name, key)
            wrong = find_difference(holds, found[0]) if found else "is missing"
            if not wrong or time.monotonic() >= deadline:
                break
            self.run.raise_if_stopped()
            time.sleep(_SECONDS_BETWEEN)
        item = f"The item {json.dumps(key)} in table {self.name}"
        return (Status.FAIL, f"{item} {wrong}") if wrong else (Status.PASS, f"{item} is as wanted")

    def _check_queue(self, values: Mapping[str, Any], holds: Mapping[str, Any], deadline: float) -> Result:
        own = fill_in({name: one for name, one in self.left.holds.items() if is_own(one)}, values)
        found, others = observe.take_message(
            self.run, self.region, self.name, deadline, lambda message: not find_difference(own, message)
        )
        if found is None:
            also = f" ({others} others did)" if others else ""
            return Status.FAIL, f"No message with {json.dumps(own)} arrived in queue {self.name}{also}"
        if wrong := find_difference(holds, found):
            return Status.FAIL, f"The message in queue {self.name} {wrong}"
        return Status.PASS, f"The message in queue {self.name} is as wanted"
