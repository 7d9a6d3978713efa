"""Which values of a module its accepted picture fixes, whatever the inventory says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from meridian.gate.accepted.compare import parse_content, read_text
from meridian.gate.accepted.picture import FILE, read_picture, to_text
from meridian.gate.accepted.tokens import Token, Unreadable, read_interpolations
from meridian.gate.code import SCOPE

FACTS = ("name", "prefix")
"""Facts of an environment that appear in the names of its resources only."""
FUNCTIONS = frozenset(
    [
        *("chomp", "coalesce", "compact", "concat", "contains", "distinct", "element", "endswith", "flatten", "format"),
        *("formatlist", "join", "jsonencode", "keys", "length", "lookup", "lower", "merge", "one", "range", "regex"),
        *("replace", "reverse", "setproduct", "setsubtract", "setunion", "slice", "sort", "split", "startswith"),
        *("substr", "tolist", "tomap", "toset", "trim", "trimprefix", "trimspace", "trimsuffix", "try", "upper"),
        *("values", "zipmap"),
    ]
)
"""Functions whose result depends on their arguments only."""
FIXED_DATA = frozenset(
    [
        *("aws_caller_identity", "aws_iam_policy_document", "aws_partition", "aws_region", "aws_service_principal"),
        *("aws_cloudfront_cache_policy", "aws_cloudfront_origin_request_policy"),
        "aws_cloudfront_response_headers_policy",
    ]
)
"""Data sources that answer what AWS has fixed, or what their arguments say."""
ORDER = ("depends_on", "lifecycle")
_WORDS = frozenset(("for", "in", "if", "true", "false", "null"))


@dataclass(frozen=True)
class Accepted:
    """The pictures of modules by name; a module without one, or with other code than accepted, is not in it."""

    pictures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def fixes(self, module: str, address: str, attribute: str) -> bool:
        """Whether accepted code alone decides on the policy in an attribute of a resource, and on whose it is.

        All values in it are written there, or they are addresses and names of what accepted code makes.
        """
        part = "" if SCOPE.sub("", address, count=1).partition(".")[0].endswith("_policy") else attribute
        return module in self.pictures and self._block(module, address, frozenset(), part)

    def _block(self, module: str, address: str, seen: frozenset[tuple[str, str]], part: str = "") -> bool:
        """Whether a block, or one of its attributes, is fixed; a reference in a circle is not."""
        block = self.pictures[module]["code"].get(address)
        if block is None or isinstance(block, list) or (module, address + part) in seen:
            return False
        value = block.get(part) if part else {name: one for name, one in block.items() if name not in ORDER}
        found = SCOPE.match(address)
        return self._value(module, value, seen | {(module, address + part)}, found[0] if found else "")

    def _value(self, module: str, value: Any, seen: frozenset[tuple[str, str]], scope: str) -> bool:
        """Whether a value is fixed that stands in the root module, or in a called one: `scope` is `module.<name>.`."""
        if isinstance(value, Mapping):
            return all(self._value(module, one, seen, scope) for pair in value.items() for one in pair)
        if isinstance(value, list):
            return all(self._value(module, one, seen, scope) for one in value)
        if not isinstance(value, str):
            return True
        try:
            paths = [path for tokens in read_interpolations(value) for path in _references(tokens)]
        except Unreadable:
            return False
        return all(self._reference(module, path, seen, scope) for path in paths)

    def _reference(self, module: str, path: Sequence[str], seen: frozenset[tuple[str, str]], scope: str) -> bool:
        match path:
            case ["local", name, *_]:
                return self._block(module, f"{scope}local.{name}", seen)
            case ["var", name, *_] if scope:
                call = scope.removesuffix(".")
                given = self._code(module).get(call)
                if isinstance(given, Mapping) and name in given:
                    return self._block(module, call, seen, name)
                return f"{scope}variable.{name}" in self._code(module)
            case ["var", name, *keys]:
                inputs = self.pictures[module]["unit"].get("inputs") or {}
                return (
                    self._source(inputs[name], keys, seen)
                    if name in inputs
                    else f"variable.{name}" in self._code(module)
                )
            case ["data", kind, name, *_]:
                return kind in FIXED_DATA and self._block(module, f"{scope}data.{kind}.{name}", seen)
            case ["module", name, output, *_]:
                return self._block(module, f"{scope}module.{name}.output.{output}", seen, "value")
            case [kind, name, attribute, *_] if kind.startswith("aws_"):
                block = self._code(module).get(f"{scope}{kind}.{name}")
                if not isinstance(block, Mapping):
                    return False
                # What the code does not write, AWS computes: it is the resource's own.
                return attribute not in block or self._block(module, f"{scope}{kind}.{name}", seen, attribute)
        return False

    def _code(self, module: str) -> Mapping[str, Any]:
        code: Mapping[str, Any] = self.pictures[module]["code"]
        return code

    def _source(self, source: Any, keys: Sequence[str], seen: frozenset[tuple[str, str]]) -> bool:
        match source:
            case {"output": str() as output} if len(source) == 1:
                module, _, name = output.partition(".")
                return module in self.pictures and self._block(module, f"output.{name}", seen, "value")
            case {"environment": fact} if len(source) == 1:
                return fact in FACTS
            case {"deployed": str()} if len(source) == 1:
                return True
            case dict() if keys and keys[0] in source:
                return self._source(source[keys[0]], keys[1:], seen)
            case list():
                return all(self._source(one, (), seen) for one in source)
        return False


def read_accepted(folders: Mapping[str, Path]) -> Accepted:
    """Return the pictures of modules whose code in `folders` is as their accepted.json there says.

    Raises CouldNotTell for a module with an accepted.json that cannot be read.
    """
    found = {}
    for module, folder in folders.items():
        text = read_text(folder / FILE)
        accepted = parse_content(text) if text is not None else None
        if accepted is not None:
            content = read_picture(folder).content
            if to_text({name: accepted.get(name) for name in content}) == to_text(content):
                found[module] = content
    return Accepted(found)


def _references(tokens: Sequence[Token]) -> Iterator[list[str]]:
    """Yield the names that an expression refers to, step by step; a function that is not known is one too."""
    bound = _bound(tokens)
    for number, token in enumerate(tokens):
        before = tokens[number - 1].text if number and tokens[number - 1].kind == "sign" else ""
        after = tokens[number + 1].text if number + 1 < len(tokens) and tokens[number + 1].kind == "sign" else ""
        if token.kind == "heredoc":
            yield ["heredoc"]
        if token.kind != "word" or token.text[0].isdigit() or before == "." or token.text in _WORDS:
            continue
        if after == "(" and token.text in FUNCTIONS:
            continue
        # A key of a map is no reference.
        if token.text not in bound and not (after == "=" and before in {"{", ","}):
            yield [token.text, *_steps(tokens[number + 1 :])]


def _bound(tokens: Sequence[Token]) -> set[str]:
    """Return the names that `for` gives to items."""
    found: set[str] = set()
    within = False
    for token in tokens:
        if token.kind == "word" and token.text in {"for", "in"}:
            within = token.text == "for"
        elif within and token.kind == "word":
            found.add(token.text)
    return found


def _steps(tokens: Sequence[Token]) -> list[str]:
    """Return the names after dots, without the indexes between them."""
    steps: list[str] = []
    depth, dot = 0, False
    for token in tokens:
        sign = token.text if token.kind == "sign" else ""
        if sign == "[":
            depth += 1
        elif sign == "]" and depth:
            depth -= 1
        elif depth or (sign == "*" and dot):
            continue
        elif sign == ".":
            dot = True
            continue
        elif token.kind == "word" and dot:
            steps.append(token.text)
        else:
            break
        dot = False
    return steps
