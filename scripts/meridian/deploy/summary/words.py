"""The words of the summary that its terminal and its Markdown form share."""

from collections.abc import Sequence

DANGEROUS = "Dangerous changes"
NOT_YET_KNOWN = "Not yet known: planned again with real outputs during the apply"
CHANGES = "Changes"
OUTPUTS = "Outputs that change"
NAMED = 3
"""With more regions than this, a row for all of them says so instead of naming them."""


def name_regions(regions: Sequence[str], everywhere: int) -> str:
    """Return the regions of a row; `everywhere` is the number of regions that have the row's unit."""
    if len(regions) == everywhere > NAMED:
        return f"all {everywhere} regions"
    return ", ".join(regions)


def escape_control(text: str) -> str:
    """Return a text in one line, with characters that a terminal would act on as escapes."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
