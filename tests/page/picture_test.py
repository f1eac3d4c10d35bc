"""The picture on the page of naclip-live: WebRTC, MJPEG in its place, after a restart, and with many viewers."""

import base64
import json
import os
import pathlib
import socket
import tempfile
import threading
import urllib.request

from browser import Live, Pictures, run_page_tests, wait

kWithoutWebRtc = "delete window.RTCPeerConnection; delete window.webkitRTCPeerConnection;"
kDeafWebRtc = "RTCPeerConnection.prototype.setRemoteDescription = async () => {};"
kViewers = 20

# The sum of some pixels, which changes with the picture.
kPixels = """
const picture = document.getElementById(arguments[0]);
const canvas = Object.assign(document.createElement('canvas'), {width: 64, height: 36});
const context = canvas.getContext('2d');
context.drawImage(picture, 0, 0, 64, 36);
return context.getImageData(0, 0, 64, 36).data.reduce((sum, value, i) => (sum * 31 + value * (i + 1)) % 1000003, 0);
"""


def decoded(browser):
    """Frames that the page's WebRTC connection has decoded."""
    return browser.run_async("""
        const reports = [...(await page.player.connection?.getStats() ?? new Map()).values()];
        return reports.find((one) => one.type === 'inbound-rtp')?.framesDecoded ?? 0;""")


def wait_for_more_frames(browser, more=10):
    before = decoded(browser)
    # A new connection counts anew.
    wait(lambda: decoded(browser) >= before + more or decoded(browser) < before, f"{more} more frames after {before}")


def wait_for_motion(browser, element):
    before = browser.run(kPixels, element)
    wait(lambda: browser.run(kPixels, element) != before, f"another picture in {element}")


def test_the_picture_runs_by_webrtc(browser, live):
    browser.open(live.address)
    browser.wait_text("#badge", "WebRTC")
    wait_for_more_frames(browser)
    wait_for_motion(browser, "video")
    wait(lambda: float(browser.text("[data-of=fps]")) > 0, "frames per second in the status line")
    box = browser.run_async("return [page.player.box(), page.player.size()]")
    assert box[1] == [640, 360], box
    assert abs(box[0]["width"] / box[0]["height"] - 640 / 360) < 0.02, box


def test_leaving_the_page_ends_its_connection(browser, live):
    def viewers():
        with urllib.request.urlopen(live.address + "api/v1/stats", timeout=10) as answer:
            return json.load(answer)["viewers"]["webrtc"]

    wait(lambda: viewers() == 1, "one viewer")
    browser.open("about:blank")
    wait(lambda: viewers() == 0, "no viewer")
    browser.open(live.address)
    browser.wait_text("#badge", "WebRTC")


def test_mjpeg_shows_it_where_there_is_no_webrtc(browser, live):
    first = browser.driver.current_window_handle
    browser.new_tab(live.address, before=kWithoutWebRtc)
    browser.wait_text("#badge", "MJPEG")
    wait(lambda: browser.run("return document.getElementById('image').naturalWidth") == 640, "a picture")
    wait_for_motion(browser, "image")
    browser.close_tab(first)


def test_mjpeg_shows_it_where_webrtc_brings_no_frame(browser, live):
    first = browser.driver.current_window_handle
    browser.new_tab(live.address, before=kDeafWebRtc)
    browser.wait_text("#badge", "MJPEG")
    wait_for_motion(browser, "image")
    browser.close_tab(first)


def test_video_that_breaks_off_is_begun_anew(browser, live):
    first = browser.driver.current_window_handle
    browser.new_tab(live.address, before="""
        const real = window.fetch;
        window.resources = [];
        window.fetch = async (path, options) => {
          const answer = await real(path, options);
          if (path === '/whep') resources.push(answer.headers.get('Location'));
          return answer;
        };""")
    browser.wait_text("#badge", "WebRTC")
    browser.run_async("await fetch(resources[0], {method: 'DELETE'});")
    wait(lambda: browser.run("return resources.length") > 1, "another connection")
    browser.wait_text("#badge", "WebRTC")
    wait_for_more_frames(browser)
    browser.close_tab(first)


def test_a_snapshot_is_downloaded(browser, live):
    with tempfile.TemporaryDirectory(prefix="naclip-page-") as folder:
        browser.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder)
        browser.find("#snapshot").click()
        files = wait(lambda: list(pathlib.Path(folder).glob("naclip-*.png")), "the file")
        wait(lambda: files[0].read_bytes().endswith(b"IEND\xaeB`\x82"), "all of the picture")


def test_the_recording_is_shown_with_its_time_and_its_end(browser, live):
    """With the server's answers made up: what it records is not the page's business."""
    browser.run("""
        const real = window.fetch;
        window.fetch = (path, options) => {
          if (path !== '/api/v1/recording' || options.method !== 'POST') return real(path, options);
          const {recording} = JSON.parse(options.body);
          const answer = {recording, file: 'naclip-20261130-100000.mkv', seconds: recording ? 75 : 90};
          return Promise.resolve(Response.json(answer));
        };""")
    browser.find("#record").click()
    browser.wait_text("#record", "Stop 1:1")
    browser.wait_text("#recording", "Recording to naclip-20261130-100000.mkv")
    assert browser.find("#record").get_attribute("aria-pressed") == "true"
    browser.find("#record").click()
    wait(lambda: browser.text("#record") == "Record", "the button")
    browser.wait_text("#recording", "Recorded to naclip-20261130-100000.mkv")
    browser.run("window.fetch = () => Promise.resolve(Response.json({error: 'The disk is full.'}, {status: 409}))")
    browser.find("#record").click()
    browser.wait_text("#notices", "The disk is full.")
    browser.open(live.address)
    browser.wait_text("#badge", "WebRTC")


class Viewer(threading.Thread):
    """Reads one stream of the server, and counts what comes."""

    def __init__(self, live, request):
        super().__init__(daemon=True)
        self.received = 0
        self.end = threading.Event()
        self.socket = socket.create_connection(("127.0.0.1", live.port), timeout=60)
        self.socket.sendall(request.format(port=live.port).encode())
        self.start()

    def run(self):
        try:
            while not self.end.is_set():
                got = len(self.socket.recv(1 << 16))
                self.received += got
                if not got:
                    return
        except OSError:
            pass

    def stop(self):
        self.end.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join()
        self.socket.close()


kMjpeg = "GET /mjpeg HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
kKey = base64.b64encode(os.urandom(16)).decode()
kWebSocket = ("GET /api/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {kKey}\r\n\r\n")


def test_many_viewers_leave_the_first_one_its_frames(browser, live):
    viewers = [Viewer(live, kMjpeg if number % 2 else kWebSocket) for number in range(kViewers)]
    for viewer in viewers:
        wait(lambda: viewer.received > 2000, "something for each viewer")
    wait_for_more_frames(browser)
    before = [viewer.received for viewer in viewers]
    for number, viewer in enumerate(viewers):
        wait(lambda: viewer.received > before[number], "more for each viewer")
    wait(lambda: float(browser.text("[data-of=fps]")) > 0, "frames per second")
    for viewer in viewers:
        viewer.stop()


def test_picture_and_data_come_back_after_a_restart(browser, live):
    port = live.port
    live.stop()
    browser.wait_text("#banner", "Connection lost")
    live.start(port)
    wait(lambda: not browser.find("#banner").is_displayed(), "the banner to go")
    browser.wait_text("#badge", "WebRTC")
    wait_for_more_frames(browser)
    wait_for_motion(browser, "video")
    wait(lambda: any(float(one.rstrip(" %").lstrip("< ")) > 0 for one in browser.run(
        "return [...document.querySelectorAll('#shares .amount')].map((one) => one.textContent)")), "shares")


def main():
    pictures = Pictures()
    live = Live(pictures, "giraffe; hot air balloon; sky; grass")
    run_page_tests(globals(), live, more=[live])


if __name__ == "__main__":
    main()
