"""The page at the address that compare browse prints, opened in a real browser."""

import shutil

import pytest
from browsed import FRAMEWORKS, REPORTED, browsing, trained
from miniatures import real_mnist

pytestmark = real_mnist
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WAIT = 60_000  # milliseconds, on a busy machine


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    with browsing(trained(tmp_path_factory).parent.parent) as served:
        yield served


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install 'keras-or-me[test]'")
    with api.sync_playwright() as driver:
        try:
            chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        except api.Error as error:
            pytest.skip(f"no browser: apt-get install chromium, or playwright install chromium ({error.message[:80]})")
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, addresses):
    """A page that must log no error and request nothing from other hosts."""
    origin, problems = addresses[0].partition("#")[0], []
    page = browser.new_page(viewport={"width": 1500, "height": 1000})
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.append(request.url) if not request.url.startswith(
        (origin, "data:", "blob:")) else None)
    page.set_default_timeout(WAIT)
    yield page
    page.close()
    assert problems == []


def test_pinned_cards_overlay_the_curves_of_all_frameworks(page, addresses):
    page.goto(addresses[1])
    card = page.locator("metrics-pinned-view scalar-card", has_text="reported/train/loss").first
    for name in (*FRAMEWORKS, "reported"):
        card.get_by_text(f"sigmoid/{name}", exact=True).wait_for()
    assert card.locator("svg path, canvas").count() > 0
    names = page.locator("runs-data-table").inner_text().split("\n")
    assert {name for name in names if "/" in name or name.startswith("answer")} == REPORTED | {"sigmoid/reported"}


def test_text_begins_with_the_answer(page, addresses):
    page.goto(addresses[0])
    page.get_by_role("heading", name="Does a sigmoid slow it down?").wait_for()
    assert page.get_by_text("The loss is large").first.is_visible()


def test_hyperparameters_list_every_session(page, addresses):
    page.goto(addresses[0].replace("#text", "#hparams"))
    for name in FRAMEWORKS:
        page.get_by_text(f"sigmoid {name}", exact=True).first.wait_for()


def test_first_custom_page_is_expanded_and_shows_curves(page, addresses):
    page.goto(addresses[0].replace("#text", "#custom_scalars"))
    page.get_by_text("1. the loss is large").first.wait_for()
    chart = page.locator("tf-custom-scalar-multi-line-chart-card").first
    chart.get_by_text("Matches (4)").wait_for()
    assert chart.locator("svg").count() > 0
