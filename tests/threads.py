"""Many at once on PostgreSQL: real threads, real connections, one barrier."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection


def all_at_once(work: Callable[[int], object], count: int) -> list[object]:
    """Run work(0), work(1), ... in as many threads at once; return the results or raise the first error."""
    barrier = Barrier(count)

    def run(number: int) -> object:
        barrier.wait()
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
