"""The table, and what is met."""

from bench import cases
from bench.cases import BARE_REGISTRATION, Case
from bench.measure import Result, processor_ratio, ratio

Results = dict[tuple[str, str], Result]
HEAD = ("page", "req/s", "p95 ms", "cpu ms", "queries", "bytes", "of bare", "of bare (cpu)", "beside", "target", "met")
WIDTHS = (24, 7, 7, 7, 8, 8, 8, 14, 18, 34, 4)


def _print(*cells: str) -> None:
    first, *rest = cells
    print("  ".join([f"{first:<{WIDTHS[0]}}", *(f"{cell:>{WIDTHS[n]}}" for n, cell in enumerate(rest, 1))]).rstrip())


def _numbers(result: Result, queries: str) -> list[str]:
    return [
        f"{result.per_second:.0f}",
        f"{result.p95 * 1000:.1f}",
        f"{result.processor_time * 1000:.2f}",
        queries,
        str(result.size),
    ]


def _yes(met: bool, missed: list[str], what: str) -> str:
    if not met:
        missed.append(what)
    return "yes" if met else "NO"


def _show_bare(results: Results) -> None:
    for name, page in (
        (cases.ONE, cases.PAGES[0]),
        (cases.FORTY, cases.LIST),
        (BARE_REGISTRATION, cases.REGISTRATION),
    ):
        _print(name, *_numbers(results[page.name, "bare"], str(cases.BARE[name].queries)))


def _show_case(case: Case, results: Results, counts: dict, missed: list[str]) -> None:
    result, bare = results[case.name, "small"], results.get((case.name, "bare"))
    empty, warm = (counts["small"][cache].get(case.name) for cache in ("empty", "warm"))
    queries = "" if empty is None else str(warm) if empty == warm else f"{empty}/{warm}"
    reached = ratio(result, bare) if bare else 0.0
    targets, met = [], True
    if case.ratio is not None:
        targets.append(f"{case.ratio} of bare")
        met &= reached >= case.ratio
    if case.queries is not None:
        targets.append(f"{case.queries} queries")
        met &= empty == warm and empty <= case.queries
    if case is cases.REGISTRATION:
        targets.append(f"p95 {cases.REGISTRATION_P95 * 1000:.0f} ms")
        met &= result.p95 < cases.REGISTRATION_P95
    if case.milliseconds is not None:
        targets.append(f"{case.milliseconds} ms")
        met &= result.middle * 1000 < case.milliseconds
    if case.unchanged:
        targets.append("ETag and 304")
    verdict = _yes(met, missed, case.name) if targets else ""
    numbers = _numbers(result, queries)
    ratios = [f"{reached:.2f}", f"{processor_ratio(result, bare):.2f}", case.beside] if bare else ["", "", ""]
    _print(case.name, *numbers, *ratios, ", ".join(targets), verdict)


def _show_large(case: Case, results: Results, counts: dict, missed: list[str]) -> None:
    small, large = results[case.name, "small"], results[case.name, "large"]
    slower, cpu = ratio(small, large), processor_ratio(small, large)
    counted = counts["large"]["warm"].get(case.name, "")
    # A calendar of everything grows with what there is; all other pages show as much in a large network.
    is_page = case is not cases.ALL_MEETINGS
    verdict = _yes(slower <= cases.SLOWER, missed, f"{case.name} (large)") if is_page else ""
    target = f"at most {cases.SLOWER} times slower" if is_page else ""
    _print(case.name, *_numbers(large, str(counted)), f"{slower:.2f}", f"{cpu:.2f}", "small network", target, verdict)


def _show_lists(lists: dict[str, dict[str, float]], missed: list[str]) -> None:
    """Print the lists of the administration and the pages of relations, in the largest network that was measured."""
    size, times = list(lists.items())[-1]
    print(f"\nLists and relations in the administration ({size} network), one person at a time, milliseconds")
    for path, seconds in sorted(times.items(), key=lambda item: -item[1]):
        print(f"  {seconds * 1000:>7.0f}  {path}")
    slowest = max(times.values())
    print(
        f"The slowest, at most {cases.ADMIN_LIST * 1000:.0f}:", _yes(slowest < cases.ADMIN_LIST, missed, "admin lists")
    )


def _show_search(searches: dict[str, float], missed: list[str]) -> None:
    size, seconds = list(searches.items())[-1]
    verdict = _yes(seconds < cases.DUPLICATES, missed, "duplicates")
    print(f"Looking for duplicates ({size}), processor seconds: {seconds:.1f} (at most {cases.DUPLICATES}): {verdict}")


def show(
    results: Results,
    counts: dict,
    first_visit: dict[str, int],
    lists: dict[str, dict[str, float]],
    searches: dict[str, float],
) -> list[str]:
    """Print everything; return what is missed."""
    missed: list[str] = []
    measured = [
        *cases.PAGES,
        cases.REGISTRATION,
        cases.FEED,
        cases.FEED_UNCHANGED,
        cases.ALL_MEETINGS,
        *cases.OTHERS,
    ]
    _print(*HEAD)
    _show_bare(results)
    for case in measured:
        _show_case(case, results, counts, missed)
    if "large" in lists:
        print(
            "\nA large network: 100,000 people, 10,000 meetings, 300 topics (of bare: times slower than the small one)"
        )
        for case in measured:
            _show_large(case, results, counts, missed)
    _show_lists(lists, missed)
    _show_search(searches, missed)
    total = sum(first_visit.values())
    print(f"\nHome on a first visit, bytes over the wire: {total} (at most {cases.HOME_BYTES}):", end=" ")
    print(_yes(total < cases.HOME_BYTES, missed, "bytes of home"))
    for path, size in first_visit.items():
        print(f"  {size:>7}  {path}")
    print(f"One calendar part of a mail: {counts['small']['calendar_part']:.0f} microseconds")
    print(f"Missed: {', '.join(missed)}." if missed else "Every target is met.")
    return missed
