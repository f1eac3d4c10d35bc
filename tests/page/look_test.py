"""How the page of naclip-live looks and lasts: sign-in, contrast, narrow screens, motion, memory; how it reads masks."""

import pathlib
import tempfile
from random import Random

from browser import Browser, Keys, Live, Pictures, run_page_tests, wait

kWords = "giraffe; hot air balloon; sky; grass"
kToken = "a token of the test"
kContrast = (pathlib.Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
kMessages = 144000  # five a second for eight hours
kMegabyte = 1 << 20


def test_a_token_is_asked_for(browser):
    browser.open(browser.address)
    wait(lambda: browser.find("#sign-in").is_displayed(), "the form")
    assert not browser.find("#live-view").is_displayed()
    assert browser.run(kContrast)["poor"] == []
    browser.find("#token").send_keys("wrong", Keys.ENTER)
    wait(lambda: browser.text("#sign-in-error"), "why it is refused")
    browser.find("#token").clear()
    browser.find("#token").send_keys(kToken, Keys.ENTER)
    browser.wait_live()
    assert not browser.find("#sign-in").is_displayed()
    browser.open(browser.address)  # the session outlives the page
    browser.wait_live()
    browser.find("#sign-out").click()
    wait(lambda: browser.find("#sign-in").is_displayed(), "the form")
    assert not browser.find("#live-view").is_displayed()
    browser.find("#token").send_keys(kToken, Keys.ENTER)
    browser.wait_live()


def open_everything(browser):
    """All that can be seen at once: settings, log, a problem, a notice, the banner."""
    for name in "all-settings", "log-card":
        browser.run("document.getElementById(arguments[0]).open = true", name)
    browser.run_async("page.messages.receive(JSON.stringify({type: 'warning', text: 'A warning of the test'}))")
    browser.find("#new-word").clear()
    browser.find("#new-word").send_keys("sky", Keys.ENTER)
    browser.wait_text("#add-problem", "not added")
    browser.find("#new-word").clear()
    browser.find("#new-word").send_keys(Keys.TAB)
    browser.wait_text("#notices", "A warning of the test")


def test_all_text_has_enough_contrast_in_light_and_dark(browser):
    open_everything(browser)
    for scheme in "light", "dark":
        browser.emulate(prefers_color_scheme=scheme)
        result = browser.run(kContrast)
        assert result["count"] > 50, result
        assert result["poor"] == [], (scheme, result["poor"])
        browser.find("#chips .edit").click()
        wait(lambda: browser.find("#editor").is_displayed(), "the editor")
        assert browser.run(kContrast)["poor"] == [], scheme
        browser.press(Keys.ESCAPE)
        browser.find("#as-text").click()
        assert browser.run(kContrast)["poor"] == [], scheme
        browser.find("#text-cancel").click()
    dark, light = [], []
    for scheme, found in ("dark", dark), ("light", light):
        browser.emulate(prefers_color_scheme=scheme)
        found.append(browser.run("return getComputedStyle(document.body).backgroundColor"))
    assert dark != light, "the scheme has no effect"


# Elements whose right edge is beyond the screen, and controls that a finger misses.
kTooWide = """
return [...document.querySelectorAll('body *')].filter((one) => one.checkVisibility() &&
  !one.closest('.unseen, .sprite, .skip, .picture-box, .tip') && one.getBoundingClientRect().right > innerWidth + 0.5)
  .map((one) => one.outerHTML.slice(0, 80));"""
kTooSmall = """
return [...document.querySelectorAll('button, input, select, textarea, summary')].filter((one) => {
  const {width, height} = (one.type === 'checkbox' && one.closest('label') || one).getBoundingClientRect();
  return one.checkVisibility() && (height < 39.5 || width < 39.5);
}).filter((one) => one.type !== 'checkbox' || one.closest('label')).map((one) => one.outerHTML.slice(0, 80));"""


def test_a_narrow_screen_has_nothing_beside_it_and_room_for_fingers(browser):
    for width in 360, 390, 768:
        browser.emulate(width, 780)
        across = browser.run("return [document.documentElement.scrollWidth, innerWidth]")
        assert across[0] <= across[1] == width, across
        assert browser.run(kTooWide) == [], width
    browser.emulate(360, 780)
    assert browser.run(kTooSmall) == []
    browser.find("#chips .edit").click()
    wait(lambda: browser.find("#editor").is_displayed(), "the editor")
    assert browser.run(kTooWide) == []
    assert browser.run(kTooSmall) == []
    browser.press(Keys.ESCAPE)
    browser.emulate()


def test_nothing_moves_where_motion_is_unwelcome(browser):
    moving = """return [...document.querySelectorAll('body *')].filter((one) => {
      const style = getComputedStyle(one);
      return style.animationName !== 'none' || Number.parseFloat(style.transitionDuration) > 0; }).length;"""
    assert browser.run(moving) > 0
    browser.emulate(prefers_reduced_motion="reduce")
    assert browser.run(moving) == 0
    browser.emulate()


def test_controls_have_names_and_ids_are_used_once(browser):
    nameless = """
      return [...document.querySelectorAll('button, input, select, textarea, canvas[role], [role=application]')]
      .filter((one) => !(one.ariaLabel || one.labels?.length || one.textContent.trim() ||
        one.getAttribute('aria-labelledby') || (one.hidden && one.closest('form')))).map((one) => one.outerHTML);"""
    assert browser.run(nameless) == []
    twice = browser.run("const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);"
                        "return ids.filter((id, i) => ids.indexOf(id) !== i);")
    assert twice == []
    dangling = browser.run("""
        const names = ['aria-describedby', 'aria-labelledby', 'aria-controls', 'for'];
        return [...document.querySelectorAll(names.map((name) => `[${name}]`))]
          .flatMap((one) => names.flatMap((name) => one.getAttribute(name)?.split(' ') ?? []))
          .filter((id) => !document.getElementById(id));""")
    assert dangling == []


def encode(mask):
    """COCO's compressed run lengths of a mask, a list of rows of 0 and 1: runs down the columns, zeros first."""
    runs, before = [0], 0
    for column in zip(*mask):
        for pixel in column:
            if pixel != before:
                runs.append(0)
            runs[-1] += 1
            before = pixel
    text = ""
    for index, run in enumerate(runs):
        rest = run - runs[index - 2] if index > 2 else run
        more = True
        while more:
            bits = rest & 0x1f
            rest >>= 5
            more = rest != -1 if bits & 0x10 else rest != 0
            text += chr(48 + bits + (0x20 if more else 0))
    return text


def test_masks_are_decoded_as_coco_has_them(browser):
    random = Random(7)
    shapes = [(1, 1), (1, 9), (9, 1), (3, 4), (16, 16), (37, 53), (200, 300)]
    maps = [[[random.choice((0, 0, 1, 2)) for _ in range(width)] for _ in range(height)] for height, width in shapes]
    maps.append([[1 if 20 <= y < 180 and 50 <= x < 290 else 0 for x in range(300)] for y in range(200)])  # long runs
    for ids in maps:
        height, width = len(ids), len(ids[0])
        masks = {id: [[int(one == id) for one in row] for row in ids] for id in (1, 2)}
        regions = [{"id": id, "rle": {"size": [height, width], "counts": encode(mask)}} for id, mask in masks.items()]
        found = browser.run_async("""
            const {LabelMap} = await import('/rle.js');
            const map = new LabelMap();
            map.decode({size: given[0]}, given[1]);
            const [width, height] = given[0];
            return [[...map.ids], map.at(width - 1, height - 1), map.at(width, 0)];""", [width, height], regions)
        assert found == [sum(ids, []), ids[-1][-1], 0], (height, width)


def test_the_chart_has_the_past_and_keeps_five_minutes_of_it(browser):
    browser.open(browser.address)
    browser.wait_live()
    wait(lambda: "grass up to" in browser.run("return document.getElementById('history-summary').textContent"),
         "the chart in words")
    found = browser.run_async("""
        const {Record} = await import('/history.js');
        const record = new Record();
        const share = (age) => record.at(age)?.get('sky') ?? null;
        const begin = 1800000000000;
        for (let second = 0; second < 1000; ++second) record.add(begin + second * 1000, new Map([['sky', second]]));
        const full = [share(0), share(299), share(300)];
        const news = [[999500, 7], [1003000, 8]].map(([time, value]) =>
          record.add(begin + time, new Map([['sky', value]])));
        const gap = [share(0), share(1), share(2), share(3), share(4)];
        record.add(begin, new Map([['sky', 9]]));
        return {full, news, gap, back: [share(0), share(1)]};""")
    assert found["full"] == [999, 700, None], found
    assert found["news"] == [False, True], found
    assert found["gap"] == [8, None, None, None, 7], found
    assert found["back"] == [9, None], "a clock that is set back begins anew"


# Feeds a part of the eight hours through the handler of the page's socket; the screen is drawn now and then.
kFeed = """
    const [from, count] = given;
    const begin = Date.UTC(2030, 0, 1);
    const labels = ['giraffe', 'hot air balloon', 'sky', 'grass'];
    const rle = {size: [224, 398], counts: 'P^11_2O2M3N2M2N3L3N2O1N2N2M3'};
    const regions = Array.from({length: 250}, (_, i) => JSON.stringify(labels.map((label, at) =>
      ({id: at + 1, label, share: ((i + at * 13) % 250) / 1000, confidence: 0.7, rle}))));
    for (let i = from; i < from + count; ++i) {
      page.messages.receive(`{"schema":"naclip/1","type":"frame","source":"live","sequence":${i},` +
        `"pts":${i * 200000000},"time":"${new Date(begin + i * 200).toISOString()}","size":[640,360],` +
        `"mask":{"size":[398,224],"rectangle":[0,0,640,360],"age":120000000},"regions":${regions[i % 250]}}`);
      if (i % 5 === 0) page.messages.receive(`{"schema":"naclip/1","type":"status","source":"live","state":"online",` +
        `"frames":${i * 6},"fps":29.9,"inference":84000000,"viewers":{"webrtc":1,"mjpeg":0,"messages":1}}`);
      if (i % 100 === 0) page.messages.receive(`{"type":"warning","text":"Warning ${i}"}`);
      if (i % 600 === 0) {
        page.hover.at(0.5, 0.5);
        await new Promise(requestAnimationFrame);
      }
    }"""


def memory(browser):
    for _ in range(3):
        browser.devtools("HeapProfiler.collectGarbage")
    metrics = browser.devtools("Performance.getMetrics")["metrics"]
    values = {one["name"]: one["value"] for one in metrics}
    return {name: values[name] for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners")}


def test_eight_hours_take_no_more_memory_than_two(browser):
    browser.devtools("Performance.enable")
    quarter = kMessages // 4
    measured = []
    for number in range(4):
        browser.run_async(kFeed, number * quarter, quarter)
        measured.append(memory(browser))
    print(measured)
    first, last = measured[0], measured[-1]
    assert last["JSHeapUsedSize"] < first["JSHeapUsedSize"] + 4 * kMegabyte, measured
    assert last["Nodes"] < first["Nodes"] + 500, measured
    assert last["JSEventListeners"] < first["JSEventListeners"] + 100, measured
    assert browser.run("return document.getElementById('notices').childElementCount") <= 3
    assert browser.run("return document.getElementById('log').childElementCount") <= 50


def main():
    pictures = Pictures()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as token:
        token.write(kToken + "\n")
        token.flush()
        live = Live(pictures, kWords, more=["--web-token-file", token.name])
        run_page_tests(globals(), live, Browser.emulate)


if __name__ == "__main__":
    main()
