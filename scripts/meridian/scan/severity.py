"""How much a built-in check of Checkov matters here; without an account Checkov itself has no severities.

Only what our resource types can meet is rated; every other check, and every new one, is HIGH.
"""

from meridian.scan.finding import Severity

RATED = {
    Severity.CRITICAL: (
        *("CKV_AWS_1", "CKV_AWS_33", "CKV_AWS_41", "CKV_AWS_45", "CKV_AWS_62", "CKV_AWS_70", "CKV_AWS_93"),
        *("CKV_AWS_169", "CKV_AWS_258", "CKV_AWS_274", "CKV_AWS_283", "CKV_AWS_301", "CKV_AWS_309", "CKV_AWS_385"),
    ),
    Severity.MEDIUM: (
        *("CKV_AWS_7", "CKV_AWS_26", "CKV_AWS_28", "CKV_AWS_50", "CKV_AWS_76", "CKV_AWS_111", "CKV_AWS_115"),
        *("CKV_AWS_119", "CKV_AWS_158", "CKV_AWS_173", "CKV_AWS_227", "CKV_AWS_272", "CKV_AWS_356", "CKV_AWS_363"),
    ),
    Severity.LOW: ("CKV_AWS_66", "CKV_AWS_116", "CKV_AWS_117", "CKV_AWS_338"),
}
_BY_CHECK = {check: severity for severity, checks in RATED.items() for check in checks}


def of(check: str) -> Severity:
    """Return the severity of a built-in check; one that is not rated counts as HIGH."""
    return _BY_CHECK.get(check, Severity.HIGH)
