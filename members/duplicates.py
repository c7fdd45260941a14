"""Likely duplicates: the same domain (or organisation) and a similar name; never a name alone.

The search compares thousands of names, so it runs at night and on demand, and leaves what it finds as rows.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from difflib import SequenceMatcher
from itertools import combinations, islice
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from members.models import Duplicate, EmailDomain, Organisation, Person, Position
from members.models.merging import Subject

ALIKE = 0.85
MOST_COMPARED = 50  # all with all; more names than this must begin more alike
LONGEST_BEGINNING = 40
MOST_PROPOSED = 500
# Everybody can have an address there, so it says nothing of where somebody works.
FREE_MAIL = frozenset(
    [
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.nl", "live.nl", "live.com", "msn.com",
        "icloud.com", "me.com", "yahoo.com", "ziggo.nl", "kpnmail.nl", "kpnplanet.nl", "planet.nl", "home.nl",
        "xs4all.nl", "hetnet.nl", "upcmail.nl", "proton.me", "protonmail.com",
    ]
)  # fmt: skip
_PARTICLES = frozenset(
    [
        "van", "de", "der", "den", "het", "'t", "ter", "ten", "te", "op", "in", "'s", "von", "du", "la", "le",
    ]
)  # fmt: skip
_TITLES = frozenset(
    [
        "dhr", "mevr", "mw", "drs", "ing", "ir", "mr", "dr", "prof", "bsc", "msc", "ba", "ma",
    ]
)  # fmt: skip
_COMMON = frozenset(
    [
        "gemeente", "gem", "provincie", "stichting", "waterschap", "veiligheidsregio", "de", "het", "bv", "nv",
    ]
)  # fmt: skip


def words_of(text: str) -> list[str]:
    """Return the words in small letters without accents: "Fryslân" is "fryslan"."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[a-z0-9']+", "".join(sign for sign in plain if not unicodedata.combining(sign)))


def parts_of(name: str) -> tuple[str, str]:
    """Split a person's name into given name and family name, without titles and particles: ("jan", "vries")."""
    if "," in name:  # "Vries, Jan de"
        family, _comma, given = name.partition(",")
        name = f"{given} {family}"
    words = [word for word in words_of(name) if word not in _TITLES and word not in _PARTICLES]
    return (words[0], " ".join(words[1:])) if len(words) > 1 else ("", " ".join(words))


def is_alike(one: str, other: str) -> bool:
    """Tell whether two names differ by no more than a slip; another number is no slip."""
    if one == other:
        return True
    # How much they can have in common at the most: most names are told apart by that, which costs next to nothing.
    most = min(len(one), len(other)) - (len(one) == len(other))
    if 2 * most < ALIKE * (len(one) + len(other)):
        return False
    if re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def same_person(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Tell whether two names, split by parts_of(), may be one person's: "J. de Vries" and "Jan de Vries"."""
    (given, family), (other_given, other_family) = one, other
    if not given or not other_given or not is_alike(family, other_family):
        return False
    if min(len(given), len(other_given)) == 1:
        return given[0] == other_given[0]
    return is_alike(given, other_given)


def same_organisation(one: str, other: str) -> bool:
    """Tell whether two names, made bare by bare(), may be one organisation's."""
    return bool(one and other) and (one == other or is_alike(one, other))


def bare(name: str) -> str:
    """Return what tells an organisation from others of its kind: "gemeente Het Hogeland" is "hogeland"."""
    words = words_of(name)
    return " ".join([word for word in words if word not in _COMMON] or words)


def find() -> int:
    """Look through everybody and every organisation; return how many proposals there are that nobody judged.

    What was said to be no duplicate stays so; what is no longer alike, or not there any more, goes. Of each kind no
    more wait to be judged than somebody can judge (MOST_PROPOSED): the others come when those are done.
    """
    for subject, pairs in ((Subject.PERSON, _people()), (Subject.ORGANISATION, _organisations())):
        known = {(row.one_id, row.other_id): row for row in Duplicate.objects.filter(subject=subject)}
        still, new = set(), {}
        for pair, shared in pairs:
            if pair in known:
                still.add(pair)
            elif len(new) < MOST_PROPOSED:
                new[pair] = shared
        open_rows = {pair: row for pair, row in known.items() if row.refused_at is None}
        room = max(0, MOST_PROPOSED - len(still & open_rows.keys()))
        rows = [
            Duplicate(subject=subject, one_id=one, other_id=other, shared=shared[:160])
            for (one, other), shared in islice(new.items(), room)
        ]
        with transaction.atomic():
            gone = [row.pk for pair, row in open_rows.items() if pair not in still]
            Duplicate.objects.filter(pk__in=gone).delete()
            Duplicate.objects.bulk_create(rows, ignore_conflicts=True)
    return Duplicate.objects.filter(refused_at=None).count()


def refuse(*, duplicate: Duplicate) -> None:
    """Remember that the two are not the same; the first time counts."""
    Duplicate.objects.filter(pk=duplicate.pk, refused_at=None).update(refused_at=timezone.now())


def _pairs(
    blocks: dict[Hashable, list[int]], names: dict[int, object], same, key
) -> Iterator[tuple[int, int, Hashable]]:
    """Yield who is alike within a block; only names that begin alike are compared, which keeps it short.

    `key` returns the first so many signs of a name.
    """
    for block, pks in blocks.items():
        for alike in _that_begin_alike(sorted(set(pks)), names, key):
            for one, other in combinations(alike, 2):
                if same(names[one], names[other]):
                    yield one, other, block


def _that_begin_alike(pks: list[int], names: dict[int, object], key, length: int = 1) -> Iterator[list[int]]:
    """Divide them by how their names begin; too many to compare all with all must have more of it in common.

    So the work grows with the number of people, also where a hundred thousand have one domain. Of more namesakes than
    that, each is compared with those next to it in the order of their keys.
    """
    bins: dict[Hashable, list[int]] = defaultdict(list)
    for pk in pks:
        bins[key(names[pk], length)].append(pk)
    for alike in bins.values():
        if len(alike) <= MOST_COMPARED:
            yield alike
        elif length < LONGEST_BEGINNING:
            yield from _that_begin_alike(alike, names, key, length + 1)
        else:
            yield from (alike[n : n + MOST_COMPARED] for n in range(0, len(alike), MOST_COMPARED // 2))


def _people() -> Iterator[tuple[tuple[int, int], str]]:
    names: dict[int, tuple[str, str]] = {}
    blocks: dict[Hashable, list[int]] = defaultdict(list)
    for pk, name, email in Person.objects.order_by().values_list("pk", "name", "email").iterator():
        names[pk] = parts_of(name)
        domain = (email or "").rpartition("@")[2]
        if domain and domain not in FREE_MAIL:
            blocks[domain].append(pk)
    places = Position.objects.active_on().order_by().values_list("organisation__name", "person")
    for organisation, pk in places.iterator():
        if pk in names:
            blocks[organisation].append(pk)
    yield from _once(_pairs(blocks, names, same_person, lambda name, length: (name[0][:1], name[1][:length])))


def _organisations() -> Iterator[tuple[tuple[int, int], str]]:
    names: dict[int, str] = {}
    blocks: dict[Hashable, list[int]] = defaultdict(list)
    for pk, name, website in Organisation.objects.order_by().values_list("pk", "name", "website"):
        names[pk] = bare(name)
        host = (urlsplit(website).hostname or "").removeprefix("www.")
        if host:
            blocks[host].append(pk)
    for domain, pk in EmailDomain.objects.order_by().values_list("name", "organisation"):
        blocks[domain].append(pk)
    yield from _once(_pairs(blocks, names, same_organisation, lambda name, length: name[: length - 1]))


def _once(pairs: Iterable[tuple[int, int, Hashable]]) -> Iterator[tuple[tuple[int, int], str]]:
    seen = set()
    for one, other, shared in pairs:
        if (one, other) not in seen:
            seen.add((one, other))
            yield (one, other), str(shared)
