"""A window of a real Chromium: pages are opened, read as a person reads them, and waited for; requests and errors are kept account of."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from selenium.common.exceptions import ElementClickInterceptedException, StaleElementReferenceException, TimeoutException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 90.0
LOOK = 0.1
"""Seconds between two looks."""
FLAGS = (
    "--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-dev-shm-usage", "--window-size=1366,768",
)  # fmt: skip
COOKIE = ("name", "value", "path", "httpOnly", "secure", "sameSite")
INNER = ("data:", "blob:", "chrome:", "chrome-extension:", "about:")
"""Addresses that leave no browser."""


class NoBrowser(Exception):
    """Why there is no browser here."""


def chromium(folder: Path, flags: Sequence[str] = ()) -> Chrome:
    """A headless Chromium with a fresh profile in `folder`. NoBrowser when it or its driver is missing."""
    binary, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if not binary or not driver:
        raise NoBrowser(f"{'chromedriver' if binary else 'chromium'} is not installed (packages chromium, chromium-driver)")
    options = ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={folder}", *flags):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return Chrome(options=options, service=Service(driver, log_output=subprocess.DEVNULL))


def requests(log: Path) -> set[tuple[str, str]]:
    """(origin, address) of every request that a page or a worker began, from Chromium's log of its network, complete when it has quit."""
    told: dict[str, Any] = json.loads(log.read_text())
    begun = told["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    parts = [event["params"] for event in told["events"] if event["type"] == begun and "params" in event]
    return {(part["initiator"], part["url"]) for part in parts if part.get("initiator", "").startswith("http")}


class Window:
    """The browser as one test uses it. `forgive` names errors that the test itself brings about."""

    def __init__(self, driver: Chrome, base: str) -> None:
        self.driver, self.base, self.forgive = driver, base, list[str]()

    # --- pages -----------------------------------------------------------------------------------------------------------------------

    def open(self, path: str) -> None:
        """Shows a page and returns when it has drawn its first frame."""
        self.driver.get(self.base + path)
        self.live()

    def live(self) -> None:
        """Returns when the page on show has a frame of its own and knows the names."""
        page = "document.getElementById('deck')?.dataset.page"
        self.until(f"return Boolean(window.citydeck?.known && citydeck.frame() && citydeck.frame().page === {page})", "a first frame")

    def path(self) -> str:
        """The address on show, without the server."""
        return self.driver.current_url.removeprefix(self.base)

    def sign_in(self, name: str, password: str, path: str = "/") -> None:
        """Fills the form in as a person does, and returns when the page behind it is on show."""
        self.driver.get(f"{self.base}/login?next={quote(path, safe='')}")
        self.element('input[name="name"]').send_keys(name)
        self.element('input[name="password"]').send_keys(password, Keys.ENTER)
        self.until("return !location.pathname.endsWith('/login') && document.readyState !== 'loading'", "the page behind the form")

    def cookies(self) -> list[dict[str, Any]]:
        """What the browser holds."""
        found: list[dict[str, Any]] = self.driver.execute_cdp_cmd("Network.getCookies", {"urls": [self.base, f"{self.base}/login"]})[
            "cookies"
        ]
        return [{"url": self.base, **{name: each[name] for name in COOKIE if name in each}} for each in found]

    def hold(self, cookies: list[dict[str, Any]]) -> None:
        """Gives the browser cookies that it held before."""
        self.driver.execute_cdp_cmd("Network.setCookies", {"cookies": cookies})

    # --- looking ---------------------------------------------------------------------------------------------------------------------

    def js(self, script: str, *values: Any) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *values)

    def until(self, script: str, what: str, *values: Any) -> Any:
        """Waits for a script to return what is true, and returns it."""
        return self.waits(lambda: self.js(script, *values), what)

    def waits(self, condition: Callable[[], Any], what: str) -> Any:
        """Waits for a condition, of the page or outside it, and returns what it was."""
        try:
            return WebDriverWait(self.driver, PATIENCE, LOOK).until(lambda _: condition())
        except TimeoutException as error:
            raise AssertionError(f"never came: {what}; on show: {self.js('return document.body.innerText')[:4000]}") from error

    def text(self, css: str) -> str | None:
        """What a person reads in the first element of `css`; None when there is none."""
        found: str | None = self.js("const e = document.querySelector(arguments[0]); return e && e.innerText.trim()", css)
        return found

    def reads(self, css: str, text: str) -> None:
        """Returns when the first element of `css` reads exactly `text`."""
        script = "const e = document.querySelector(arguments[0]); return Boolean(e) && e.innerText.trim() === arguments[1]"
        self.until(script, f"{text!r} in {css}", css, text)

    def holds(self, css: str, text: str) -> None:
        """Returns when the first element of `css` reads something with `text` in it."""
        script = "const e = document.querySelector(arguments[0]); return Boolean(e) && e.innerText.includes(arguments[1])"
        self.until(script, f"{text!r} within {css}", css, text)

    def element(self, css: str) -> WebElement:
        """The first element of `css`, waited for."""
        found: WebElement = self.until("return document.querySelector(arguments[0])", css, css)
        return found

    def click(self, css: str) -> None:
        """Presses the first element of `css`, waited for; once more where it was drawn anew or moved under the pointer."""
        over: list[str] = []

        def pressed() -> bool:
            try:
                self.element(css).click()
            except (StaleElementReferenceException, ElementClickInterceptedException) as error:
                over[:] = [error.msg or ""]
                return False
            return True

        try:
            self.waits(pressed, f"a press on {css}")
        except AssertionError as error:
            error.add_note("; ".join(over))
            raise

    # --- the map ---------------------------------------------------------------------------------------------------------------------

    def map_ready(self) -> None:
        """Returns when the map is drawn."""
        self.until("const s = citydeck.map.state(); return Boolean(s && s.ready)", "a drawn map")

    def state_on_map(self, sensor: str) -> int | None:
        """State code of a sensor on the map of the page."""
        found: int | None = self.js("return citydeck.map.state()?.sensors[arguments[0]]?.state ?? null", sensor)
        return found

    def point(self, x: float, y: float, click: bool = False) -> None:
        """Moves a real pointer to a place of the window, and presses there."""
        actions = ActionBuilder(self.driver)
        actions.pointer_action.move_to_location(round(x), round(y))  # type: ignore[no-untyped-call]
        if click:
            actions.pointer_action.click()
        actions.perform()

    # --- its account -----------------------------------------------------------------------------------------------------------------

    def requests(self) -> Iterator[str]:
        """Every address that pages asked for since this was last read."""
        for entry in self.driver.get_log("performance"):  # type: ignore[no-untyped-call]
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                yield message["params"]["request"]["url"]

    def foreign(self, urls: Iterable[str]) -> set[str]:
        """Those that are not the deck's."""
        return {url for url in urls if not url.startswith((self.base + "/", *INNER))}

    def check(self) -> None:
        """Nothing was asked of anybody else, and no page complained."""
        foreign = self.foreign(self.requests())
        assert not foreign, f"requests to elsewhere: {foreign}"
        entries = [entry for entry in self.driver.get_log("browser") if not any(word in entry["message"] for word in self.forgive)]  # type: ignore[no-untyped-call]
        wrong = [entry["message"] for entry in entries if entry["level"] == "SEVERE" or "Content Security Policy" in entry["message"]]
        assert not wrong, f"errors on the console: {wrong}"
