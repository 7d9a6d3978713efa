"""A verdict as JUnit XML, which build servers show as tests: one suite for each thing that was looked at.

Source of the form: the Jenkins xUnit plugin's junit-10.xsd.
"""

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from meridian.scan.finding import Finding
from meridian.scan.hygiene import tool_of
from meridian.scan.verdict import Scanned, Verdict

TREE = "tree"
"""The suite of what is found outside of modules and plans."""


def document(verdict: Verdict) -> str:
    """Return a verdict: a case for each finding (failed), each accepted one (skipped), and one that counts."""
    root = Element("testsuites", name="meridian scan")
    for one in (*verdict.scanned, Scanned(TREE, 0, 0)):
        suite = SubElement(root, "testsuite", name=one.name)
        looked = f"{one.resources} resources, {one.results} results" if one.resources else "looked at"
        looked = f"{one.files} files" if one.files else looked
        SubElement(suite, "testcase", classname=one.name, name=looked)
        for finding in _of(one.name, verdict.findings, verdict.scanned):
            case = _case(suite, one.name, finding)
            if finding.severity >= verdict.fail_on:
                what = SubElement(case, "failure", type=finding.severity.name, message=_legal(finding.what))
                what.text = _legal(f"{finding.why}\n{finding.fix}")
        for finding in _of(one.name, (*verdict.accepted, *verdict.not_applicable), verdict.scanned):
            SubElement(_case(suite, one.name, finding), "skipped", message=_legal(finding.waiver))
        _count(suite)
    return _text(root)


def failed(message: str) -> str:
    """Return what a scan that could not tell has to say: one case with an error."""
    root = Element("testsuites", name="meridian scan")
    suite = SubElement(root, "testsuite", name="meridian scan")
    case = SubElement(suite, "testcase", classname="meridian scan", name="scan")
    SubElement(case, "error", type="CouldNotTell", message=_legal(message))
    _count(suite)
    return _text(root)


def _of(name: str, findings: Iterable[Finding], scanned: Iterable[Scanned]) -> list[Finding]:
    names = {one.name for one in scanned}
    return [finding for finding in findings if name in (_suites(finding) & names or {TREE})]


def _suites(finding: Finding) -> set[str]:
    units = {f"{one.environment}/{one.region}/{one.unit}" for one in finding.places if one.environment}
    return units or {f"modules/{finding.module}", tool_of(finding.check)}


def _case(suite: Element, name: str, finding: Finding) -> Element:
    title = (
        f"{finding.check} {finding.file}:{finding.line} {' '.join(sorted({one.resource for one in finding.places}))}"
    )
    return SubElement(suite, "testcase", classname=name, name=_legal(title.strip()))


def _count(suite: Element) -> None:
    suite.set("tests", str(len(suite)))
    for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{kind}"))))


def _legal(text: str) -> str:
    """Return a text without what XML 1.0 has no way to write (section 2.2, "Characters")."""
    return "".join(c if c in "\t\n" or (c.isprintable() and ord(c) not in (0xFFFE, 0xFFFF)) else " " for c in text)


def _text(root: Element) -> str:
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
