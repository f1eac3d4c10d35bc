"""The page that naclip-report writes: one file, without a script, that asks nothing of a network."""

import base64
from html import escape

from ._gstreamer import numpy
from ._program import minutes

GENERATOR = "naclip-report"
_COLUMNS = 600  # points of a curve
_EVENTS = 500  # in the table
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)  # seconds
_TICKS = 7

_STYLE = """
:root { color-scheme: light dark; --page: #ffffff; --ink: #1b1f24; --quiet: #5b6470; --line: #d5dae0; --card: #f5f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171b; --ink: #e6e9ed; --quiet: #9aa4b0; --line: #343b44; --card: #1d2228; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 20px 48px; max-width: 1040px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 36px 0 12px; }
p { margin: 4px 0; }
.quiet { color: var(--quiet); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 10px; margin: 18px 0 0; }
.facts div { background: var(--card); border-radius: 8px; padding: 10px 12px; }
.facts dt { color: var(--quiet); font-size: 13px; }
.facts dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.chart { display: grid; grid-template-columns: 44px 1fr; }
.plot { position: relative; height: 280px; border: 1px solid var(--line); border-width: 0 0 1px 1px; }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.plot path { stroke: var(--page); stroke-width: 1; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.plot line { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.shares, .seconds { position: relative; color: var(--quiet); font-size: 13px; font-variant-numeric: tabular-nums; }
.shares span { position: absolute; right: 8px; transform: translateY(-50%); white-space: nowrap; }
.seconds { grid-column: 2; height: 24px; }
.seconds span { position: absolute; top: 4px; transform: translateX(-50%); }
.seconds span.first { transform: none; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 10px 0 0 44px; padding: 0; list-style: none; }
.dot { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 7px; vertical-align: -1px;
  box-shadow: inset 0 0 0 1px #8886; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--quiet); font-weight: 500; font-size: 13px; white-space: nowrap; }
th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.number { text-align: right; white-space: nowrap; }
.never { color: var(--quiet); }
.rule { margin: 10px 0; }
.track { position: relative; height: 16px; background: var(--card); border-radius: 4px; overflow: hidden; }
.track i { position: absolute; top: 0; bottom: 0; min-width: 3px; border-radius: 3px;
  box-shadow: inset 0 0 0 1px #8886; }
.timeline { margin-bottom: 20px; }
.timeline .seconds { margin-top: -6px; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 18px 14px; }
figure { margin: 0; }
figure img { display: block; width: 100%; border-radius: 6px; }
figcaption { margin-top: 6px; font-size: 14px; }
figcaption b { font-variant-numeric: tabular-nums; margin-right: 6px; }
@media (max-width: 480px) {
  body { padding: 16px 14px 32px; }
  .plot { height: 220px; }
  .chart { grid-template-columns: 40px 1fr; }
  .legend { margin-left: 0; }
  .pictures { grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); }
  .facts { grid-template-columns: 1fr 1fr; }
  table { font-size: 14px; }
  th, td { padding-right: 7px; white-space: nowrap; }
  td.label { max-width: 130px; overflow: hidden; text-overflow: ellipsis; }
  .part { display: none; }
}
"""


def _colour(colour):
    return f"#{colour:06x}"


def _dot(colour):
    return f'<span class="dot" style="background:{_colour(colour)}"></span>'


def _percent(share):
    return f"{100 * share:.1f} %"


def _clock(nanoseconds, has_tenths=False):
    if not has_tenths:
        return minutes(nanoseconds)
    seconds = round(nanoseconds / 1e8) / 10
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def _size(count):
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _ticks(duration):
    """The times, in nanoseconds, at which an axis is labelled, and whether they have tenths of seconds."""
    seconds = duration / 1e9
    step = next((step for step in _STEPS if seconds / step <= _TICKS), seconds / _TICKS)
    return numpy.arange(0, seconds + step / 1000, step) * 1e9, step < 1


def _time_axis(duration):
    times, has_tenths = _ticks(duration)
    labels = []
    for time in times:
        place = 100 * time / duration
        if place <= 97 or len(times) < 3:
            is_first = ' class="first"' if time == 0 else ""
            labels.append(f'<span{is_first} style="left:{place:.2f}%">{_clock(time, has_tenths)}</span>')
    return f'<div class="seconds">{"".join(labels)}</div>'


def _areas(summary, shown):
    """The stacked areas as SVG paths, in a box of 1000 by 100, the largest class below."""
    edges, curves = summary.curves(_COLUMNS)
    middles = (edges[:-1] + edges[1:]) / 2 / edges[-1] * 1000
    x = numpy.concatenate([[0], middles, [1000]])
    below = numpy.zeros(len(x))
    for one in shown:
        values = curves[one.label]
        above = numpy.minimum(below + 100 * numpy.concatenate([values[:1], values, values[-1:]]), 100)
        there = " ".join(f"{a:.1f},{100 - b:.2f}" for a, b in zip(x, above))
        back = " ".join(f"{a:.1f},{100 - b:.2f}" for a, b in zip(x[::-1], below[::-1]))
        yield f'<path fill="{_colour(one.colour)}" d="M{there} L{back}Z"><title>{escape(one.label)}</title></path>'
        below = above


def _chart(summary, shown):
    lines = "".join(f'<line x1="0" x2="1000" y1="{y}" y2="{y}"/>' for y in (0, 25, 50, 75))
    shares = "".join(f'<span style="top:{100 - share}%">{share} %</span>' for share in (0, 25, 50, 75, 100))
    legend = "".join(f"<li>{_dot(one.colour)}{escape(one.label)}</li>" for one in shown)
    names = ", ".join(one.label for one in shown)
    return f"""<h2>Shares of the picture</h2>
<div class="chart"><div class="shares">{shares}</div>
<div class="plot"><svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img"
 aria-label="{escape("Shares over time: " + names)}">{lines}{"".join(_areas(summary, shown))}</svg></div>
{_time_axis(summary.duration)}</div>
<ul class="legend">{legend}</ul>"""


def _class_row(one, duration):
    part = f'<span class="part"> ({100 * one.seen / duration:.0f} %)</span>' if duration else ""
    seen, first = ("never", "") if one.first is None else (_clock(one.seen, True) + part, _clock(one.first, True))
    cells = "".join(f'<td class="number">{cell}</td>' for cell in (_percent(one.mean), _percent(one.most), seen, first))
    is_never = ' class="never"' if one.first is None else ""
    return f'<tr{is_never}><td class="label">{_dot(one.colour)}{escape(one.label)}</td>{cells}</tr>'


def _table(summary, summaries):
    rows = "\n".join(_class_row(one, summary.duration) for one in summaries)
    return f"""<h2>Classes</h2>
<div class="scroll"><table><thead><tr><th>Class</th><th class="number">Mean</th><th class="number">Largest</th>
<th class="number">Time seen</th><th class="number">First seen</th></tr></thead>
<tbody>
{rows}
</tbody></table></div>
<p class="quiet">A class is seen where it has half a percent of the picture or more.</p>"""


def _bar(event, begin, duration, colours):
    left = 100 * (event.begin - begin) / duration
    end = duration if event.end is None else event.end - begin
    width = max(100 * end / duration - left, 0)
    title = escape(f"{event.rule}, from {_clock(event.begin - begin, True)}, at most {_percent(event.peak)}")
    colour = colours.get(event.label, "#888888")
    return f'<i title="{title}" style="left:{left:.2f}%;width:{width:.2f}%;background:{colour}"></i>'


def _event_row(event, begin):
    length = "goes on" if event.end is None else _clock(event.end - event.begin, True)
    texts = (event.rule, event.label, event.zone, event.severity)
    return (f'<tr><td class="number">{_clock(event.begin - begin, True)}</td><td class="number">{length}</td>'
            + "".join(f"<td>{escape(text)}</td>" for text in texts)
            + f'<td class="number">{_percent(event.peak)}</td></tr>')


def _events(summary):
    events, begin, duration = summary.events(), summary.begin, max(summary.duration, 1)
    if not events:
        return ""
    colours = dict(zip(summary.classes.labels, map(_colour, summary.classes.colours)))
    rules = {}
    for event in events:
        rules.setdefault(event.rule, []).append(event)
    tracks = "\n".join(f'<div class="rule">{escape(rule)}<div class="track">'
                       + "".join(_bar(event, begin, duration, colours) for event in found) + "</div></div>"
                       for rule, found in rules.items())
    rows = "\n".join(_event_row(event, begin) for event in events[:_EVENTS])
    more = f'<p class="quiet">And {len(events) - _EVENTS} more.</p>' if len(events) > _EVENTS else ""
    return f"""<h2>Events</h2>
<div class="timeline">{tracks}
{_time_axis(duration)}</div>
<div class="scroll"><table><thead><tr><th class="number">From</th><th class="number">Lasts</th><th>Rule</th>
<th>Class</th><th>Zone</th><th>Severity</th><th class="number">Peak</th></tr></thead>
<tbody>
{rows}
</tbody></table></div>{more}"""


def _figure(picture, begin):
    texts = escape("; ".join(picture.texts))
    data = base64.b64encode(picture.jpeg).decode("ascii")
    return (f'<figure><img alt="{texts}" src="data:image/jpeg;base64,{data}">'
            f"<figcaption><b>{_clock(picture.pts - begin, True)}</b>{texts}</figcaption></figure>")


def _pictures(summary):
    figures = "\n".join(_figure(picture, summary.begin) for picture in summary.changes.pictures())
    return f'<h2>What changed</h2>\n<div class="pictures">\n{figures}\n</div>' if figures else ""


def _words(summary):
    """What the vocabulary was, where it changed."""
    if len(summary.vocabularies) < 2:
        return ""
    begin = summary.begin
    rows = "".join(f'<tr><td class="number">{_clock(pts - begin, True)}</td><td>{escape("; ".join(labels))}</td></tr>'
                   for pts, labels in summary.vocabularies[:_EVENTS])
    return ('<h2>Words</h2>\n<div class="scroll"><table><thead><tr><th class="number">From</th><th>Vocabulary</th></tr>'
            f"</thead><tbody>{rows}</tbody></table></div>")


def _facts(summary, file_size):
    frame = summary.first_frame
    height, width = frame.image.shape[:2]
    count, duration = len(summary.times), summary.duration
    span = duration - (summary.times[0] - summary.begin)
    rate = f" ({count / (span / 1e9):.3g} fps)" if duration else ""
    facts = {
        "Duration": _clock(duration, duration < 60e9),
        "Frames": f"{count}{rate}",
        "Picture": f"{width} × {height}",
        "Mask": f"{frame.mask.shape[1]} × {frame.mask.shape[0]}",
        "Classes": str(len(summary.classes.labels) - 1),
        "File": _size(file_size),
    }
    return "".join(f"<div><dt>{name}</dt><dd>{escape(text)}</dd></div>" for name, text in facts.items())


def _when(summary):
    if not summary.begin_time:
        return ""
    begin, end = (time.replace("T", " ").partition(".")[0] for time in (summary.begin_time, summary.end_time))
    if begin[:10] == end[:10]:
        end = end[11:]
    source = f"{escape(summary.source)}, " if summary.source else ""
    return f'<p class="quiet">{source}{begin} to {end} UTC</p>'


def page(summary, name, file_size):
    """A Summary as HTML. `name` is the recording's."""
    summaries = summary.summaries()
    shown = [one for one in summaries if one.first is not None]
    chart = _chart(summary, shown) if summary.duration and shown else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="{GENERATOR}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(name)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(name)}</h1>
{_when(summary)}
<dl class="facts">{_facts(summary, file_size)}</dl>
{chart}
{_table(summary, summaries)}
{_events(summary)}
{_words(summary)}
{_pictures(summary)}
</body>
</html>
"""
