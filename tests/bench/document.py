"""Where documents take what was measured."""

from programs import ROOT

BENCHMARKS = ROOT / "docs" / "benchmarks.md"
SCALE = ROOT / "docs" / "scale.md"


def write_between(name, text, path=BENCHMARKS):
    """Puts `text`, whole lines, between a document's markers of that name."""
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->\n"
    document = path.read_text()
    before, _, rest = document.partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(before + begin + text + end + after)
