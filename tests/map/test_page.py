"""The page of the map in a browser, driven as a reader would."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route
from tests.map.conftest import HOSTILE_NAMES
from tests.map.test_content import content_of
from tests.white_spots import missed_by_a_space, white_spots_of

from siteplan.cli.main import run
from siteplan.publish import EXPLANATIONS_FILE, store_explanations
from siteplan.publish.map.page import page_of

LONGEST_STEP_MS = 200.0
POINTS = 10_000
ONE_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass
class Opened:
    """A page with what it said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def opened(browser: Browser, file: Path, width: int = 1280, height: int = 800) -> Opened:
    """Open a page without a network and wait until it is ready."""
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    result = Opened(context.new_page())
    result.page.on("console", lambda message: result.said.append(message.text))
    result.page.on("pageerror", lambda fault: result.said.append(str(fault)))
    result.page.on("request", lambda request: result.asked.append(request.url))
    result.page.goto(file.as_uri())
    result.page.wait_for_selector("body[data-ready=yes]", state="attached", timeout=20_000)
    return result


@pytest.fixture
def shown(browser: Browser, results: Path) -> Iterator[Opened]:
    """The tiny case's map; afterwards: nothing said in the console, nothing asked of the network."""
    result = opened(browser, results / "map.html")
    yield result
    assert result.said == []
    assert [url for url in result.asked if not url.startswith(("file:", "data:"))] == []
    result.page.context.close()


def figures(page: Page) -> list[str]:
    return [text.replace(" ▼", "") for text in page.locator("#functions .figure").all_inner_texts()]


def test_slider_changes_year_and_figures(shown: Opened, results: Path) -> None:
    """Each year shows the plan's n of m for every function, and a screen reader hears the year."""
    page, content = shown.page, content_of(results / "map.html")
    slider = page.locator("#year")
    for index, year in reversed(list(enumerate(content["years"]))):
        slider.focus()
        while int(slider.input_value()) > index:
            page.keyboard.press("ArrowLeft")
        assert page.locator("#year-shown").inner_text() == str(year)
        expected = [
            f"{by_year[index]['covered']:.0f}/{by_year[index]['counted']:.0f}"
            for by_year in content["coverage"]
        ]
        assert figures(page) == expected
    assert str(content["years"][0]) in page.locator("#announcement").inner_text()


def test_switches_choose_functions(shown: Opened) -> None:
    """Nine switches, by mouse and keyboard, change what the map draws."""
    page = shown.page
    switches = page.get_by_role("switch")
    assert switches.count() == 9
    drawn = "() => document.querySelectorAll('canvas')[2].toDataURL()"
    before = page.evaluate(drawn)
    page.locator("#none").click()
    assert not any(switches.nth(index).is_checked() for index in range(9))
    assert page.evaluate(drawn) != before
    switches.nth(0).focus()
    page.keyboard.press("Space")
    assert switches.nth(0).is_checked()
    page.locator("#all").click()
    assert page.evaluate(drawn) == before


def test_search_opens_a_card_and_escape_closes_it(shown: Opened, results: Path) -> None:
    """A site is found by name; its card says area, year and functions; focus goes there and back."""
    page = shown.page
    site = next(site for site in content_of(results / "map.html")["sites"] if site["open_from"])
    page.fill("#search", site["name"])
    assert page.locator("#found li").count() >= 1
    page.press("#search", "Enter")
    card = page.locator("#card")
    assert site["name"] in card.inner_text()
    assert "object HTML" not in card.inner_text()
    assert "undefined" not in card.inner_text()
    assert card.locator("tbody tr").count() == len(site["functions"])
    assert page.evaluate("document.activeElement.id") == "card-title"
    page.keyboard.press("Escape")
    assert card.is_hidden()
    assert page.evaluate("document.activeElement.id") == "search"


def test_cards_of_communities_and_places(shown: Opened, results: Path) -> None:
    """Every kind of thing has a card in both languages, with nothing left unsaid."""
    page, content = shown.page, content_of(results / "map.html")
    for _ in range(2):
        for name in (content["communities"][0]["code"], content["demand"]["id"][0]):
            page.fill("#search", name)
            page.press("#search", "Enter")
            text = page.locator("#card").inner_text()
            assert page.locator("#card tbody tr").count() == 9
            assert not any(fault in text for fault in ("undefined", "NaN", "object ", "{0}"))
        page.click("#language")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_hover_draws_the_walking_area(shown: Opened) -> None:
    """Pointing at a site draws where one can walk to it from, and names it."""
    page = shown.page
    at = page.evaluate(
        """() => {
            const { map, data, screenOf } = window.siteplanMap;
            const site = data.sites.find((each) => each.open_from);
            const [lng, lat] = [data.origin[0] + site.x * data.degrees_per_unit,
                                data.origin[1] + site.y * data.degrees_per_unit];
            map.setView([lat, lng], 16, { animate: false });
            const box = map.getContainer().getBoundingClientRect();
            const point = screenOf(site.x, site.y);
            return [box.x + point.x, box.y + point.y, site.name];
        }"""
    )
    drawn = "() => document.querySelectorAll('canvas')[1].toDataURL()"
    before = page.evaluate(drawn)
    page.mouse.move(at[0], at[1])
    page.wait_for_selector("#tip:not([hidden])")
    assert page.evaluate(drawn) != before
    page.mouse.click(at[0], at[1])
    assert page.locator("#card").is_visible()


def test_a_supplied_boundary_is_shaded_and_found(shown: Opened) -> None:
    """A click inside a community's boundary, away from everything else, opens its card."""
    page = shown.page
    at = page.evaluate(
        """() => {
            const { map } = window.siteplanMap;
            map.setView([34.1655, 108.2262], 17, { animate: false });
            const box = map.getContainer().getBoundingClientRect();
            const point = map.latLngToContainerPoint([34.16585, 108.2268]);
            return [box.x + point.x, box.y + point.y];
        }"""
    )
    page.mouse.click(at[0], at[1])
    assert page.locator("#card tbody tr").count() == 9


def test_measuring(shown: Opened) -> None:
    """Two clicks give a straight distance, Escape ends it."""
    page = shown.page
    page.click("#measure")
    page.mouse.click(700, 400)
    page.mouse.click(900, 500)
    assert "米" in page.locator("#measured").inner_text()
    assert any(digit in page.locator("#measured").inner_text() for digit in "123456789")
    page.keyboard.press("Escape")
    assert page.locator("#measured").is_hidden()


def test_a_tile_layer_needs_a_key_first(shown: Opened) -> None:
    """Without a key nothing is asked for, and the page says what is missing."""
    page = shown.page
    page.locator("#tiles-0").click()
    assert not page.locator("#tiles-0").is_checked()
    assert page.locator("#tile-message").inner_text() != ""


def test_a_tile_layer_is_asked_with_the_key_that_is_typed(browser: Browser, results: Path) -> None:
    """Once switched on, tiles come from the layer's own hosts with the key; the file never holds it."""
    shown = opened(browser, results / "map.html")
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=200, content_type="image/png", body=ONE_PIXEL)

    shown.page.route(re.compile("^https://"), answer)
    shown.page.fill("#tiles-key-0", "typed-key")
    shown.page.locator("#tiles-0").click()
    shown.page.wait_for_selector(".leaflet-tile-loaded", state="attached")
    assert asked
    assert all(".tianditu.gov.cn/" in url and url.endswith("tk=typed-key") for url in asked)
    assert shown.said == []
    count = len(asked)
    shown.page.locator("#tiles-0").click()
    shown.page.evaluate("window.siteplanMap.map.setZoom(11)")
    assert len(asked) == count


def test_controls_have_names(shown: Opened) -> None:
    """Every button and input says what it is, and illustrative data is said on the page."""
    unnamed = shown.page.evaluate(
        """() => [...document.querySelectorAll('button, input, canvas:not([aria-hidden])')]
            .filter((node) => !node.innerText && !node.getAttribute('aria-label'))
            .filter((node) => !(node.labels && node.labels.length))
            .map((node) => node.outerHTML)"""
    )
    assert unnamed == []
    assert "示例" in shown.page.locator("#note").inner_text()


def test_a_screen_reader_hears_what_every_control_is(shown: Opened, results: Path) -> None:
    """In the accessibility tree everything that takes the focus has a name, cards and lists included."""
    page, content = shown.page, content_of(results / "map.html")
    for name in (content["communities"][0]["code"], content["sites"][0]["id"]):
        page.fill("#search", name)
        page.press("#search", "Enter")
        session = page.context.new_cdp_session(page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        focusable = [
            node
            for node in nodes
            if not node["ignored"]
            and node["role"]["value"] != "RootWebArea"
            and any(each["name"] == "focusable" for each in node.get("properties", ()))
        ]
        assert len(focusable) > 20
        unnamed = [node for node in focusable if not node["name"]["value"].strip()]
        assert [node["role"]["value"] for node in unnamed] == []


def test_references_and_ids_of_the_page_are_sound(shown: Opened) -> None:
    """No id stands twice, and what labels or controls something is there."""
    faults = shown.page.evaluate(
        """() => {
            const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);
            const twice = ids.filter((id, n) => ids.indexOf(id) !== n);
            const names = ['for', 'aria-labelledby', 'aria-controls', 'aria-describedby'];
            const lost = names.flatMap((name) => [...document.querySelectorAll('[' + name + ']')]
                .filter((node) => !node.closest('[hidden]'))
                .flatMap((node) => node.getAttribute(name).split(' '))
                .filter((id) => !document.getElementById(id)));
            return [twice, lost];
        }"""
    )
    assert faults == [[], []]


FOCUSED = """() => {
    const node = document.activeElement;
    const shown = node.matches('#functions input') ? node.nextElementSibling : node;
    const style = getComputedStyle(shown);
    return {
        id: node.id || node.textContent.trim() || node.tagName,
        part: ['HEADER', 'MAIN', 'ASIDE'].find((tag) => node.closest(tag)) || node.tagName,
        isHidden: Boolean(node.closest('[aria-hidden=true]')),
        isMarked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0,
    };
}"""


def test_the_keyboard_reaches_everything_in_order(shown: Opened) -> None:
    """Tab goes from the skip link through header, map and panel, and out: seen, and never hidden."""
    page = shown.page
    seen: list[dict[str, Any]] = []
    for _ in range(150):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused["part"] == "BODY":
            break
        seen.append(focused)
    else:
        pytest.fail("Tab never leaves the page")
    parts = [each["part"] for each in seen]
    assert parts == sorted(parts, key=["A", "HEADER", "MAIN", "ASIDE"].index)
    ids = [each["id"] for each in seen]
    assert {"measure", "print", "language", "map", "zoom-in", "search", "year", "function-0"} <= set(ids)
    assert [each["id"] for each in seen if each["isHidden"]] == []
    assert [each["id"] for each in seen if not each["isMarked"]] == []


def test_the_focus_goes_back_to_where_a_card_was_opened(shown: Opened) -> None:
    """Who opens a card from the list of sites is in that list again when it is closed."""
    page = shown.page
    button = page.locator("#sites button").first
    button.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "card-title"
    page.keyboard.press("Escape")
    assert button.evaluate("(node) => node === document.activeElement")


def test_the_year_is_announced_in_both_languages(shown: Opened, results: Path) -> None:
    """A polite live region says the year, the sites and the shortfalls at each step."""
    page, years = shown.page, content_of(results / "map.html")["years"]
    region = page.locator("#announcement")
    assert region.get_attribute("aria-live") == "polite"
    said: set[str] = set()
    for _ in range(2):
        page.locator("#year").focus()
        for key, year in (("Home", years[0]), ("End", years[-1])):
            page.keyboard.press(key)
            assert str(year) in region.inner_text()
            assert page.locator("#year").get_attribute("aria-valuetext") == str(year)
            said.add(region.inner_text())
        page.click("#language")
    assert len(said) == 4


def test_chinese_is_drawn_with_the_embedded_font(shown: Opened) -> None:
    """The page brings a font with its own characters."""
    assert shown.page.evaluate("""document.fonts.check('12px "Siteplan CJK"', '社区养老')""")
    assert shown.page.evaluate("[...document.fonts].map((font) => font.status)") == ["loaded"]


def test_phone_width(browser: Browser, results: Path) -> None:
    """On a phone nothing is wider than the screen, and the panel opens."""
    shown = opened(browser, results / "map.html", 360, 740)
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 360
    shown.page.click("#panel-toggle")
    assert shown.page.locator("#panel-toggle").get_attribute("aria-expanded") == "true"
    assert shown.page.locator("#functions").is_visible()
    assert shown.said == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_phone_width_with_cards_and_long_names(
    browser: Browser, hostile_results: Path, language: str
) -> None:
    """At 360 pixels no card, list or message of either language makes the page scroll sideways."""
    shown = opened(browser, hostile_results / "map.html", 360, 640)
    page, content = shown.page, content_of(hostile_results / "map.html")
    page.click("#panel-toggle")
    if language == "en":
        page.click("#language")
    for key in (*(site["id"] for site in content["sites"]), content["communities"][0]["code"]):
        page.evaluate("document.body.classList.add('panel-open')")
        page.fill("#search", key)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.press("#search", "Enter")
        box = page.locator("#card").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate("document.getElementById('panel').scrollWidth") <= 360
    assert shown.said == []
    assert [url for url in shown.asked if not url.startswith(("file:", "data:"))] == []


def test_hostile_names_stay_names(browser: Browser, hostile_results: Path) -> None:
    """Markup, formulas, paths, emoji, 200 characters and right-to-left text are names and nothing else."""
    shown = opened(browser, hostile_results / "map.html")
    page = shown.page
    scripts = page.evaluate("document.scripts.length")
    for name in HOSTILE_NAMES[:4]:
        page.fill("#search", name)
        assert page.locator("#found li").count() >= 1
        page.press("#search", "Enter")
        assert name in page.locator("#card h2").inner_text()
    page.evaluate("window.siteplanMap.map.setZoom(16)")
    page.click("#language")
    assert page.title() != "owned"
    assert page.evaluate("document.scripts.length") == scripts == 3
    assert page.locator("#card img, #found img, #panel img").count() == 0
    assert shown.said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


@pytest.mark.slow
def test_a_slider_step_with_10_000_points(browser: Browser, results: Path, tmp_path: Path) -> None:
    """A step of the slider is under 200 ms of the page's work with 10 000 demand points in view.

    Processor time of the page's thread counts, so that other programs on the machine don't.
    """
    content = content_of(results / "map.html")
    file = tmp_path / "many.html"
    file.write_text(page_of({**content, "demand": many(content["demand"])}), encoding="utf-8")
    shown = opened(browser, file)
    performance = shown.page.context.new_cdp_session(shown.page)
    performance.send("Performance.enable", {"timeDomain": "threadTicks"})

    def work_ms() -> float:
        metrics = performance.send("Performance.getMetrics")["metrics"]
        return 1000.0 * float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))

    steps = []
    for step in range(8):
        begin = work_ms()
        shown.page.evaluate(STEP, str(step % 2))
        steps.append(work_ms() - begin)
    assert 0.0 < sorted(steps)[len(steps) // 2] < LONGEST_STEP_MS
    assert shown.said == []


STEP = """async (year) => {
    const slider = document.getElementById('year');
    slider.value = year;
    slider.dispatchEvent(new Event('input'));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}"""
"""Moves the slider and waits until the page has been drawn."""


def many(demand: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the demand points over and over, spread around, until there are 10 000."""
    count = len(demand["id"])
    result = {key: [values[index % count] for index in range(POINTS)] for key, values in demand.items()}
    result["x"] = [x + 37 * (index // count) % 9000 for index, x in enumerate(result["x"])]
    result["y"] = [y + 53 * (index // count) % 7000 for index, y in enumerate(result["y"])]
    return result


def test_white_spots_are_found_on_the_map(browser: Browser, results: Path, tmp_path: Path) -> None:
    """A stored zone has a layer, is found by its rank and name, and its card says what a space would add."""
    spots = white_spots_of(results)
    before = (results / EXPLANATIONS_FILE).read_bytes() if (results / EXPLANATIONS_FILE).exists() else None
    store_explanations(results, white_spots=spots)
    page_file = tmp_path / "map.html"
    assert run(["map", str(results), "--output", str(page_file)], {}) == 0
    if before is None:
        (results / EXPLANATIONS_FILE).unlink()
    else:
        (results / EXPLANATIONS_FILE).write_bytes(before)
    shown = opened(browser, page_file)
    shown.page.locator("#language").click()
    shown.page.fill("#search", "7 ")
    shown.page.locator("#found button", has_text="look here").first.click()
    card = shown.page.locator("#card")
    assert "321" in card.inner_text()
    assert "350 m² of floor area" in card.inner_text()
    assert shown.page.locator("#layers").get_by_text("Where to look for space next").count() == 1
    assert shown.said == []
    shown.page.context.close()


def test_areas_of_missed_targets_are_found_on_the_map(
    browser: Browser, results: Path, tmp_path: Path
) -> None:
    """A stored area for a space has a layer, is found by its name, and its card says what is promised."""
    before = (results / EXPLANATIONS_FILE).read_bytes() if (results / EXPLANATIONS_FILE).exists() else None
    missed = missed_by_a_space(results)
    store_explanations(results, shortfalls=[missed])
    page_file = tmp_path / "map.html"
    assert run(["map", str(results), "--output", str(page_file)], {}) == 0
    if before is None:
        (results / EXPLANATIONS_FILE).unlink()
    else:
        (results / EXPLANATIONS_FILE).write_bytes(before)
    shown = opened(browser, page_file)
    shown.page.locator("#language").click()
    shown.page.fill("#search", f"{missed.year}-{missed.function}")
    shown.page.locator("#found button", has_text="space wanted").first.click()
    assert "at least 350 m² makes up 1 community" in shown.page.locator("#card").inner_text()
    assert shown.page.locator("#layers").get_by_text("Areas for spaces").count() == 1
    assert shown.said == []
    shown.page.context.close()
