"""How a page of the administration is checked: on a phone and on a wide screen, in light and in dark."""

from tests.browser.english import English
from tests.browser.visitor import EVERYTHING, HEIGHT, LOOKS, RUN_AXE, Visitor, axe_source

SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

# Axe copies a sheet that is imported into an inline one, which the CSP refuses; no rule of ours needs it.
NO_COPIES = {"preload": False}
# The admin fades from one colour to another; axe would measure one on the way. Ended here, not waited for: on a page
# that is not painted they never end by themselves.
END_ANIMATIONS = """() => {
    for (const animation of document.getAnimations())
        try { animation.finish(); } catch { animation.cancel(); }
}"""


# What axe leaves to others, and what is asked of a table that is wider than the page.
FIND_FAULTS = """() => {
    const faults = [], all = selector => [...document.querySelectorAll(selector)];
    if (document.documentElement.lang !== "nl") faults.push("html has no lang=nl");
    if (!/^\\S.* - Beheer Samenwerking Noord$/.test(document.title)) faults.push(`title is "${document.title}"`);
    const heads = all("h1").filter(head => head.checkVisibility());
    if (heads.length !== 1 || !heads[0].textContent.trim()) faults.push(`${heads.length} times h1`);
    const ids = all("[id]").map(element => element.id);
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
    if (twice.length) faults.push(`id used twice: ${twice}`);
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) {
        const right = document.documentElement.clientWidth + 0.5;
        const over = all("body *").filter(element => element.getBoundingClientRect().right > right);
        faults.push(`scrolls ${wide}px sideways: ${over.slice(0, 5).map(element => element.outerHTML.slice(0, 80))}`);
    }
    for (const box of all("body *:not(select, textarea, input)")) {
        if (!["auto", "scroll"].includes(getComputedStyle(box).overflowX)) continue;
        const isRegion = box.tabIndex === 0 && box.matches("[role=region]:is([aria-label], [aria-labelledby])");
        if (box.scrollWidth > box.clientWidth && !isRegion)
            faults.push(`scrolls, and is no region with a name and a tab stop: ${box.outerHTML.slice(0, 120)}`);
    }
    return faults;
}"""

# Rows are alike, and axe takes its time for each.
KEEP_SOME_ROWS = (
    """() => document.querySelectorAll("#result_list tbody tr:nth-child(n+7)").forEach(row => row.remove())"""
)


def check(visitor: Visitor) -> None:
    """Find nothing that axe, the console or the width complains of; the page is wide and light afterwards."""
    for width, scheme, rules in [(390, "light", EVERYTHING), (390, "dark", LOOKS), (1280, "light", EVERYTHING)]:
        visitor.page.set_viewport_size({"width": width, "height": HEIGHT})
        visitor.page.emulate_media(color_scheme=scheme)
        visitor.page.evaluate(END_ANIMATIONS)
        visitor.page.evaluate(axe_source())
        assert visitor.page.evaluate(RUN_AXE, rules | NO_COPIES) == [], (visitor.path, width, scheme)
        assert visitor.page.evaluate(SIDEWAYS) <= 0, (visitor.path, width)
    assert visitor.complaints == [], visitor.path


def look_at(visitor: Visitor, path: str, english: English, *, number: int = 0, once: bool = False) -> None:
    """Visit the page (or stay, without a path): no fault in it, wide in one colour and on a phone in the other.

    An odd number swaps the colours. `once` leaves axe to one of the two widths, an odd number to the phone.
    """
    page, odd = visitor.page, number % 2
    looks = [(1280, "dark" if odd else "light", EVERYTHING), (390, "light" if odd else "dark", LOOKS)]
    if once:
        looks = (
            [(1280, "light", None), (390, "dark", EVERYTHING)]
            if odd
            else [(1280, "dark", EVERYTHING), (390, "light", None)]
        )
    page.set_viewport_size({"width": 1280, "height": HEIGHT})
    page.emulate_media(color_scheme=looks[0][1])
    if path:
        assert page.goto(path).status == 200
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{axe_source()};0")
    faults = english.find(page)
    page.evaluate(KEEP_SOME_ROWS)
    for width, scheme, rules in looks:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=scheme)
        page.evaluate(END_ANIMATIONS)
        seen = page.evaluate(FIND_FAULTS) + (page.evaluate(RUN_AXE, rules | NO_COPIES) if rules else [])
        faults += [f"{width} {scheme}: {fault}" for fault in seen]
    faults += visitor.complaints
    visitor.complaints = []
    if faults:
        visitor.photograph(visitor.path)
    assert not faults, "\n".join([f"{visitor.path}:", *faults])
