"""The report of a real short run in a real browser: light and dark, on a desktop and on a phone.

Debian's chromium is found by its name; playwright drives it and downloads no browser.
"""

import os
import shutil
import subprocess
import sys
from itertools import product

import pytest

import scenarios
from compare import HOME

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install -e '.[test]'")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs a browser: apt-get install chromium")
SIZES = {"desk": (1360, 900), "phone": (390, 844)}
VIEWS = list(product(SIZES, ("light", "dark")))
MIN_CONTRAST = 4.5  # WCAG 2.1, 1.4.3


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """The report of one epoch of lr_scaling with Keras and Lightning, on the sample: the page of MNIST is like it."""
    folder = tmp_path_factory.mktemp("browser")
    child = subprocess.run(
        [sys.executable, "-m", "compare", "scenario=lr_scaling", "frameworks=keras,lightning", "variants=lr_0_01",
         "epochs=1", "data=sample", f"out={folder / 'run'}"], cwd=HOME,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}, capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    return folder / "run" / "report.html"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield started
        started.close()


@pytest.fixture
def opened(browser):
    """A function: a page opened at a size and in a color scheme, with its console messages and requests."""
    contexts = []

    def of(file, size="desk", scheme="light"):
        width, height = SIZES[size]
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.messages, page.requests = [], []
        page.on("console", lambda message: page.messages.append(message.text))
        page.on("pageerror", lambda error: page.messages.append(str(error)))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(file.as_uri())
        return page
    yield of
    for context in contexts:
        context.close()


def problems(page, file):
    """The problems of a page: console messages, requests, horizontal scrolling."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.wait_for_timeout(100)
    width = page.evaluate("document.documentElement.scrollWidth") - page.evaluate("innerWidth")
    requests = [url for url in page.requests if url != file.as_uri()]
    return page.messages + requests + ([f"{width} too wide"] if width > 0 else [])


@pytest.mark.parametrize("size, scheme", VIEWS)
def test_page_logs_nothing_requests_nothing_and_does_not_scroll_sideways(opened, page_file, size, scheme):
    assert problems(opened(page_file, size, scheme), page_file) == []


def test_problems_of_a_page_are_detected(opened, tmp_path, page_file):
    for name, planted in (("asks", "<img src='http://127.0.0.1:9/x.png'>"),
                          ("wide", "<div style='width: 3000px'>x</div>"),
                          ("says", "<link rel='stylesheet' href='http://127.0.0.1:9/x.css'>")):
        file = tmp_path / f"{name}.html"
        file.write_text(page_file.read_text(encoding="utf-8").replace("<main>", f"<main>{planted}"), encoding="utf-8")
        assert problems(opened(file), file), name


def test_answer_comes_first_and_the_table_after_it(opened, page_file):
    page = opened(page_file)
    answer, table = (page.locator(chosen).first.bounding_box() for chosen in ("#answer", "#behaviours ~ .scroll"))
    assert answer["y"] < 400 < answer["y"] + answer["height"] < table["y"]
    assert page.locator(".verdict").inner_text().strip()
    assert page.title() == "Does the loss scale with the learning rate?"
    assert page.locator("#behaviours ~ .scroll").first.locator("tbody tr:not(.old)").count() == len(
        scenarios.load("lr_scaling").behaviours)


@pytest.mark.parametrize("size, scheme", VIEWS)
def test_text_has_enough_contrast_with_its_background(opened, page_file, size, scheme):
    page = opened(page_file, size, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 200
    faint = {text: round(contrast, 1) for text, contrast in contrasts if contrast < MIN_CONTRAST}
    assert not faint
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, background[4:-1].split(", "))) < 64) is (scheme == "dark")


CONTRASTS = """() => {
  const part = c => { c /= 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => .2126 * part(r) + .7152 * part(g) + .0722 * part(b);
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const ground = node => { for (; node; node = node.parentElement) {
    const c = numbers(getComputedStyle(node).backgroundColor); if (c.length == 3 || c[3] == 1) return c; } };
  const found = [];
  const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let node; node = walk.nextNode();) {
    const owner = node.parentElement, style = getComputedStyle(owner);
    if (!node.data.trim() || !owner.getClientRects().length) continue;
    const ink = owner.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(numbers(ink)), light(ground(owner))].sort((x, y) => y - x);
    found.push([node.data.trim().slice(0, 60), (a + .05) / (b + .05)]);
  }
  return found;
}"""


def test_plots_use_the_colours_of_the_page(opened, page_file):
    colours = {}
    for scheme in ("light", "dark"):
        page = opened(page_file, "desk", scheme)
        boxes = [plot.bounding_box() for plot in page.locator(".plots svg").all()]
        assert len(boxes) == 3 and all(box["width"] > 250 and box["height"] > 150 for box in boxes)
        assert len({box["y"] for box in boxes}) == 1
        assert page.locator(".plots svg text").count() > 10
        colours[scheme] = page.evaluate("getComputedStyle(document.querySelector('.plots svg text')).fill")
        assert colours[scheme] == page.evaluate("getComputedStyle(document.body).color")
    assert colours["light"] != colours["dark"]


@pytest.mark.parametrize("size", SIZES)
def test_two_programs_are_side_by_side_or_stacked(opened, page_file, size):
    page = opened(page_file, size)
    first, second = (section.bounding_box() for section in page.locator(".programs section").all()[:2])
    beside = first["y"] == second["y"] and second["x"] >= first["x"] + first["width"]
    below = second["x"] == first["x"] and second["y"] >= first["y"] + first["height"]
    assert (beside, below) == ((True, False) if size == "desk" else (False, True))
    assert page.locator("pre .quirk").count() >= 8 and page.locator("pre .about").count() >= 4
    marked = page.evaluate("getComputedStyle(document.querySelector('pre .quirk')).backgroundColor")
    assert marked != page.evaluate("getComputedStyle(document.querySelector('pre .line')).backgroundColor")


def test_page_loads_within_three_seconds(opened, page_file):
    page = opened(page_file, "phone")
    assert page.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart") < 3000
