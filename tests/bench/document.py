"""Where docs/benchmarks.md takes what was measured."""

from programs import ROOT

DOCUMENT = ROOT / "docs" / "benchmarks.md"


def write_between(name, text):
    """Puts `text`, whole lines, between the document's markers of that name."""
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->\n"
    document = DOCUMENT.read_text()
    before, _, rest = document.partition(begin)
    _, _, after = rest.partition(end)
    DOCUMENT.write_text(before + begin + text + end + after)
