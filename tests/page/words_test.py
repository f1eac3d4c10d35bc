"""Words on the page of naclip-live: added, changed, refused, seen by others, under the pointer, and all by keyboard."""

from browser import ActionChains, Keys, Live, Pictures, run_page_tests, wait

kWords = "giraffe; hot air balloon; sky; grass"
kWithoutGrass = "giraffe; hot air balloon; sky"

# How many pixels of a new snapshot's upper left, where the legend is and never any grass, are of this colour.
kInLegend = """
    const answer = await fetch('/api/v1/snapshot', {cache: 'no-store'});
    const picture = await createImageBitmap(await answer.blob());
    const canvas = new OffscreenCanvas(picture.width / 3, picture.height / 3);
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0);
    const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
    const [red, green, blue] = given[0];
    let count = 0;
    for (let i = 0; i < data.length; i += 4)
      count += Math.abs(data[i] - red) < 40 && Math.abs(data[i + 1] - green) < 40 && Math.abs(data[i + 2] - blue) < 40;
    return count;"""

kGet = "return (await fetch('/api/v1/' + given[0])).json();"


def add(browser, text):
    browser.find("#new-word").send_keys(text, Keys.ENTER)


def classes(browser):
    return {one["label"]: one for one in browser.run_async(kGet, "vocabulary")["classes"]}


def chip(label, part):
    return f'#chips [data-label="{label}"] .{part}'


def edit(browser, label):
    browser.find(chip(label, "edit")).click()
    wait(lambda: browser.find("#editor").is_displayed(), "the editor")


def set_value(browser, element, value):
    browser.run("const at = document.getElementById(arguments[0]); at.value = arguments[1];"
                "at.dispatchEvent(new Event('input', {bubbles: true}))", element, value)


def save(browser):
    browser.find("#editor .primary").click()
    wait(lambda: not browser.find("#editor").is_displayed(), "the editor to close")


def wait_in_use(browser, label):
    wait(lambda: label in browser.run_async(kGet, "vocabulary")["labels"], f"{label} in use")


def test_a_typed_word_is_in_the_legend_and_on_another_page(browser):
    first = browser.driver.current_window_handle
    second = browser.new_tab(browser.address)
    browser.wait_live()
    browser.find("#new-word").send_keys("half a w")
    browser.tab(first)
    assert browser.run_async(kInLegend, [255, 0, 255]) == 0
    add(browser, "grass #ff00ff")
    wait(lambda: browser.labels() == ["giraffe", "hot air balloon", "sky", "grass"], "the chip")
    assert browser.run("return document.getElementById('new-word').value") == ""
    wait_in_use(browser, "grass")
    wait(lambda: browser.run_async(kInLegend, [255, 0, 255]) > 10, "its colour in the legend")
    browser.tab(second)
    wait(lambda: "grass" in browser.labels(), "the chip on the other page")
    assert browser.run("return document.getElementById('new-word').value") == "half a w", "typing was lost"
    browser.close_tab(first)


def test_a_refused_word_says_why_and_the_old_ones_stay(browser):
    before = classes(browser)
    add(browser, "sky")
    browser.wait_text("#add-problem", "“sky” was not added")
    assert "twice" in browser.text("#add-problem"), browser.text("#add-problem")
    assert classes(browser) == before
    assert browser.run("return document.getElementById('new-word').value") == "sky"
    browser.find("#new-word").clear()
    add(browser, "water >2")
    browser.wait_text("#add-problem", "threshold")
    browser.find("#new-word").clear()
    assert classes(browser) == before


def test_synonyms_after_a_comma_make_one_class(browser):
    add(browser, "palm tree, palm")
    wait(lambda: "palm tree" in browser.labels(), "the chip")
    assert classes(browser)["palm tree"]["synonyms"] == ["palm tree", "palm"]


def test_the_editor_changes_name_words_colour_and_threshold(browser):
    edit(browser, "palm tree")
    browser.find("#editor-name").clear()
    browser.find("#editor-name").send_keys("tree")
    set_value(browser, "editor-colour", "#12ab34")
    set_value(browser, "editor-threshold", "0.25")
    save(browser)
    wait(lambda: "tree" in browser.labels() and "palm tree" not in browser.labels(), "the new name")
    changed = classes(browser)["tree"]
    assert changed == {"label": "tree", "synonyms": ["palm tree", "palm"], "colour": "#12ab34",
                       "threshold": 0.25}, changed
    edit(browser, "tree")
    browser.find("#editor-automatic").click()
    browser.find("#editor-general").click()
    save(browser)
    changed = classes(browser)["tree"]
    assert changed["colour"] is None and changed["threshold"] is None, changed


def test_the_editor_says_why_a_change_is_refused_and_what_others_changed(browser):
    edit(browser, "tree")
    browser.find("#editor-name").clear()
    browser.find("#editor-name").send_keys("sky", Keys.ENTER)
    browser.wait_text("#editor-problem", "twice")
    browser.run_async("""
        const {classes} = await (await fetch('/api/v1/vocabulary')).json();
        classes.find((one) => one.label === 'tree').threshold = 0.5;
        await fetch('/api/v1/vocabulary', {method: 'PUT', body: JSON.stringify({classes}),
          headers: {'Content-Type': 'application/json'}});""")
    browser.wait_text("#editor-note", "changed elsewhere")
    assert browser.run("return document.getElementById('editor-name').value") == "sky", "typing was lost"
    browser.press(Keys.ESCAPE)
    wait(lambda: not browser.find("#editor").is_displayed(), "the editor to close")
    assert "tree" in classes(browser)


def test_a_hidden_class_is_not_drawn(browser):
    wait(lambda: browser.run_async(kInLegend, [255, 0, 255]) > 10, "the colour of grass in the legend")
    browser.find(chip("grass", "show")).click()
    wait(lambda: browser.run_async(kGet, "properties")["naclipoverlay"]["classes"]["value"] == "!grass", "the property")
    wait(lambda: browser.run_async(kInLegend, [255, 0, 255]) == 0, "its colour to go from the legend")
    assert "Show" in browser.find(chip("grass", "show")).get_attribute("aria-label")
    browser.find(chip("grass", "show")).click()
    wait(lambda: browser.run_async(kGet, "properties")["naclipoverlay"]["classes"]["value"] == "", "the property")


def test_words_are_removed(browser):
    for label in "grass", "tree":
        browser.find(chip(label, "remove")).click()
        wait(lambda: label not in browser.labels(), "the chip to go")
    assert list(classes(browser)) == ["giraffe", "hot air balloon", "sky"]


def test_the_last_word_cannot_be_removed_and_the_chip_says_why(browser):
    browser.find("#as-text").click()
    browser.find("#text").clear()
    browser.find("#text").send_keys("sky", Keys.CONTROL, Keys.ENTER)
    wait(lambda: browser.labels() == ["sky"], "one word")
    browser.find(chip("sky", "remove")).click()
    browser.wait_text(chip("sky", "problem"), "names no class")
    assert browser.labels() == ["sky"]


def test_the_whole_vocabulary_is_edited_as_text(browser):
    browser.find("#as-text").click()
    text = browser.find("#text")
    assert browser.run("return arguments[0].value", text) == "sky"
    text.send_keys("; giraffe;; giraffe")
    browser.find("#text-mode .primary").click()
    browser.wait_text("#text-problem", "twice")
    text.clear()
    text.send_keys(kWords.replace("; ", "\n"))
    browser.find("#text-mode .primary").click()
    wait(lambda: browser.labels() == kWords.split("; "), "the chips")
    wait_in_use(browser, "giraffe")


def test_a_setting_is_changed_and_a_bad_value_refused(browser):
    browser.find("#all-settings summary").click()
    setting = browser.find("#setting-naclipsegment\\.interval")
    setting.clear()
    setting.send_keys("2", Keys.ENTER)
    wait(lambda: browser.run_async(kGet, "properties")["naclipsegment"]["interval"]["value"] == 2, "the interval")
    setting.clear()
    setting.send_keys("0", Keys.ENTER)
    wait(lambda: browser.run("return arguments[0].parentElement.querySelector('.problem').textContent", setting)
         not in ("", "Write a number."), "why the server refuses it")
    setting.clear()
    setting.send_keys("1", Keys.ENTER)
    wait(lambda: browser.run_async(kGet, "properties")["naclipsegment"]["interval"]["value"] == 1, "the interval")
    browser.find("#all-settings summary").click()
    opacity = browser.find("#quick-naclipoverlay\\.opacity")
    opacity.send_keys(Keys.END)
    wait(lambda: browser.run_async(kGet, "properties")["naclipoverlay"]["opacity"]["value"] == 1, "the opacity")
    set_value(browser, "quick-naclipoverlay.opacity", "0.5")


def point_at(browser, x, y):
    """Moves the pointer to a place of the picture, 0 to 1."""
    browser.run("scrollTo(0, 0)")
    box, stage = browser.run_async("const {width, height} = document.getElementById('stage').getBoundingClientRect();"
                                   "return [page.player.box(), {width, height}]")
    across = box["left"] + x * box["width"] - stage["width"] / 2
    down = box["top"] + y * box["height"] - stage["height"] / 2
    ActionChains(browser.driver).move_to_element_with_offset(browser.find("#stage"), int(across), int(down)).perform()


def test_the_pointer_names_what_is_under_it(browser):
    def grass():
        point_at(browser, 0.5, 0.95)
        return "grass" in browser.text("#tip") and "%" in browser.text("#tip")

    def giraffe():
        place = browser.run_async("""
            for (let y = 0.1; y < 0.9; y += 0.05)
              for (let x = 0.05; x < 0.95; x += 0.025)
                if ([-0.02, 0, 0.02].every((by) => page.hover.at(x + by, y)?.label === 'giraffe')) return [x, y];
            return null;""")
        if not place:
            return False
        point_at(browser, *place)
        return "giraffe" in browser.text("#tip")

    wait(grass, "grass at the bottom")
    wait(giraffe, "the giraffe")
    browser.emulate(1280, 560)  # bars left and right of the picture
    box = browser.run_async("return page.player.box()")
    assert box["left"] > 20, box
    shown = browser.run("""
        const stage = document.getElementById('stage').getBoundingClientRect();
        return ['video', 'image'].map((id) => document.getElementById(id)).filter((one) => !one.hidden).map((one) => {
          const {width, height} = one.getBoundingClientRect();
          return [getComputedStyle(one).objectFit, width === stage.width, height === stage.height];
        });""")
    assert shown == [["contain", True, True]], "the picture is not where the page takes it to be"
    wait(grass, "grass at the bottom beside bars")
    point_at(browser, -0.01, 0.5)
    wait(lambda: not browser.find("#tip").is_displayed(), "no name on a bar")
    browser.emulate()


def test_a_finger_names_what_is_under_it(browser):
    def grass():
        browser.run("""
            const stage = document.getElementById('stage').getBoundingClientRect();
            document.getElementById('stage').dispatchEvent(new PointerEvent('pointerdown', {pointerType: 'touch',
              bubbles: true, clientX: stage.left + stage.width / 2, clientY: stage.bottom - 12}));""")
        return "grass" in browser.text("#tip")

    wait(grass, "grass under the finger")
    browser.run("document.body.dispatchEvent(new PointerEvent('pointerdown', {pointerType: 'touch', bubbles: true}))")
    wait(lambda: not browser.find("#tip").is_displayed(), "no name")


def tab_to(browser, condition, what):
    for _ in range(60):
        browser.press(Keys.TAB)
        if condition(browser.focused()):
            return
    raise AssertionError(f"Tab does not reach {what}")


def test_everything_can_be_done_by_keyboard(browser):
    browser.open(browser.address)
    browser.wait_live()
    browser.press(Keys.TAB)
    assert browser.focused() == "A", "the link to the words comes first"
    tab_to(browser, lambda at: at == "stage", "the picture")
    # The crosshair begins in the middle.
    for _ in range(12):
        browser.press(Keys.ARROW_DOWN)
    for _ in range(3):
        browser.press(Keys.SHIFT + Keys.ARROW_DOWN + Keys.NULL)
    browser.wait_text("#tip", "grass")
    assert browser.run("return !document.getElementById('crosshair').hidden")
    wait(lambda: browser.run("return document.getElementById('under-crosshair').textContent") == "grass",
         "told as text")
    browser.press(Keys.ESCAPE)
    wait(lambda: not browser.find("#tip").is_displayed(), "no crosshair")
    tab_to(browser, lambda at: at == "snapshot", "the snapshot")
    tab_to(browser, lambda at: at == "record", "the recording")
    tab_to(browser, lambda at: at == "new-word", "the words")
    browser.press("zebra", Keys.ENTER)
    wait(lambda: "zebra" in browser.labels(), "the chip")
    wait_in_use(browser, "zebra")
    tab_to(browser, lambda at: at.startswith("Edit zebra"), "the chip")
    browser.press(Keys.ENTER)
    wait(lambda: browser.focused() == "editor-name", "the editor")
    browser.press("horse", Keys.ENTER)
    wait(lambda: "horse" in browser.labels() and "zebra" not in browser.labels(), "the new word")
    assert classes(browser)["horse"]["synonyms"] == ["horse"], "a new name is a new word"
    wait(lambda: browser.focused().startswith("Edit horse"), "the focus to be back on the chip")
    browser.press(Keys.ENTER)
    wait(lambda: browser.focused() == "editor-name", "the editor")
    browser.press(Keys.ESCAPE)
    wait(lambda: browser.focused().startswith("Edit horse"), "the focus to be back on the chip")
    tab_to(browser, lambda at: at == "Remove horse", "its removal")
    browser.press(Keys.ENTER)
    wait(lambda: "horse" not in browser.labels(), "the chip to go")
    wait(lambda: browser.focused().startswith("Edit grass"), "the focus to go on to the neighbour")


def main():
    pictures = Pictures()
    live = Live(pictures, kWithoutGrass)

    def open_page(browser):
        browser.emulate()
        browser.open(live.address)
        browser.wait_live()

    run_page_tests(globals(), live, open_page)


if __name__ == "__main__":
    main()
