"""Splits Terraform's language into tokens, without comments and spaces; a string is one token."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r]+|/\*.*?\*/|(?:\#|//)[^\n]*)
    |(?P<newline>\n)
    |(?P<heredoc><<-?(?P<end>[^\W\d][\w-]*)[ \t\r]*\n)
    |(?P<word>[^\W\d][\w-]*|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<quote>")
    |(?P<sign>\.\.\.|=>|==|!=|<=|>=|&&|\|\||::|[][(){},.:?=!<>+*/%~-])""",
    re.VERBOSE | re.DOTALL,
)
BOM = "a byte-order mark (U+FEFF) stands inside the text: remove it"
_ESCAPES = ("$${", "%%{")
_MARKS = ("${", "%{")
_SPACED = frozenset(["=>", "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "*", "/", "%", "?", ":", "=", "-"])

_AFTER = _SPACED | {","}


@dataclass(frozen=True)
class Token:
    """A token and its line; `kind` is word, sign, newline, string or heredoc, `text` of a string has no quotes."""

    kind: str
    text: str
    line: int


class Unreadable(ValueError):
    """Text that is not Terraform's language, with its line."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def read_tokens(text: str) -> list[Token]:
    """Return the tokens of a file; Unreadable names the line of what is none."""
    return list(_Reader(text.removeprefix("\ufeff")).tokens())


def read_interpolations(template: str) -> list[list[Token]]:
    """Return the tokens of each interpolation in the text of a string, also of those within another."""
    reader = _Reader(template)
    while reader.at < len(template):
        reader.part()
    return reader.found


def join_tokens(tokens: list[Token]) -> str:
    """Return tokens as text with the same spaces however they were written."""
    text, before = "", Token("sign", "(", 0)
    for token in tokens:
        words = before.kind != "sign" and token.kind != "sign"
        spaced = (token.kind == "sign" and token.text in _SPACED) or (before.kind == "sign" and before.text in _AFTER)
        text += " " if words or (spaced and text) else ""
        text += f'"{token.text}"' if token.kind == "string" else token.text
        before = token
    return text


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.line = text, 0, 1
        self.found: list[list[Token]] = []

    def take(self, length: int) -> str:
        """Return the next characters and go on behind them."""
        taken = self.text[self.at : self.at + length]
        self.line += taken.count("\n")
        self.at += length
        return taken

    def tokens(self, *, inner: bool = False) -> Iterator[Token]:
        """Yield the tokens up to the end, or of an interpolation up to its closing brace."""
        depth = 0
        while self.at < len(self.text):
            line, found = self.line, _TOKEN.match(self.text, self.at)
            if found is None:
                sign = self.text[self.at]
                raise Unreadable(line, BOM if sign == "\ufeff" else f"{sign!r} is not expected here")
            kind, text = str(found.lastgroup if found["heredoc"] is None else "heredoc"), self.take(len(found[0]))
            if kind == "quote":
                yield Token("string", self._template(), line)
            elif kind == "heredoc":
                yield Token("heredoc", text + self._heredoc(found["end"]), line)
            elif kind != "space":
                depth += (text == "{") - (text == "}")
                if inner and depth < 0:
                    return
                yield Token(kind, text, line)
        if inner:
            raise Unreadable(self.line, "an interpolation has no end")

    def _template(self) -> str:
        """Return a string up to its closing quote, its interpolations written alike."""
        parts: list[str] = []
        while self.at < len(self.text):
            if self.text[self.at] == '"':
                self.take(1)
                return "".join(parts)
            if self.text[self.at] == "\n":
                break
            parts.append(self.take(2) if self.text[self.at] == "\\" else self.part())
        raise Unreadable(self.line, "a string has no end")

    def _heredoc(self, end: str) -> str:
        """Return the lines of a heredoc up to the one that ends it, which stays to be read."""
        parts: list[str] = []
        while self.at < len(self.text):
            if (not parts or parts[-1] == "\n") and self.text[self.at :].partition("\n")[0].strip() == end:
                self.take(self.text.find(end, self.at) + len(end) - self.at)
                return "".join((*parts, end, "\n"))
            parts.append(self.part())
        raise Unreadable(self.line, f"the text up to {end} has no end")

    def part(self) -> str:
        """Return the next character of a template, or a whole interpolation."""
        if self.text.startswith(_ESCAPES, self.at):
            return self.take(3)
        if not self.text.startswith(_MARKS, self.at):
            return self.take(1)
        mark = self.take(2)
        self.found.append(settle(list(self.tokens(inner=True))))
        return f"{mark}{join_tokens(self.found[-1])}}}"


def settle(tokens: list[Token]) -> list[Token]:
    """Return the tokens of an expression without the newlines and last commas that do not count."""
    settled: list[Token] = []
    within: list[str] = []
    for number, token in enumerate(tokens):
        last = settled[-1].text if settled and settled[-1].kind == "sign" else ""
        if token.kind == "sign" and token.text in "([{":
            follower = next((one.text for one in tokens[number + 1 :] if one.kind != "newline"), "")
            within.append("for" if token.text == "{" and follower == "for" else token.text)
        if token.kind == "newline":
            if not within or within[-1] != "{" or last in {"{", ","}:
                continue
            token = Token("sign", ",", token.line)
        elif token.kind == "sign" and token.text in ")]}":
            if last == ",":
                settled.pop()
            within = within[:-1]
        elif token.kind == "sign" and token.text == "," and last == ",":
            continue
        settled.append(token)
    return settled
