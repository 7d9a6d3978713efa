"""One scalar of a YAML file: only what every reader of YAML takes for the same value is taken."""

import re
import unicodedata
from dataclasses import dataclass

from meridian.inventory.problems import shown

MAX_TEXT = 4096

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
# What YAML 1.1 and 1.2, or two of their readers, take for different things.
_AMBIGUOUS = re.compile(
    r"(?i:y|yes|n|no|on|off|true|false|[-+]?\.(inf|nan)|=|<<)"
    r"|[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9_]+)([eE][-+]?[0-9]+)?|[-+]?0[xob][0-9a-fA-F_]+"
    r"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?"
)
# In JSON a control character ends with a letter (\n), and Terraform brings its JSON into the form NFC: \ń.
_MERGING = re.compile("[\x00-\x1f\x7f][\u0300-\u036f]")


@dataclass(frozen=True)
class Wrong:
    """A sentence that says why a scalar was refused."""

    text: str


def plain(word: str) -> str | int | float | bool | Wrong:
    """Return the value of a scalar without quotes."""
    if word in _NULL:
        return Wrong("has no value (null); leave the key out, or write {} for an empty map.")
    if word in {"true", "false"}:
        return word == "true"
    if _INTEGER.fullmatch(word):
        return int(word)
    if _DECIMAL.fullmatch(word):
        return float(word)
    return Wrong(_advice(word)) if _AMBIGUOUS.fullmatch(word) else text(word)


def text(word: str) -> str | Wrong:
    """Return a text as it is, if Terraform would hand it on unchanged."""
    if len(word) > MAX_TEXT:
        return Wrong(f"is a text of {len(word)} characters; at most {MAX_TEXT} make sense.")
    if any("\ud800" <= character <= "\udfff" for character in word):
        return Wrong("holds half of a surrogate pair, which is no character.")
    if not unicodedata.is_normalized("NFC", word):
        return Wrong(f"{shown(word)} is not in Unicode's form NFC; Terraform would change it.")
    if not word.isascii() and _MERGING.search(word):
        return Wrong(f"{shown(word)} has an accent after a control character; Terraform would merge them.")
    return word


def is_ambiguous(key: str) -> bool:
    """Whether YAML's readers take a key without quotes for different things."""
    return key in _NULL or bool(_AMBIGUOUS.fullmatch(key))


def _advice(text: str) -> str:
    if text.isdigit() and text.startswith("0"):
        return f"{shown(text)} loses its zeros in some of YAML's readers: put it in quotes."
    if text.lower() in {"yes", "no", "on", "off", "y", "n", "true", "false"}:
        return f"{shown(text)} is read differently by YAML's readers: write true or false, or put a text in quotes."
    return (
        f"{shown(text)} is read differently by YAML's readers: put a text in quotes, write a number in plain decimals."
    )
