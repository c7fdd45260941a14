"""Likely duplicates, and the pages on which two are compared and merged."""

from itertools import pairwise

import pytest
from django.urls import reverse

from members import duplicates
from members.duplicates import bare, find, parts_of, refuse, same_organisation, same_person
from members.models import Duplicate, Merge, Organisation, Person
from members.tasks import find_duplicates, forget_history, forget_merges
from tests.factories import make_organisation, make_person, make_programme_manager, make_sector

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    boss = make_person(name="Beheer", email="beheer@zelf.example", is_staff=True, is_superuser=True)
    client.force_login(boss)
    return boss


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Jan de Vries", "J. de Vries", True),
        ("Jan de Vries", "Vries, Jan de", True),
        ("Jan de Vries", "Jan Vries", True),
        ("drs. Jörg Bakker", "Jorg Bakkert", True),
        ("Jan de Vries", "Jaap de Vries", False),
        ("Jan de Vries", "Jan Bakker", False),
        ("Jan", "Jan", False),
        ("", "", False),
    ],
)
def test_names_of_people_that_are_alike(one, other, same):
    assert same_person(parts_of(one), parts_of(other)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("gemeente Het Hogeland", "Hogeland", True),
        ("Súdwest-Fryslân", "gemeente Sudwest Fryslan", True),
        ("gemeente Groningen", "provincie Drenthe", False),
        ("Veiligheidsregio 12", "Veiligheidsregio 13", False),
        ("", "", False),
    ],
)
def test_names_of_organisations_that_are_alike(one, other, same):
    assert same_organisation(bare(one), bare(other)) is same


def test_find_wants_the_same_domain_or_organisation_and_a_similar_name():
    place = make_organisation()
    one = make_person(name="Jan de Vries", email="jan@proef.example")
    two = make_person(name="J. de Vries", email="j.devries@proef.example")
    make_person(name="Jan de Vries", email="jan@elders.example")  # a name alone says nothing
    make_person(name="Jan de Vries", email="jan@gmail.com")
    make_person(name="Jan de Vries", email="jandevries@gmail.com")  # nor does a domain of everybody
    here = make_person(name="Piet Bos", email="piet@gmail.com", organisation=place)
    there = make_person(name="P. Bos", email=None, organisation=place)
    first = make_organisation(name="gemeente Hogeland", domain="hogeland.example")
    second = make_organisation(name="Het Hogeland", website="https://www.hogeland.example/contact")
    assert find() == 3
    assert set(Duplicate.objects.values_list("subject", "one_id", "other_id")) == {
        ("person", one.pk, two.pk), ("person", here.pk, there.pk), ("organisation", first.pk, second.pk)
    }  # fmt: skip
    # What is said to be no duplicate stays so; what is not alike any more goes.
    refuse(duplicate=Duplicate.objects.get(one_id=one.pk, subject="person"))
    Organisation.objects.filter(pk=second.pk).update(name="Iets heel anders")
    assert find() == 1
    assert Duplicate.objects.get(refused_at=None).one_id == here.pk
    find_duplicates(), forget_merges(), forget_history()
    assert Duplicate.objects.count() == 2


def test_find_is_quick_enough_for_a_large_organisation():
    place = make_organisation()
    letters = str.maketrans("0123456789", "abcdefghij")  # names with another number are never compared further
    Person.objects.bulk_create(
        Person(
            name=f"{chr(97 + n % 26)}an {chr(97 + n // 26 % 26)}akker{n}".translate(letters),
            email=f"p{n}@x.example",
            password="!",
        )
        for n in range(2000)
    )
    assert place
    assert duplicates.find() >= 0


def test_find_compares_a_crowd_of_one_domain_in_parts(monkeypatch):
    """All with all would be half a million comparisons; the work grows with the people and not with their square."""
    Person.objects.bulk_create(
        Person(name=f"Jan Bakker{n}", email=f"p{n}@x.example", password="!") for n in range(1000, 2000)
    )
    compared = []

    def count(one, other):
        compared.append((one, other))
        return same_person(one, other)

    monkeypatch.setattr(duplicates, "same_person", count)
    duplicates.find()
    assert 0 < len(compared) <= 1000 * duplicates.MOST_COMPARED


def test_find_compares_namesakes_with_their_neighbours():
    people = Person.objects.bulk_create(
        Person(name="Jan Bakker", email=f"p{n}@x.example", password="!") for n in range(duplicates.MOST_COMPARED + 10)
    )
    pairs = {pair for pair, _shared in duplicates._people()}
    assert {(one.pk, other.pk) for one, other in pairwise(people)} - pairs == set()


def test_find_proposes_no_more_than_somebody_can_judge(monkeypatch):
    monkeypatch.setattr(duplicates, "MOST_PROPOSED", 3)
    for n in range(5):
        make_person(name="Jan de Vries", email=f"jan-{n}@proef.example")
    assert find() == 3
    refuse(duplicate=Duplicate.objects.order_by("pk").first())
    assert find() == 3  # the next comes when one is judged
    assert find() == 3
    assert Duplicate.objects.count() == 4


def test_list_shows_both_and_forgets_who_is_gone(
    client, boss, django_assert_max_num_queries, django_assert_num_queries
):
    def add():
        names = ("Jan de Vries", "J. de Vries")
        pair = [
            make_person(name=name, email=f"v{Person.objects.count()}@p{n}.example") for n, name in enumerate(names)
        ]
        Duplicate.objects.create(subject="person", one_id=pair[0].pk, other_id=pair[1].pk, shared="proef.example")
        return pair

    url = reverse("admin:members_duplicate_changelist")
    _one, two = add()
    client.get(url)
    with django_assert_max_num_queries(19) as captured:
        page = client.get(url).content.decode()
    assert "Jan de Vries" in page
    assert "J. de Vries" in page
    add(), add()
    with django_assert_num_queries(len(captured)):
        assert client.get(url).context["cl"].result_count == 3
    two.delete()
    assert client.get(url).context["cl"].result_count == 2
    chosen = [row.pk for row in Duplicate.objects.all()]
    client.post(url, {"action": "refuse", "_selected_action": chosen})
    assert client.get(url).context["cl"].result_count == 0
    assert client.get(f"{url}?judged=no").context["cl"].result_count == 2


def test_look_now_finds_them(client, boss):
    (
        make_person(name="Jan de Vries", email="jan@proef.example"),
        make_person(name="J. de Vries", email="j@proef.example"),
    )
    assert client.get(reverse("admin:members_duplicate_find")).status_code == 404
    assert client.post(reverse("admin:members_duplicate_find")).status_code == 302
    assert Duplicate.objects.count() == 1


def test_comparing_merges_what_was_chosen_and_can_be_undone(client, boss):
    one = make_person(name="Jan de Vries", phone="1")
    two = make_person(name="J. de Vries", phone="2", organisation=make_organisation())
    url = reverse("admin:members_person_changelist")
    response = client.post(url, {"action": "compare_two", "_selected_action": [one.pk, two.pk]})
    compare = reverse("admin:members_merge_compare", args=["person", one.pk, two.pk])
    assert response["Location"] == compare
    response = client.get(compare)
    assert {name for name, *_rest in response.context["fields"]} == {"name", "email", "phone", "contact_is_public"}
    data = {
        "keep": two.pk,
        "field_name": one.pk,
        "field_email": two.pk,
        "field_phone": two.pk,
        "field_is_staff": one.pk,
    }
    response = client.post(compare, data, follow=True)
    two.refresh_from_db()
    assert (two.name, two.phone) == ("Jan de Vries", "2")
    assert not Person.objects.filter(pk=one.pk).exists()
    merge = Merge.objects.get()
    change = reverse("admin:members_merge_change", args=[merge.pk])
    assert change in response.content.decode()
    undo = reverse("admin:members_merge_undo", args=[merge.pk])
    assert undo in client.get(change).content.decode()
    assert client.get(undo).status_code == 404
    assert client.post(undo).status_code == 302
    assert Person.objects.filter(pk=one.pk).exists()
    assert undo not in client.get(change).content.decode()
    assert client.post(undo, follow=True).status_code == 200
    assert client.post(reverse("admin:members_merge_delete", args=[merge.pk])).status_code == 403


def test_comparing_organisations(client, boss):
    one, two = make_organisation(website="https://a.example"), make_organisation()
    compare = reverse("admin:members_merge_compare", args=["organisation", one.pk, two.pk])
    assert client.get(compare).status_code == 200
    assert client.post(compare, {"keep": one.pk}).status_code == 302
    assert Organisation.objects.get() == one


def test_comparing_refuses_what_cannot_be(client, boss):
    one, gone = make_person(), 999_999
    for args, status in (
        (("person", one.pk, one.pk), 404), (("person", one.pk, gone), 404), (("event", one.pk, gone), 404)
    ):  # fmt: skip
        assert client.get(reverse("admin:members_merge_compare", args=args)).status_code == status
    compare = reverse("admin:members_merge_compare", args=["person", one.pk, boss.pk])
    client.post(compare, {"keep": one.pk})  # herself
    assert Person.objects.filter(pk=boss.pk).exists()


def test_programme_manager_merges_people_but_not_who_enters_the_administration(client):
    client.force_login(make_programme_manager(make_sector()))
    one, two, other = make_person(), make_person(), make_programme_manager(make_sector())
    compare = reverse("admin:members_merge_compare", args=["person", one.pk, other.pk])
    assert (client.get(compare).status_code, client.post(compare, {"keep": one.pk}).status_code) == (403, 403)
    compare = reverse("admin:members_merge_compare", args=["person", one.pk, two.pk])
    assert client.get(compare).status_code == 200
    client.post(compare, {"keep": one.pk})
    assert Person.objects.filter(pk__in=[one.pk, two.pk]).get() == one
    assert client.post(reverse("admin:members_merge_undo", args=[Merge.objects.get().pk])).status_code == 302
    assert Person.objects.filter(pk=two.pk).exists()


def test_nobody_else_merges(client):
    one, two = make_person(), make_person()
    urls = [
        reverse("admin:members_merge_compare", args=["person", one.pk, two.pk]),
        reverse("admin:members_merge_changelist"),
        reverse("admin:members_duplicate_changelist"),
    ]
    client.force_login(make_person())
    assert [client.get(url).status_code for url in urls] == [404] * 3
