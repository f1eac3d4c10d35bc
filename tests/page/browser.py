"""naclip-live with its page, and a browser that looks at it. A test that lacks something exits with 77, skipped."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

kDemo = pathlib.Path(__file__).resolve().parents[2] / "examples" / "demo"
kPatience = 60  # seconds, for whatever is waited for
kSettings = ["input-size=224", "window-size=0", "refine-steps=0"]  # a mask in some 50 ms


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


try:
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError as missing:
    skip(missing)

kChromium = shutil.which("chromium") or shutil.which("google-chrome")
kDriver = shutil.which("chromedriver")
if not kChromium or not kDriver:
    skip("needs chromium and chromedriver (Debian: chromium, chromium-driver)")
if "NACLIP_LIVE" not in os.environ:
    skip("NACLIP_LIVE, the path of naclip-live, is not set")


def wait(condition, what, patience=kPatience):
    """Until the condition holds; what it gives. An element that is not there, or not any more, is waited for."""
    end = time.monotonic() + patience
    while True:
        last = None
        try:
            found = condition()
            if found:
                return found
        except WebDriverException as error:
            last = error
        if time.monotonic() > end:
            raise AssertionError(f"waited for {patience} s: {what}") from last
        time.sleep(0.05)


class Pictures:
    """The first frames of the demo clip as JPEG files, which a source plays over and over: a giraffe and a balloon."""

    def __init__(self, last=60):
        self.folder = tempfile.TemporaryDirectory(prefix="naclip-page-")
        self.last = last
        files = f"{self.folder.name}/%03d.jpg"
        made = subprocess.run(
            ["gst-launch-1.0", "-q", "filesrc", f"location={kDemo}/clip.webm", "!", "decodebin",
             "!", "videoconvert", "!", "jpegenc", "!", "multifilesink", f"location={files}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        if made.returncode:
            skip(f"the demo clip cannot be decoded here: {made.stdout}")
        self.source = (f"launch:multifilesrc location={files} start-index=0 stop-index={last} loop=true "
                       "caps=image/jpeg,framerate=15/1 ! jpegdec ! videoconvert ! identity sync=true")


class Live:
    """naclip-live with a page. `address` is the page's."""

    def __init__(self, pictures, vocabulary, port=0, more=()):
        self.command = [
            os.environ["NACLIP_LIVE"], "--headless", "--source", pictures.source,
            "--model", f"{kDemo}/model.safetensors", "--vocabulary", vocabulary,
            *(part for one in kSettings for part in ("--set", one)), *more]
        self.start(port)

    def start(self, port=0):
        self.output = []
        self.address = None
        self.process = subprocess.Popen([*self.command, "--web", str(port)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        wait(lambda: self.address or self.process.poll() is not None, "the address of the page")
        assert self.address, "".join(self.output)

    def read(self):
        for line in self.process.stderr:
            self.output = self.output[-100:] + [line]
            found = re.search(r"page at (http://\S+)", line)
            if found:
                self.address = found[1]

    @property
    def port(self):
        return int(re.search(r":(\d+)", self.address.removeprefix("http://"))[1])

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(kPatience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.reader.join()


class Browser:
    """One Chromium without a window, and short ways to ask the page."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = kChromium
        for one in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--mute-audio",
                    "--window-size=1280,800", "--disable-features=WebRtcHideLocalIpsWithMdns"]:
            options.add_argument(one)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(kDriver), options=options)
        self.driver.set_script_timeout(300)

    def quit(self):
        self.driver.quit()

    def open(self, address):
        self.driver.get(address)

    def new_tab(self, address=None, before=None):
        """Opens a tab and stays there. `before`: a script that runs before the page's own."""
        self.driver.switch_to.new_window("tab")
        if before:
            self.devtools("Page.addScriptToEvaluateOnNewDocument", source=before)
        if address:
            self.open(address)
        return self.driver.current_window_handle

    def tab(self, handle):
        self.driver.switch_to.window(handle)

    def close_tab(self, back_to):
        self.driver.close()
        self.tab(back_to)

    def devtools(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def run_async(self, body, *arguments):
        """The result of the body of an asynchronous function; `page` is what main.js exports."""
        result = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1]; const given = arguments;"
            f"import('/main.js').then(async (page) => {{ {body} }})"
            ".then((value) => done({value}), (error) => done({error: String(error.stack ?? error)}));", *arguments)
        assert "error" not in result, result["error"]
        return result.get("value")

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.find(selector).text

    def wait_text(self, selector, expected):
        """Until the expected text is within an element's."""
        return wait(lambda: expected in self.text(selector), f"{expected!r} in {selector}")

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self):
        """Id of the element that has the focus, or else its label."""
        return self.run("const at = document.activeElement;"
                        "return at.id || at.getAttribute('aria-label') || at.tagName")

    def emulate(self, width=1280, height=800, **features):
        """A screen, and CSS media features such as prefers_color_scheme."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=width < 600)
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def labels(self):
        """The chips' labels in order."""
        return self.run("return [...document.querySelectorAll('#chips .chip')].map((one) => one.dataset.label)")

    def wait_live(self):
        """Until the page has a picture and words that are in use."""
        wait(lambda: self.text("#badge"), "a picture")
        wait(lambda: self.labels() and not self.text("#encoding"), "the words")

    def errors(self):
        """What the page complained about in its console, but for answers that tests ask for."""
        expected = ("status of 4", "status of 5", "ERR_CONNECTION", "WebSocket connection to", "ERR_INCOMPLETE",
                    "ERR_EMPTY_RESPONSE", "ERR_SOCKET")
        return [one["message"] for one in self.driver.get_log("browser")
                if one["level"] == "SEVERE" and not any(part in one["message"] for part in expected)]


def run_tests(names, *arguments):
    """Runs every function of these that is called test_*, and says so."""
    for name, test in list(names.items()):
        if name.startswith("test_"):
            begin = time.monotonic()
            test(*arguments)
            print(f"{name}: ok ({time.monotonic() - begin:.1f} s)", flush=True)


def run_page_tests(names, live, arrange=lambda browser: None, more=()):
    """Runs tests, each with the browser and `more`. The page has nothing to complain of; the program ends with them.
    `arrange` is called with the browser before them."""
    browser = Browser()
    browser.address = live.address
    try:
        arrange(browser)
        run_tests(names, browser, *more)
        assert not browser.errors(), browser.errors()
    finally:
        browser.quit()
        live.stop()
