"""Somebody with a browser: every page that they come on is checked, whatever the journey is about."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import axe_playwright_python
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, expect

from members.models import Person

SCREENSHOTS = Path(__file__).parent.parent.parent / "var" / "screenshots"
HEIGHT = 900
# A page on this machine that takes longer is broken; Playwright's own 30 seconds only make a failure slow.
TIMEOUT = 10_000

# What axe looks for: everything, or what can be otherwise in another width or in other colours. Of colours that the
# visitor forces, Chromium does not tell a script what it paints, so there is no contrast to compute.
EVERYTHING = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}
SIZES = {"resultTypes": ["violations"], "runOnly": ["target-size", "scrollable-region-focusable"]}
LOOKS = SIZES | {"runOnly": [*SIZES["runOnly"], "color-contrast", "link-in-text-block"]}
RUN_AXE = """async options => (await axe.run(document, options)).violations.flatMap(violation =>
    violation.nodes.map(node => `axe ${violation.id}: ${node.target.join(" ")} ${node.failureSummary}`))"""

OPEN_DETAILS = """() => {
    const closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach(details => { details.open = true; details.dataset.opened = ""; });
}"""
CLOSE_DETAILS = """() => document.querySelectorAll("details[data-opened]").forEach(details => {
    details.open = false; delete details.dataset.opened; })"""

# What axe leaves to others: one of each landmark, unique ids, headings and targets, and no sideways scroll.
FIND_FAULTS = """() => {
    const faults = [], count = selector => document.querySelectorAll(selector).length;
    if (document.documentElement.lang !== "nl") faults.push("html has no lang=nl");
    if (!/\\S.* - Samenwerking Noord$/.test(document.title)) faults.push(`title is "${document.title}"`);
    for (const one of ["h1", "main", "body > header", "body > footer"])
        if (count(one) !== 1) faults.push(`${count(one)} times ${one}`);
    const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
    if (twice.length) faults.push(`id used twice: ${twice}`);
    for (const link of document.querySelectorAll("a[href^='#']"))
        if (!document.getElementById(decodeURIComponent(link.hash.slice(1))))
            faults.push(`no target for ${link.hash}`);
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) {
        const right = document.documentElement.clientWidth + 0.5;
        const over = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > right);
        faults.push(`scrolls ${wide}px sideways at ${innerWidth}: ` +
            over.slice(0, 5).map(e => e.outerHTML.slice(0, 80)));
    }
    return faults;
}"""


@cache
def axe_source() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def session_of(person: Person) -> str:
    """Log the person in and return the cookie."""
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


class Visitor:
    """One person (or nobody yet) in a browser of their own.

    `page` is Playwright's page. After visit(), click() and everything else that leads to another page, that page has
    been checked: its landmarks, axe with everything unfolded, the console (the CSP speaks there), the width.
    """

    def __init__(self, chromium: Browser, url: str, *, width: int = 1280, javascript: bool = True, **options) -> None:
        self.url = url
        self.javascript = javascript
        # Bootstrap scrolls slowly for who does not mind motion; nothing here waits for that.
        self.context = chromium.new_context(
            base_url=url,
            viewport={"width": width, "height": HEIGHT},
            java_script_enabled=javascript,
            reduced_motion="reduce",
            **options,
        )
        self.context.set_default_timeout(TIMEOUT)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("response", self._note_response)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _note_response(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.complaints.append(f"{response.status}: {response.url}")

    # Going somewhere

    def take_session(self, cookie: str) -> None:
        """Be logged in without the form, which has a journey of its own."""
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": self.url}])

    def visit(self, path: str, *, status: int = 200) -> None:
        with self._arriving(status):
            self.page.goto(path)

    def click(self, name: str, *, within: str = "", status: int = 200) -> None:
        """Click the only link or button with this name, and arrive on the page that it leads to."""
        with self._arriving(status):
            self.control(name, within=within).click()

    def press(self, key: str) -> None:
        """Press a key that leads to another page."""
        with self._arriving():
            self.page.keyboard.press(key)

    def go_back(self) -> None:
        with self._arriving():
            self.page.go_back()

    @contextmanager
    def _arriving(self, status: int = 200) -> Iterator[None]:
        with self.page.expect_navigation(wait_until="load") as navigation:
            yield
        response = navigation.value
        if response:  # a jump inside the page has none
            assert response.status == status, f"{response.status} for {response.url}"
        self.check()

    # Using the page

    def control(self, name: str, *, within: str = "") -> Locator:
        scope = self.page.locator(within) if within else self.page
        wanted = {"name": name, "exact": True}
        return scope.get_by_role("link", **wanted).or_(scope.get_by_role("button", **wanted))

    def field(self, label: str) -> Locator:
        """The text field whose label begins so."""
        return self.page.get_by_role("textbox", name=re.compile(f"^{re.escape(label)}")).or_(
            self.page.get_by_label(label).and_(self.page.locator("[type=password]"))
        )

    def fill(self, label: str, value: str) -> None:
        self.field(label).fill(value)

    def choose(self, name: str) -> None:
        """Choose the radio button whose name begins so."""
        self.page.get_by_role("radio", name=re.compile(f"^{re.escape(name)}")).check()

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()

    def sees_no(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.get_by_text(text).filter(visible=True)).to_have_count(0)

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.url)

    @property
    def status_box(self) -> str:
        """What the box says that tells what one can do here now."""
        return " ".join(self.page.locator(".n-status").inner_text().split())

    # Checking the page

    def check(self, rules: dict = EVERYTHING) -> None:
        """Find no fault in this page as it is now."""
        faults = []
        if self.javascript:
            self.page.evaluate(OPEN_DETAILS)
            faults += self.find_faults() + self.find_axe_violations(rules)
            self.page.evaluate(CLOSE_DETAILS)
        faults += self.complaints
        self.complaints = []
        assert not faults, "\n".join([f"{self.path}:", *faults])

    def find_faults(self) -> list[str]:
        return self.page.evaluate(FIND_FAULTS)

    def find_axe_violations(self, rules: dict) -> list[str]:
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(f"{axe_source()};0")  # 0, or all of axe comes back as the answer
        return self.page.evaluate(RUN_AXE, rules)

    def photograph(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{re.sub(r'[^a-z0-9_-]+', '-', name.lower())}.png", full_page=True)
