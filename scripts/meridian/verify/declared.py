"""The calls that a module declares in its verify.yaml: what is sent, what must be answered, what must then be there."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meridian.modules.contract import Contract, read_module_file
from meridian.modules.ledger import MODULE
from meridian.verify.values import find_unknown_names, is_own
from meridian.yamlfile import document
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words, quote

FILE = "verify.yaml"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
TOKENS = ("id", "access", "none")

_CALL_KEYS = ("call", "token", "body", "status", "answer", "leaves")
_TABLE_KEYS = ("table", "key", "holds")
_QUEUE_KEYS = ("queue", "holds")
_CALL = re.compile(rf"({'|'.join(METHODS)}) (/[!-~]*)")
_OUTPUT = re.compile(r"((?P<module>[a-z][a-z0-9-]*)\.)?(?P<name>[A-Za-z_][A-Za-z0-9_-]*)")
_MOST_KEYS = 2
_OWN = "{run_id}, {email}, {subject} or {answer...}"


@dataclass(frozen=True)
class Left:
    """What a call must leave: an item of a table (with its `key`), or a message of a queue (without)."""

    kind: str
    module: str
    output: str
    """The output of `module` that names the table or the queue."""
    key: Mapping[str, Any]
    holds: Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One call of an API, and what it must do; texts may hold placeholders."""

    module: str
    name: str
    where: str
    """File and line."""
    method: str
    path: str
    token: str
    body: Any
    status: int
    answer: Mapping[str, Any]
    leaves: tuple[Left, ...]

    @property
    def title(self) -> str:
        """The call as messages name it, e.g. `POST /orders`."""
        return f"{self.method} {self.path}"

    def succeeds_with(self, token: str) -> bool:
        """Return whether the call is made with a kind of token, and must not be refused."""
        return self.token == token and self.status < 400


def read_calls(root: Path, contracts: Mapping[str, Contract]) -> dict[str, tuple[Call, ...]]:
    """Return the calls of every module that declares some, each at the version of its contract.

    Raises UserError with every problem of a file, one line each.
    """
    outputs = {module: one.mocks.keys() for module, one in contracts.items()}
    found = {}
    for module, contract in sorted(contracts.items()):
        text = read_module_file(root, module, contract.release, FILE)
        if text is not None:
            found[module] = parse_calls(text, contract.file(FILE), module, outputs)
    return found


def parse_calls(text: str, file: str, module: str, outputs: Mapping[str, Collection[str]]) -> tuple[Call, ...]:
    """Return the calls in the text of a module's verify.yaml; `outputs` are those of each module of the environment.

    Raises UserError with every problem, one line each.
    """
    source = document.parse_text(text, file)
    _refuse_unknown(source, (), source.value, ("calls",))
    calls = source.value.get("calls")
    if calls is None:
        source.problems.add(1, (), "'calls' is missing: a map of names to calls.")
    found = source.read_map(("calls",), calls, "a map of names to calls", filled=True)
    reader = _Reader(source, module, outputs)
    read = tuple(reader.call(name, value) for name, value in found.items())
    source.problems.require_none()
    return read


def _refuse_unknown(source: Document, path: KeyPath, found: Mapping[str, Any], known: Collection[str]) -> None:
    for key in found:
        if key not in known:
            source.wrong((*path, key), f"there is no such key.{did_you_mean(key, known)} Known: {join_words(known)}.")


class _Reader:
    """Reads one call after the other and records what is wrong."""

    def __init__(self, source: Document, module: str, outputs: Mapping[str, Collection[str]]) -> None:
        self.source, self.module, self.outputs = source, module, outputs

    def call(self, name: str, value: Any) -> Call:
        """Return one call; what is wrong with it is recorded."""
        path: KeyPath = ("calls", name)
        source = self.source
        if not MODULE.fullmatch(name):
            source.wrong(path, "is not a name. Use lowercase letters, digits and single dashes, e.g. create-order.")
        given = source.read_map(path, value, "a map, e.g. {call: GET /orders, status: 200}", filled=True)
        _refuse_unknown(source, path, given, _CALL_KEYS)
        for key in ("call", "status"):
            if key not in given:
                source.wrong(path, f"{key!r} is missing.")
        match = _CALL.fullmatch(str(given.get("call", "GET /")))
        if not match:
            text = f"{quote(given['call'])} is not a method and a path, e.g. POST /orders. Methods: "
            source.wrong((*path, "call"), f"{text}{join_words(METHODS)}.")
        token = str(given.get("token", "id"))
        if token not in TOKENS:
            source.wrong((*path, "token"), f"{quote(token)} is not one of: {join_words(TOKENS)}.")
        status = given.get("status", 200)
        if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
            source.wrong((*path, "status"), f"{quote(status)} is not an HTTP status, e.g. 201.")
        answer = source.read_map((*path, "answer"), given.get("answer"), "a map of fields of the JSON answer")
        for key in ("call", "body", "answer"):
            self._check_names((*path, key), given.get(key))
        leaves = given.get("leaves", [])
        if not isinstance(leaves, list):
            source.wrong((*path, "leaves"), "must be a list of tables and queues.")
            leaves = []
        method, _, where = (match[0] if match else "GET /").partition(" ")
        return Call(
            module=self.module,
            name=name,
            where=f"{source.problems.file}:{source.line(path)}",
            method=method,
            path=where,
            token=token,
            body=given.get("body"),
            status=status if isinstance(status, int) else 200,
            answer=answer,
            leaves=tuple(self._left((*path, "leaves", number), one) for number, one in enumerate(leaves)),
        )

    def _left(self, path: KeyPath, value: Any) -> Left:
        source = self.source
        given = source.read_map(path, value, "a map with 'table' or 'queue'", filled=True)
        kind = "queue" if "queue" in given else "table"
        _refuse_unknown(source, path, given, _QUEUE_KEYS if kind == "queue" else _TABLE_KEYS)
        if kind not in given:
            source.wrong(path, "has neither 'table' nor 'queue', e.g. table: {output: table_name}.")
        module, output = self._output((*path, kind), given.get(kind))
        holds = source.read_map((*path, "holds"), given.get("holds"), "a map of fields")
        key = source.read_map((*path, "key"), given.get("key"), "the map of the item's whole key", filled=True)
        self._check_names((*path, "holds"), holds)
        self._check_names((*path, "key"), key)
        if kind == "queue" and not is_own(holds):
            text = f"'holds' must have {_OWN}: verify deletes the message that it finds."
            source.wrong(path, text)
        if kind == "table" and not is_own(key):
            text = f"'key' must have {_OWN}: verify deletes the item with this key."
            source.wrong(path, text)
        if len(key) > _MOST_KEYS or not all(isinstance(one, str | int) for one in key.values()):
            source.wrong((*path, "key"), "is the whole key: one or two attributes, each a string or a whole number.")
        return Left(kind, module, output, key, holds)

    def _output(self, path: KeyPath, value: Any) -> tuple[str, str]:
        given = self.source.read_map(path, value, "a map, e.g. {output: table_name}", filled=True)
        _refuse_unknown(self.source, path, given, ("output",))
        match = _OUTPUT.fullmatch(str(given.get("output", "")))
        if not match:
            self.source.wrong(path, "is not an output, e.g. {output: table_name} or {output: data.table_name}.")
            return self.module, ""
        module, name = match["module"] or self.module, match["name"]
        if module not in self.outputs:
            text = f"{quote(module)} is not a module of this environment.{did_you_mean(module, self.outputs)}"
            self.source.wrong((*path, "output"), text)
        elif name not in self.outputs[module]:
            known = self.outputs[module]
            text = f"{module} has no output {name!r}.{did_you_mean(name, known)} Known: {join_words(sorted(known))}."
            self.source.wrong((*path, "output"), text)
        return module, name

    def _check_names(self, path: KeyPath, value: Any) -> None:
        for inner, wrong in find_unknown_names(value):
            self.source.wrong((*path, *inner), wrong)
