"""One scalar of a YAML file: only what every YAML reader reads as the same value is accepted."""

import re

from meridian.yamlfile.problems import quote

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
# Words that YAML 1.1 and 1.2, or two of their readers, read as different values.
_AMBIGUOUS = re.compile(
    r"(?i:y|yes|n|no|on|off|true|false|[-+]?\.(inf|nan)|=|<<)"
    r"|[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9_]+)([eE][-+]?[0-9]+)?|[-+]?0[xob][0-9a-fA-F_]+"
    r"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?"
)


def parse_plain(word: str) -> str | int | float | bool:
    """Return the value of a scalar without quotes. Raises ValueError with the sentence that says what is wrong."""
    if word in _NULL:
        raise ValueError("has no value (null); leave the key out, or write {} for an empty map.")
    if word in {"true", "false"}:
        return word == "true"
    if _INTEGER.fullmatch(word):
        return int(word)
    if _DECIMAL.fullmatch(word):
        return float(word)
    if _AMBIGUOUS.fullmatch(word):
        raise ValueError(_advice(word))
    return word


def is_ambiguous(key: str) -> bool:
    """Whether YAML readers read a key without quotes as different values."""
    return key in _NULL or bool(_AMBIGUOUS.fullmatch(key))


def _advice(text: str) -> str:
    if text.isdigit() and text.startswith("0"):
        return f"{quote(text)} loses its zeros in some YAML readers: put it in quotes."
    if text.lower() in {"yes", "no", "on", "off", "y", "n", "true", "false"}:
        return f"{quote(text)} is read differently by YAML readers: write true or false, or put a string in quotes."
    return (
        f"{quote(text)} is read differently by YAML readers: put a string in quotes, write a number in plain decimals."
    )
