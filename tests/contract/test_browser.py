"""The page itself, in a real browser: what somebody sees who opens the address that compare browse prints."""

import shutil

import pytest
from browsed import FRAMEWORKS, REPORTED, browsing, trained
from miniatures import real_mnist

pytestmark = real_mnist
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WAIT = 60_000  # milliseconds, on a busy machine


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    with browsing(trained(tmp_path_factory.mktemp("page")).parent.parent) as told:
        yield told


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install 'keras-or-me[test]'")
    with api.sync_playwright() as started:
        try:
            chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        except api.Error as error:
            pytest.skip(f"no browser: apt-get install chromium, or playwright install chromium ({error.message[:80]})")
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, addresses):
    """A page that complains of nothing and asks nobody outside."""
    home, told = addresses[0].partition("#")[0], []
    page = browser.new_page(viewport={"width": 1500, "height": 1000})
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: told.append(request.url) if not request.url.startswith(
        (home, "data:", "blob:")) else None)
    page.set_default_timeout(WAIT)
    yield page
    page.close()
    assert told == []


def test_the_curves_of_all_lie_over_each_other_in_the_pinned_cards(page, addresses):
    page.goto(addresses[1])
    card = page.locator("metrics-pinned-view scalar-card", has_text="reported/train/loss").first
    for name in (*FRAMEWORKS, "reported"):
        card.get_by_text(f"sigmoid/{name}", exact=True).wait_for()
    assert card.locator("svg path, canvas").count() > 0
    names = page.locator("runs-data-table").inner_text().split("\n")
    assert {name for name in names if "/" in name or name.startswith("answer")} == REPORTED | {"sigmoid/reported"}


def test_the_text_begins_with_the_answer(page, addresses):
    page.goto(addresses[0])
    page.get_by_role("heading", name="Does a sigmoid slow it down?").wait_for()
    assert page.get_by_text("The loss is large").first.is_visible()


def test_the_hyperparameters_list_every_session(page, addresses):
    page.goto(addresses[0].replace("#text", "#hparams"))
    for name in FRAMEWORKS:
        page.get_by_text(f"sigmoid {name}", exact=True).first.wait_for()


def test_the_first_custom_page_is_open_and_holds_curves(page, addresses):
    page.goto(addresses[0].replace("#text", "#custom_scalars"))
    page.get_by_text("1. the loss is large").first.wait_for()
    chart = page.locator("tf-custom-scalar-multi-line-chart-card").first
    chart.get_by_text("Matches (4)").wait_for()
    assert chart.locator("svg").count() > 0
