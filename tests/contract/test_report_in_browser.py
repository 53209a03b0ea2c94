"""The report of a real short run in a real browser: light and dark, on a desk and on a phone.

Debian's chromium is found by its name; playwright drives it and downloads no browser of its own.
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
SEEN = list(product(SIZES, ("light", "dark")))
UNREADABLE = 4.5  # below this contrast, by WCAG 2.1, 1.4.3


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """The report of one epoch of lr_scaling with Keras and Lightning: on MNIST, or else on the sample."""
    folder = tmp_path_factory.mktemp("browser")
    child = subprocess.run(
        [sys.executable, "-m", "compare", "scenario=lr_scaling", "frameworks=keras,lightning", "variants=lr_0_01",
         "epochs=1", f"data={'mnist' if os.environ.get('MNIST_DIR') else 'sample'}", f"out={folder / 'run'}"], cwd=HOME,
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
def differing(browser):
    """A function: a page as a size and a scheme show it, with what it says on the console and what it asks for."""
    contexts = []

    def of(file, size="desk", scheme="light"):
        width, height = SIZES[size]
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.said, page.reported = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.reported.append(request.url))
        page.goto(file.as_uri())
        return page
    yield of
    for context in contexts:
        context.close()


def problems(page, file):
    """What is wrong with a page for whoever opens it: words on the console, requests, a page that moves sideways."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.wait_for_timeout(100)
    width = page.evaluate("document.documentElement.scrollWidth") - page.evaluate("innerWidth")
    asked = [url for url in page.reported if url != file.as_uri()]
    return page.said + asked + ([f"{width} too wide"] if width > 0 else [])


@pytest.mark.parametrize("size, scheme", SEEN)
def test_it_says_nothing_asks_for_nothing_and_does_not_move_sideways(differing, page_file, size, scheme):
    assert problems(differing(page_file, size, scheme), page_file) == []


def test_a_page_that_does_is_noticed(differing, tmp_path, page_file):
    for name, planted in (("asks", "<img src='http://127.0.0.1:9/x.png'>"),
                          ("wide", "<div style='width: 3000px'>x</div>"),
                          ("says", "<link rel='stylesheet' href='http://127.0.0.1:9/x.css'>")):
        file = tmp_path / f"{name}.html"
        file.write_text(page_file.read_text(encoding="utf-8").replace("<main>", f"<main>{planted}"), encoding="utf-8")
        assert problems(differing(file), file), name


def test_the_answer_comes_first_and_the_table_after_it(differing, page_file):
    page = differing(page_file)
    answer, table = (page.locator(chosen).first.bounding_box() for chosen in ("#answer", "#behaviours + .scroll"))
    assert answer["y"] < 400 < answer["y"] + answer["height"] < table["y"]
    assert page.locator(".whose").inner_text().strip() and page.title() == "Does the loss scale with the learning rate?"
    assert page.locator("#behaviours + .scroll tbody tr:not(.old)").count() == len(
        scenarios.load("lr_scaling").behaviours)


@pytest.mark.parametrize("size, scheme", SEEN)
def test_words_can_be_read_on_their_ground(differing, page_file, size, scheme):
    page = differing(page_file, size, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = page.evaluate(CONTRASTS)
    assert len(found) > 200
    faint = {words: round(contrast, 1) for words, contrast in found if contrast < UNREADABLE}
    assert not faint
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, ground[4:-1].split(", "))) < 64) is (scheme == "dark")


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


def test_plots_are_drawn_in_the_page_s_own_colours(differing, page_file):
    inks = {}
    for scheme in ("light", "dark"):
        page = differing(page_file, "desk", scheme)
        boxes = [one.bounding_box() for one in page.locator(".plots svg").all()]
        assert len(boxes) == 3 and all(box["width"] > 250 and box["height"] > 150 for box in boxes)
        assert len({box["y"] for box in boxes}) == 1
        assert page.locator(".plots svg text").count() > 10
        inks[scheme] = page.evaluate("getComputedStyle(document.querySelector('.plots svg text')).fill")
        assert inks[scheme] == page.evaluate("getComputedStyle(document.body).color")
    assert inks["light"] != inks["dark"]


@pytest.mark.parametrize("size", SIZES)
def test_the_two_programs_stand_side_by_side_or_one_below_the_other(differing, page_file, size):
    page = differing(page_file, size)
    one, other = (section.bounding_box() for section in page.locator(".programs section").all()[:2])
    beside, below = one["y"] == other["y"] and other["x"] >= one["x"] + one["width"], other["x"] == one["x"] and \
        other["y"] >= one["y"] + one["height"]
    assert (beside, below) == ((True, False) if size == "desk" else (False, True))
    assert page.locator("pre .quirk").count() >= 8 and page.locator("pre .about").count() >= 4
    marked = page.evaluate("getComputedStyle(document.querySelector('pre .quirk')).backgroundColor")
    assert marked != page.evaluate("getComputedStyle(document.querySelector('pre .line')).backgroundColor")


def test_it_is_there_at_once(differing, page_file):
    page = differing(page_file, "phone")
    assert page.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart") < 3000
