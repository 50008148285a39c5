"""A person at a browser, and what every page that she gets to see has to fulfil.

`Person` speaks the words that stand on the screen: she fills in "Betreff" and presses "Weiter".
After each step the new page is checked: title, one main heading, language, unique ids, axe-core,
console, sideways scroll, requests to other hosts. With `keyboard=True` she has no mouse.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import expect

if t.TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
AXE_TAGS = (
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22a",
    "wcag22aa",
    "best-practice",
)
SECONDS = 5_000
MOST_TABS = 120

RUN_AXE = """(tags) => axe.run(document, {runOnly: tags, resultTypes: ["violations"]}).then(
  (found) => found.violations.map((wrong) =>
    `${wrong.id}: ` + wrong.nodes.map((node) => node.html.slice(0, 160) + " | "
      + (node.any[0] || node.all[0] || node.none[0] || {message: ""}).message).join(" ; ")))"""

LOOK = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const wide = [...document.body.querySelectorAll("*")].filter((element) =>
    element.getBoundingClientRect().right > innerWidth + 1);
  const sideways = document.documentElement.scrollWidth > innerWidth;
  return {
    title: document.title.split(" – ")[0].trim(),
    language: document.documentElement.lang,
    headings: document.querySelectorAll("h1").length,
    doubled: ids.filter((id, place) => ids.indexOf(id) !== place),
    wider: sideways ? wide.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)) : [],
    sideways,
  };
}"""


class Person:
    """Somebody who uses the product through a real browser."""

    def __init__(
        self,
        browser: Browser,
        home: str,
        *,
        width: int = 1280,
        dark: bool = False,
        javascript: bool = True,
        keyboard: bool = False,
        options: dict[str, t.Any] | None = None,
    ) -> None:
        self.home = home
        self.email = ""
        self.keyboard = keyboard
        self._javascript = javascript
        self._context = browser.new_context(
            **(options or {}),
            base_url=home,
            viewport={"width": width, "height": 900 if width > 600 else 800},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(SECONDS)
        self.faults: list[str] = []
        self.status = 0
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(f"script failed: {error}"))
        self.page.on("request", self._watch_request)
        self.page.on("response", self._watch_response)

    def close(self) -> None:
        """Leave; what went wrong since the last check is told."""
        self._context.close()
        assert not self.faults, "\n".join(self.faults)

    # --- what she does -----------------------------------------------------------------------

    def visit(self, path: str) -> None:
        """Go to an address, and check the page that comes."""
        self.page.goto(path)
        self.check()

    def fill(self, label: str, text: str) -> None:
        """Write into the field with that label, in place of what stands there."""
        field = self.field(label)
        if self.keyboard:
            self.tab_to(field)
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)
        else:
            field.fill(text)

    def choose(self, label: str, option: str) -> None:
        """Take an option of a list or of a group of buttons."""
        field = self.page.get_by_label(_with_or_without_mark(label)).and_(
            self.page.locator("select:visible")
        )
        if field.count():
            if self.keyboard:
                self.tab_to(field)
            field.select_option(label=option)  # the browser's own list is not part of the page
            return
        group = self.page.get_by_role("group", name=_with_or_without_mark(label))
        button = group.get_by_label(option, exact=True)
        if not self.keyboard:
            button.check()
            return
        self.tab_to(group.locator("input"))
        for _ in range(group.locator("input").count()):
            if button.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Space")
        assert button.is_checked(), f"{option} cannot be chosen by keyboard"

    def tick(self, label: str) -> None:
        """Tick a box."""
        box = self.field(label)
        if self.keyboard:
            self.tab_to(box)
            self.page.keyboard.press("Space")
        else:
            box.check()

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button, and check the page that follows."""
        exact = isinstance(name, str)
        self._use(self.page.get_by_role("button", name=name, exact=exact))

    def follow(self, name: str | re.Pattern[str]) -> None:
        """Follow a link, and check the page that it leads to."""
        exact = isinstance(name, str)
        self._use(self.page.get_by_role("link", name=name, exact=exact).first)

    def open(self, summary: str) -> None:
        """Unfold what hides behind a heading."""
        folded = self.page.locator("summary", has_text=summary).first
        if self.keyboard:
            self.tab_to(folded)
            self.page.keyboard.press("Enter")
        else:
            folded.click()

    def keys(self, *keys: str) -> None:
        """Type keys one after the other, as shortcuts that stay on the page."""
        for key in keys:
            self.page.keyboard.press(key)

    def key(self, key: str) -> None:
        """Type a key that leads to another page, and check that."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        self.check()

    def sign_in(self, email: str, password: str) -> None:
        """Log in at the front."""
        self.email = email
        self.visit("/anmelden")
        self.fill("E-Mail-Adresse", email)
        self.fill("Passwort", password)
        self.press("Anmelden")

    # --- what she sees -----------------------------------------------------------------------

    def sees(self, *texts: str) -> None:
        """Find all of these on the page."""
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text, timeout=SECONDS)

    def does_not_see(self, *texts: str) -> None:
        """Find none of these in the page, not even hidden."""
        source = self.page.content()
        for text in texts:
            assert text not in source, f"{text!r} is on the page"

    def field(self, label: str) -> Locator:
        """Return the field with that label, optional or not."""
        fields = self.page.locator("input, textarea, select")
        return (
            self.page.get_by_label(_with_or_without_mark(label))
            .and_(fields)
            .filter(visible=True)
            .first
        )

    def text_of(self, selector: str) -> str:
        """Return what stands in a part of the page."""
        return " ".join(self.page.locator(selector).first.inner_text().split())

    def tab_to(self, target: Locator) -> None:
        """Press Tab until something has the focus."""
        for _ in range(MOST_TABS):
            if target.evaluate_all("(all) => all.includes(document.activeElement)"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} is not reached by the Tab key on {self.page.url}")

    def check(self, rules: t.Sequence[str] = AXE_TAGS) -> None:
        """Check the page that is shown now; lists everything that is wrong with it at once."""
        self.page.wait_for_load_state()
        seen = self.page.evaluate(LOOK)
        wrong = [*self.faults, *(f"id {doubled!r} is there twice" for doubled in seen["doubled"])]
        if not seen["title"]:
            wrong.append("the page has no title")
        if seen["language"] != "de":
            wrong.append(f"the language is {seen['language']!r}")
        if seen["headings"] != 1:
            wrong.append(f"{seen['headings']} main headings")
        if seen["sideways"]:
            wrong.append(f"scrolls sideways: {seen['wider']}")
        wrong += self.axe(rules)
        self.faults.clear()
        width = (self.page.viewport_size or {}).get("width")
        assert not wrong, f"{self.page.url} at {width} px:\n" + "\n".join(wrong)

    def axe(self, rules: t.Sequence[str]) -> list[str]:
        """Return what axe-core finds; rules are its tags. It needs the browser's JavaScript."""
        if not (rules and self._javascript):
            return []
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text())
        return t.cast("list[str]", self.page.evaluate(RUN_AXE, list(rules)))

    def _use(self, target: Locator) -> None:
        if self.keyboard:
            self.tab_to(target)
        with self.page.expect_navigation():
            if self.keyboard:
                self.page.keyboard.press("Enter")
            else:
                target.click()
        self.check()

    def _hear(self, message: ConsoleMessage) -> None:
        # That the page itself came with 4xx is told here, too; `status` knows it already.
        known = "Failed to load resource" in message.text
        if "Content Security Policy" in message.text or (message.type == "error" and not known):
            self.faults.append(f"console: {message.text}")

    def _watch_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != urlsplit(self.home).netloc:
            self.faults.append(f"asks another host: {request.url}")

    def _watch_response(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.status = response.status
            if response.status >= 500:
                self.faults.append(f"{response.status} at {response.url}")
        elif response.status >= 400:
            self.faults.append(f"{response.status} for {response.url}")


def _with_or_without_mark(label: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*{re.escape(label)}\s*(\(optional\))?\s*$")
