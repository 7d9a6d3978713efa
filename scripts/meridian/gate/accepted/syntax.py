"""Reads a file of Terraform's language into blocks whose expressions are canonical values."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from meridian.errors import CouldNotTell
from meridian.gate.accepted.tokens import Token, Unreadable, join_tokens, read_tokens, settle

OPEN = {"(": ")", "[": "]", "{": "}"}
LITERALS = {"true": True, "false": False, "null": None}


@dataclass
class Body:
    """The attributes of a block by name, each with its line, and its blocks."""

    attributes: dict[str, tuple[Any, int]] = field(default_factory=dict)
    blocks: list["Block"] = field(default_factory=list)


@dataclass
class Block:
    """One block: its type, its labels, its line and what is in it."""

    kind: str
    labels: tuple[str, ...]
    line: int
    body: Body


def read_file(file: Path, name: str) -> Body:
    """Return the blocks of a module's file; CouldNotTell for what is not Terraform's language, `name` is the file's."""
    try:
        body = read_body(file.read_text(encoding="utf-8"))
    except Unreadable as error:
        hint = "Run `terraform fmt` in its folder: it shows the reason."
        raise CouldNotTell(f"{name}:{error.line}: it cannot be read as HCL: {error}.", hint) from error
    except UnicodeDecodeError as error:
        raise CouldNotTell(f"{name}: it is not UTF-8.", "Save it as UTF-8.") from error
    except OSError as error:
        raise CouldNotTell(f"{name}: it cannot be read: {error.strerror}.") from error
    if body.attributes:
        raise CouldNotTell(f"{name}: {min(body.attributes)!r} stands outside of a block.", "Write it into a block.")
    return body


def read_body(text: str) -> Body:
    """Return the blocks of a file; Unreadable names the line of what is not Terraform's language."""
    reader = _Parser(read_tokens(text))
    body = reader.body()
    if reader.at < len(reader.tokens):
        raise Unreadable(reader.tokens[reader.at].line, "a brace closes nothing")
    return body


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.at = tokens, 0

    def peek(self) -> Token:
        """Return the next token; the end of the file is a newline without text."""
        line = self.tokens[-1].line if self.tokens else 1
        return self.tokens[self.at] if self.at < len(self.tokens) else Token("newline", "", line)

    def body(self) -> Body:
        """Return attributes and blocks up to a closing brace or the end."""
        found = Body()
        while self.at < len(self.tokens) and not _is_sign(self.peek(), "}"):
            token = self.peek()
            self.at += 1
            if token.kind == "newline":
                continue
            if token.kind != "word":
                raise Unreadable(token.line, f"{token.text!r} is not the name of an attribute or a block")
            if _is_sign(self.peek(), "="):
                self.at += 1
                if token.text in found.attributes:
                    raise Unreadable(token.line, f"{token.text!r} is written twice")
                found.attributes[token.text] = read_value(settle(self._expression())), token.line
            else:
                found.blocks.append(self._block(token))
        return found

    def _block(self, kind: Token) -> Block:
        labels = []
        while self.peek().kind in {"word", "string"}:
            labels.append(self.peek().text)
            self.at += 1
        if not _is_sign(self.peek(), "{"):
            raise Unreadable(self.peek().line, f"{kind.text} has no body")
        self.at += 1
        body = self.body()
        if not _is_sign(self.peek(), "}"):
            raise Unreadable(kind.line, f"{kind.text} has no end")
        self.at += 1
        return Block(kind.text, tuple(labels), kind.line, body)

    def _expression(self) -> list[Token]:
        """Return the tokens up to the end of the line, or the brace that ends the block."""
        start, within = self.at, 0
        while self.at < len(self.tokens):
            token = self.peek()
            if not within and (token.kind == "newline" or _is_sign(token, "}")):
                break
            within += any(_is_sign(token, sign) for sign in OPEN) - any(_is_sign(token, sign) for sign in ")]}")
            self.at += 1
        if self.at == start:
            raise Unreadable(self.peek().line, "a value is missing")
        return self.tokens[start : self.at]


def read_value(tokens: list[Token]) -> Any:
    """Return an expression: a literal as its value, a list or map of them, anything else as `${text}`."""
    if len(tokens) == 1:
        token = tokens[0]
        if token.kind == "string":
            return token.text
        if token.kind == "word" and token.text in LITERALS:
            return LITERALS[token.text]
        if token.text.isascii() and token.text.isdigit() and str(int(token.text)) == token.text:
            return int(token.text)
    found = _read_collection(tokens)
    return f"${{{join_tokens(tokens)}}}" if found is None else found


def _read_collection(tokens: list[Token]) -> list[Any] | dict[str, Any] | None:
    """Return a list or map, or a call such as jsonencode({...}) as a map with its only argument; else None."""
    if len(tokens) > 4 and tokens[0].kind == "word" and _is_sign(tokens[1], "("):
        argument = read_value(tokens[2:-1]) if _close(tokens[1:]) == len(tokens) - 2 else None
        return {f"${{{tokens[0].text}(...)}}": argument} if isinstance(argument, dict | list) else None
    inner = tokens[1:-1]
    if tokens[0].text not in ("[", "{") or tokens[0].kind != "sign" or _close(tokens) != len(tokens) - 1:
        return None
    if inner and inner[0].kind == "word" and inner[0].text == "for":
        return None
    items = list(_split(inner, ","))
    return [read_value(item) for item in items] if tokens[0].text == "[" else _read_map(items)


def _read_map(items: list[list[Token]]) -> dict[str, Any] | None:
    """Return the entries of a map by key; None if two keys are equal, because the last one wins."""
    found: dict[str, Any] = {}
    for item in items:
        key, *value = _split(item, "=", ":", once=True)
        name = key[0].text if len(key) == 1 and key[0].kind in {"word", "string"} else f"${{{join_tokens(key)}}}"
        if name in found or len(value) != 1:
            return None
        found[name] = read_value(value[0])
    return found


def _close(tokens: list[Token]) -> int:
    """Return where the bracket that opens first is closed; -1 if it is not."""
    within = 0
    for number, token in enumerate(tokens):
        within += any(_is_sign(token, sign) for sign in OPEN) - any(_is_sign(token, sign) for sign in ")]}")
        if not within:
            return number
    return -1


def _split(tokens: list[Token], *signs: str, once: bool = False) -> Iterator[list[Token]]:
    """Yield the parts between signs that stand in no bracket."""
    part: list[Token] = []
    within, split = 0, False
    for token in tokens:
        within += any(_is_sign(token, sign) for sign in OPEN) - any(_is_sign(token, sign) for sign in ")]}")
        if not within and not (once and split) and any(_is_sign(token, sign) for sign in signs):
            yield part
            part, split = [], True
        else:
            part.append(token)
    if part:
        yield part


def _is_sign(token: Token, text: str) -> bool:
    return token.kind == "sign" and token.text == text
