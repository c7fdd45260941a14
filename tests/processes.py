"""How several processes (pytest -n) share the suite: a file at a time, and what needs real workers in one of them."""

from collections import Counter

import pytest
from xdist.scheduler import LoadScopeScheduling

WITH_WORKERS = "tests/noord/test_outbox_"  # how the files with the marker worker begin


class FileByFile(LoadScopeScheduling):
    """Hand out the files in the order of the collection.

    The files that start Celery workers go to one process together: they wait more than they work, and time what the
    portal does meanwhile, which two of them at once would spoil on a small machine.
    """

    def _split_scope(self, nodeid: str) -> str:
        return WITH_WORKERS if nodeid.startswith(WITH_WORKERS) else nodeid.partition("::")[0]


def large_first(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return what starts workers first and then the largest files, so that all processes end at about one time."""
    sizes = Counter(item.path for item in items)
    return sorted(items, key=lambda item: (not item.nodeid.startswith(WITH_WORKERS), -sizes[item.path]))
