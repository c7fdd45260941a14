"""What a browser fetches on its first visit of the home page, counted in bytes over the wire."""

import re

from bench.load import ask, build

FETCHED = re.compile(
    r'<link rel="(?:icon|stylesheet)" href="([^"]+)"|<use href="([^"#]+)#|<(?:img|script)[^>]* src="([^"]+)"'
)


def first_visit(port: int) -> dict[str, int]:
    """Return the size of every answer by its path, headers and all, compressed where the portal does so."""
    headers = {"Accept-Encoding": "gzip, deflate, br"}
    page = ask(port, build("GET", "/", headers))
    sizes = {"/": page.size}
    if page.header("Content-Encoding"):
        raise SystemExit("The home page is compressed: its text cannot be read here.")
    for groups in FETCHED.findall(page.body.decode()):
        path = next(filter(None, groups))
        if path not in sizes:
            answer = ask(port, build("GET", path, headers))
            if answer.status != 200:
                raise SystemExit(f"{path} answers {answer.status}")
            sizes[path] = answer.size
    return sizes
