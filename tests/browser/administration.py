"""How a page of the administration is checked: on a phone and on a wide screen, in light and in dark."""

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
