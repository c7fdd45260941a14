"""What was answered: added up, and shown to the right people at the right moment."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from consultations import rules
from consultations.mail import render
from consultations.models import Answer, AnswerSheet, Consultation, Participation
from consultations.operations.answering import Reply, answer, name_substitute
from consultations.operations.planning import open_to_members
from consultations.operations.running import blank_text, close, publish_outcome, remind, remove
from consultations.results import results_of
from members.models import Person
from noord.domain import DomainError
from noord.outbox.models import Mail
from tests.factories import make_chair, make_consultation, make_member, make_organisation, make_question, make_sector
from tests.noord.test_permissions import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def chair():
    return make_chair(make_sector())


def asked(chair, count: int, **fields):
    """Make open questions for so many people, chair included."""
    sector = chair.sector_roles.get().sector
    sector.people.add(*(make_member() for _ in range(count - 1)))
    consultation = make_consultation(sector, **fields)
    make_question(consultation, text="Wat vind je?")
    make_question(consultation, text="Doe je mee?", kind="one", options=("Ja", "Nee"))
    make_question(consultation, text="Welke?", kind="several", options=("Rood", "Wit"))
    make_question(consultation, text="Hoe graag?", kind="scale", options=("niet", "heel"))
    open_to_members(consultation=consultation, by=chair)
    consultation.refresh_from_db()
    return consultation


def send(consultation, count: int) -> None:
    words, one, several, scale = consultation.questions.all()
    yes, _no = one.options.all()
    both = tuple(several.options.values_list("pk", flat=True))
    for number, row in enumerate(consultation.participations.silent().order_by("pk")[:count]):
        answer(
            consultation=consultation,
            person=row.person,
            replies={
                words.pk: Reply(text=f"Woord {number}"),
                one.pk: Reply(options=(yes.pk,)),
                several.pk: Reply(options=both),
                scale.pk: Reply(number=number % 5 + 1),
            },
        )


def seen(results) -> list[tuple]:
    return [
        (row.question.text, row.answered, [(line.label, line.count) for line in row.lines], row.mean)
        for row in results.rows
    ]


def test_results_add_up_what_was_answered(chair):
    consultation = asked(chair, 6)
    send(consultation, 5)
    results = results_of(consultation, as_manager=True, now=timezone.now())
    assert results.answers == 5
    assert seen(results) == [
        ("Wat vind je?", 5, [], None),
        ("Doe je mee?", 5, [("Ja", 5), ("Nee", 0)], None),
        ("Welke?", 5, [("Rood", 5), ("Wit", 5)], None),
        ("Hoe graag?", 5, [("1: niet", 1), ("2", 1), ("3", 1), ("4", 1), ("5: heel", 1)], 3.0),
    ]
    texts = {(text.text, text.by) for text in results.rows[0].texts}
    names = consultation.participations.answered().order_by("pk").values_list("person__name", flat=True)
    assert texts == {(f"Woord {number}", name) for number, name in enumerate(names)}


def test_results_are_for_managers_at_once_and_for_who_is_asked_with_the_outcome(chair):
    consultation = asked(chair, 2)
    member = consultation.participations.exclude(person=chair).get().person
    send(consultation, 1)
    url = reverse("consultations:results", args=[consultation.pk])
    shown = []
    for step in ("open", "closed", "outcome"):
        if step == "closed":
            close(consultation=consultation, by=chair)
        if step == "outcome":
            publish_outcome(consultation=consultation, by=chair, text="Zo doen we het.")
        shown += ["Woord 0" in client_of(person).get(url).content.decode() for person in (chair, member)]
    assert shown == [True, False, True, False, True, True]


def reads(person, consultation) -> bool:
    """Tell whether the person reads what was answered; else none of its pages exist, nor a line on a list."""
    client = client_of(person)
    pages = [reverse(f"consultations:{name}", args=[consultation.pk]) for name in ("consultation", "results")]
    pages.append(reverse("consultations:texts", args=[consultation.pk, consultation.questions.first().pk]))
    answers = {client.get(page).status_code for page in pages}
    on_lists = {
        consultation.title in client.get(page).content.decode()
        for page in ("/vragen/", consultation.for_sector.get_absolute_url())
    }
    assert (answers, on_lists) in (({200}, {True}), ({404}, {False}))
    return answers == {200}


def test_closed_questions_are_for_who_was_asked_not_for_who_joins_later_or_left(chair):
    sector = chair.sector_roles.get().sector
    consultation = asked(chair, 2, title="Over vorig jaar")
    member = consultation.participations.exclude(person=chair).get().person
    silent, late, reminded = make_member(), make_member(), make_member()
    sector.people.add(silent, late, reminded)
    words = consultation.questions.first()
    answer(consultation=consultation, person=late, replies={words.pk: Reply(text="Nog net")})
    sector.people.remove(silent)
    remind(consultation=consultation, by=chair)
    close(consultation=consultation, by=chair)
    sector.people.clear()
    sector.people.add(newcomer := make_member(), silent)
    publish_outcome(consultation=consultation, by=chair, text="Zo doen we het.")
    people = (member, late, reminded, silent, newcomer)
    assert [reads(person, consultation) for person in people] == [True, True, True, False, False]
    mails = set(Mail.objects.filter(params__step="outcome").values_list("to", flat=True))
    assert mails == {person.email for person in (chair, member, late, reminded)}
    wanted = [{"consultation": consultation.pk, "step": "outcome", "person": person.pk} for person in people]
    assert [letter is not None for letter in render(wanted)] == [True, True, True, False, False]


def test_closed_questions_of_an_organisation_are_for_who_works_there_now(chair):
    sector = chair.sector_roles.get().sector
    organisation, other = make_organisation(), make_organisation()
    sector.organisations.add(organisation)
    contact, substitute, gone = (make_member(organisation=organisation) for _ in range(3))
    contact.positions.update(is_main_contact=True)
    consultation = make_consultation(sector, voice="organisation")
    question = make_question(consultation)
    open_to_members(consultation=consultation, by=chair)
    name_substitute(consultation=consultation, colleague=substitute, by=contact)
    answer(consultation=consultation, person=substitute, replies={question.pk: Reply(text="Ja")})
    name_substitute(consultation=consultation, colleague=gone, by=contact)
    close(consultation=consultation, by=chair)
    gone.positions.update(end=timezone.localdate() - timedelta(days=1))
    sector.organisations.set([other])
    newcomer = make_member(organisation=other)
    newcomer.positions.update(is_main_contact=True)
    publish_outcome(consultation=consultation, by=chair, text="Zo doen we het.")
    people = (contact, substitute, gone, newcomer)
    assert [reads(person, consultation) for person in people] == [True, True, False, False]
    mails = set(Mail.objects.filter(params__step="outcome").values_list("to", flat=True))
    assert mails == {contact.email, substitute.email}


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6])
@pytest.mark.parametrize("step", ["open", "closed", "outcome"])
def test_anonymous_results_are_shown_after_closing_from_five_answers_up(chair, count, step):
    """On the page, on the page with all texts, and as a file; to who manages it and who was asked."""
    consultation = asked(chair, 7, is_anonymous=True)
    send(consultation, count)
    member = consultation.participations.exclude(person=chair).first().person
    if step != "open":
        close(consultation=consultation, by=chair)
    if step == "outcome":
        publish_outcome(consultation=consultation, by=chair, text="Zo doen we het.")
    words = consultation.questions.first()
    pages = [
        client_of(person).get(reverse(f"consultations:{name}", args=[consultation.pk, *rest])).content.decode()
        for person in (chair, member)
        for name, rest in (("results", []), ("texts", [words.pk]), ("consultation", []), ("mine", []))
        if name != "mine"
    ]
    pages.append(client_of(chair).get(reverse("consultations:manage", args=[consultation.pk])).content.decode())
    file = client_of(chair).post(reverse("consultations:export", args=[consultation.pk]))
    pages.append(b"".join(file.streaming_content).decode() if file.streaming else "")
    is_enough = step != "open" and count >= rules.LEAST_ANONYMOUS
    expected = [is_enough, is_enough, False, *([is_enough and step == "outcome"] * 2), False, False, is_enough]
    assert ["Woord" in page for page in pages] == expected


@pytest.mark.parametrize("count", [0, 1, 4, 5])
@pytest.mark.parametrize("kind", ["open", "one", "several", "scale"])
def test_anonymous_question_that_fewer_than_five_answered_is_not_shown(chair, kind, count):
    """On the page, on the page with all texts, and in the file: a question may be skipped."""
    consultation = asked(chair, 7, is_anonymous=True)
    options = ("Zeldzaam", "Anders") if kind != "open" else ()
    rare = make_question(consultation, text="En dit?", kind=kind, options=options)
    reply = {
        "open": Reply(text="Zeldzaam"), "scale": Reply(number=1),
        "one": Reply(options=tuple(rare.options.values_list("pk", flat=True)[:1])),
        "several": Reply(options=tuple(rare.options.values_list("pk", flat=True))),
    }[kind]  # fmt: skip
    words = consultation.questions.first()
    for number, row in enumerate(consultation.participations.order_by("pk")[:6]):
        replies = {words.pk: Reply(text="Woord")} | ({rare.pk: reply} if number < count else {})
        answer(consultation=consultation, person=row.person, replies=replies)
    consultation = close(consultation=consultation, by=chair)
    client = client_of(chair)
    pages = [client.get(reverse("consultations:results", args=[consultation.pk])).content.decode()]
    if kind == "open":
        pages.append(client.get(reverse("consultations:texts", args=[consultation.pk, rare.pk])).content.decode())
    file = client.post(reverse("consultations:export", args=[consultation.pk]))
    pages.append(b"".join(file.streaming_content).decode())
    assert ["Zeldzaam" in page for page in pages] == [count >= 5] * len(pages)
    sentence = "Minder dan 5 hebben deze vraag beantwoord. Daarom laten we er niets van zien: zo blijft het anoniem."
    # The choices and the scale were skipped by everybody, which is not told either.
    assert [page.count(sentence) for page in pages] == [
        3 + (count < 5), *([int(count < 5)] if kind == "open" else []), 3 + (count < 5)
    ]  # fmt: skip
    assert all("Woord" in page for page in (pages[0], pages[-1]))


@pytest.mark.parametrize(("count", "sentence"), [(4, "er was nog 1 nodig"), (1, "er waren er nog 4 nodig")])
def test_too_few_anonymous_answers_say_how_many_are_missing_and_nothing_else(chair, count, sentence):
    consultation = asked(chair, 6, is_anonymous=True)
    send(consultation, count)
    close(consultation=consultation, by=chair)
    html = client_of(chair).get(reverse("consultations:results", args=[consultation.pk])).content.decode()
    main = html[html.index("<main") : html.index("</main")]
    assert sentence in main
    for question in consultation.questions.all():
        assert question.text not in main


def test_anonymous_results_tell_no_names_and_offer_no_slices(chair):
    consultation = asked(chair, 7, is_anonymous=True)
    send(consultation, 6)
    close(consultation=consultation, by=chair)
    page = client_of(chair).get(reverse("consultations:results", args=[consultation.pk]))
    html = page.content.decode()
    main = html[html.index("<main") : html.index("</main")]
    assert not any(name in main for name in consultation.participations.values_list("person__name", flat=True))
    for query in ("?organisatie=1", "?person=1", "?soort=gemeente"):
        again = client_of(chair).get(reverse("consultations:results", args=[consultation.pk]) + query).content.decode()
        assert seen_numbers(again) == seen_numbers(html)


def seen_numbers(html: str) -> list[str]:
    return [part.split("<")[0] for part in html.split("<td>")[1:]]


def test_texts_of_two_questions_cannot_be_put_together_by_their_place(chair):
    """Each text has a random key of its own, so that the same place on two lists is not the same person."""
    consultation = asked(chair, 40, is_anonymous=True)
    other = make_question(consultation, text="En verder?")
    words = consultation.questions.first()
    for number, row in enumerate(consultation.participations.silent().order_by("pk")):
        replies = {words.pk: Reply(text=f"A{number:02}"), other.pk: Reply(text=f"B{number:02}")}
        answer(consultation=consultation, person=row.person, replies=replies)
    consultation = close(consultation=consultation, by=chair)
    results = {
        row.question.pk: [text.text[1:] for text in row.texts]
        for row in results_of(consultation, as_manager=True, now=timezone.now(), texts=40).rows
    }
    assert sorted(results[words.pk]) == sorted(results[other.pk])
    assert results[words.pk] != results[other.pk]


def fill(consultation, count: int) -> None:
    """Write so many anonymous answers to every question, without the verb."""
    words, one, several, scale = consultation.questions.all()
    options = list(one.options.all()), list(several.options.all())
    sheets = AnswerSheet.objects.bulk_create(
        [AnswerSheet(pk=uuid4(), consultation=consultation, is_anonymous=True) for _ in range(count)], batch_size=500
    )
    rows = []
    for number, sheet in enumerate(sheets):
        rows += [
            Answer(sheet=sheet, question=words, text=f"Woord {number} " * 10),
            Answer(sheet=sheet, question=one, option=options[0][number % 2]),
            *(Answer(sheet=sheet, question=several, option=option) for option in options[1]),
            Answer(sheet=sheet, question=scale, number=number % 5 + 1),
        ]
    Answer.objects.bulk_create(rows, batch_size=500)


@pytest.mark.parametrize("count", [10, 200])
def test_results_have_a_query_budget(chair, django_assert_num_queries, count):
    consultation = asked(chair, 2, is_anonymous=True)
    fill(consultation, count)
    close(consultation=consultation, by=chair)
    client = client_of(chair)
    with django_assert_num_queries(9):
        html = client.get(reverse("consultations:results", args=[consultation.pk])).content.decode()
    assert html.count("n-said") == min(count, 20)


def test_all_texts_are_on_pages_of_fifty(chair):
    consultation = asked(chair, 2, is_anonymous=True)
    fill(consultation, 120)
    close(consultation=consultation, by=chair)
    url = reverse("consultations:texts", args=[consultation.pk, consultation.questions.first().pk])
    pages = [client_of(chair).get(f"{url}?pagina={page}").content.decode() for page in (1, 2, 3)]
    assert [page.count("n-said") for page in pages] == [50, 50, 20]
    assert (
        client_of(chair)
        .get(reverse("consultations:texts", args=[consultation.pk, consultation.questions.last().pk]))
        .status_code
        == 404
    )


def test_results_of_organisations_name_the_organisation_and_who_spoke(chair):
    sector = chair.sector_roles.get().sector
    organisation = make_organisation(name="gemeente Assen")
    sector.organisations.add(organisation)
    contact = make_member(organisation=organisation, name="Anna Proef")
    contact.positions.update(is_main_contact=True)
    consultation = make_consultation(sector, voice="organisation")
    question = make_question(consultation)
    open_to_members(consultation=consultation, by=chair)
    answer(consultation=consultation, person=contact, replies={question.pk: Reply(text="Ja")})
    results = results_of(consultation, as_manager=True, now=timezone.now())
    assert [(text.text, text.by) for text in results.rows[0].texts] == [("Ja", "gemeente Assen, Anna Proef")]
    assert Participation.objects.answered().count() == 1


def choices(consultation, as_manager: bool = True) -> dict[str, list[str]]:
    rows = results_of(consultation, as_manager=as_manager, now=timezone.now()).rows
    return {f"{row.question.text} {line.label}": sorted(line.names) for row in rows for line in row.lines}


def test_choices_and_scales_name_who_chose_them(chair):
    consultation = asked(chair, 3)
    send(consultation, 2)
    names = sorted(consultation.participations.answered().values_list("person__name", flat=True))
    first, second = consultation.participations.answered().order_by("pk").values_list("person__name", flat=True)
    assert choices(consultation) == {
        "Doe je mee? Ja": names, "Doe je mee? Nee": [], "Welke? Rood": names, "Welke? Wit": names,
        "Hoe graag? 1: niet": [first], "Hoe graag? 2": [second],
        "Hoe graag? 3": [], "Hoe graag? 4": [], "Hoe graag? 5: heel": [],
    }  # fmt: skip
    html = client_of(chair).get(reverse("consultations:results", args=[consultation.pk])).content.decode()
    assert html.count('<details class="n-note">') == 5
    file = client_of(chair).post(reverse("consultations:export", args=[consultation.pk]))
    lines = b"".join(file.streaming_content).decode().splitlines()
    assert {"Hoe graag?;2;1;", f"Hoe graag?;2;;{second}"} <= set(lines)


def test_choices_of_organisations_name_the_organisation(chair):
    sector = chair.sector_roles.get().sector
    organisation = make_organisation(name="gemeente Assen")
    sector.organisations.add(organisation)
    contact = make_member(organisation=organisation, name="Anna Proef")
    contact.positions.update(is_main_contact=True)
    consultation = make_consultation(sector, voice="organisation")
    question = make_question(consultation, text="Doen?", kind="one", options=("Ja", "Nee"))
    open_to_members(consultation=consultation, by=chair)
    yes, _no = question.options.all()
    answer(consultation=consultation, person=contact, replies={question.pk: Reply(options=(yes.pk,))})
    assert choices(consultation) == {"Doen? Ja": ["gemeente Assen, Anna Proef"], "Doen? Nee": []}
    html = client_of(chair).get(reverse("consultations:results", args=[consultation.pk])).content.decode()
    assert "Welke organisaties?" in html


def test_anonymous_choices_name_nobody_and_have_no_page_with_names(chair):
    consultation = asked(chair, 7, is_anonymous=True)
    send(consultation, 6)
    close(consultation=consultation, by=chair)
    consultation.refresh_from_db()
    assert {name for names in choices(consultation).values() for name in names} == set()
    question = consultation.questions.get(kind="one")
    page = reverse("consultations:texts", args=[consultation.pk, question.pk])
    assert client_of(chair).get(page).status_code == 404


@pytest.mark.parametrize("count", [10, 120])
def test_names_have_a_cap_a_page_of_their_own_and_a_query_budget(chair, django_assert_num_queries, count):
    consultation = asked(chair, count)
    rows = list(consultation.participations.order_by("pk"))
    question = consultation.questions.get(kind="one")
    option = question.options.first()
    sheets = AnswerSheet.objects.bulk_create(
        AnswerSheet(consultation=consultation, is_anonymous=False, participation=row, answered_at=timezone.now())
        for row in rows
    )
    Answer.objects.bulk_create(Answer(sheet=sheet, question=question, option=option) for sheet in sheets)
    client = client_of(chair)
    with django_assert_num_queries(9):
        html = client.get(reverse("consultations:results", args=[consultation.pk])).content.decode()
    names = {row.person.name for row in consultation.participations.select_related("person")}
    page = reverse("consultations:texts", args=[consultation.pk, question.pk])
    assert sum(f"<li>{name}</li>" in html for name in names) == min(count, 20)
    assert (page in html) == (count > 20)
    pages = []
    for number in range((count - 1) // 50 + 1):
        with django_assert_num_queries(11):
            pages.append(client.get(f"{page}?pagina={number + 1}").content.decode())
    assert {name for name in names if any(f"{name}</p>" in html for html in pages)} == names
    assert sum(html.count("n-said") for html in pages) == count


@pytest.mark.parametrize("is_anonymous", [False, True])
def test_manager_takes_one_text_away_after_a_confirmation(chair, is_anonymous):
    consultation = asked(chair, 7, is_anonymous=is_anonymous)
    send(consultation, 6)
    consultation = close(consultation=consultation, by=chair)
    publish_outcome(consultation=consultation, by=chair, text="Zo doen we het.")
    member = consultation.participations.exclude(person=chair).first().person
    words = consultation.questions.first()
    text = Answer.objects.get(question=words, text="Woord 3")
    page = reverse("consultations:blank", args=[consultation.pk, words.pk, text.pk])
    lists = [reverse("consultations:results", args=[consultation.pk])]
    lists.append(reverse("consultations:texts", args=[consultation.pk, words.pk]))
    clients = client_of(chair), client_of(member)
    links = [[page in client.get(where).content.decode() for where in lists] for client in clients]
    assert links == [[True, True], [False, False]]
    assert [clients[1].get(page).status_code, clients[1].post(page).status_code] == [404, 404]
    html = clients[0].get(page).content.decode()
    assert "Woord 3" in html
    assert "Dit kun je niet terugdraaien" in html
    assert Answer.objects.get(pk=text.pk).text == "Woord 3"
    assert clients[0].post(page, HTTP_ACCEPT_LANGUAGE="en").status_code == 302
    for client in clients:
        for where in lists:
            html = client.get(where).content.decode()
            assert "Woord 3" not in html
            assert page not in html
            assert html.count("De beheerder van deze vragen heeft deze tekst weggehaald.") == 1
    assert results_of(consultation, as_manager=True, now=timezone.now()).rows[0].answered == 6


def test_take_a_text_away_is_refused_where_nothing_is_shown(chair):
    consultation = asked(chair, 7, is_anonymous=True)
    send(consultation, 4)
    text, option = Answer.objects.exclude(text="").first(), Answer.objects.filter(text="").first()
    client = client_of(chair)
    page = reverse("consultations:blank", args=[consultation.pk, text.question_id, text.pk])
    for step in ("open", "closed with too few"):
        assert client.get(page).status_code == 404, step
        with pytest.raises(DomainError):
            blank_text(consultation=consultation, answer=text.pk, by=chair)
        consultation = close(consultation=consultation, by=chair)
    named = asked(chair, 7)
    send(named, 1)
    option = Answer.objects.filter(text="", sheet__consultation=named).first()
    for wrong in (option.pk, uuid4(), Answer.objects.exclude(text="").exclude(sheet__consultation=named).first().pk):
        with pytest.raises(DomainError, match="staat er niet meer"):
            blank_text(consultation=named, answer=wrong, by=chair)
    with pytest.raises(DomainError):
        blank_text(consultation=named, answer=named.sheets.get().answers.exclude(text="").get().pk, by=make_member())


def test_superuser_deletes_closed_questions_with_all_that_goes_along(chair):
    boss = Person.objects.create_superuser("beheer@noord.example", name="Beheer")
    consultation = asked(chair, 7, is_anonymous=True)
    send(consultation, 6)
    page = reverse("admin:consultations_consultation_delete", args=[consultation.pk])
    client = client_of(boss)
    assert client.get(page).status_code == 403
    with pytest.raises(DomainError):
        remove(consultation=consultation, by=boss)
    close(consultation=consultation, by=chair)
    assert client_of(chair).get(page).status_code in {302, 403, 404}
    with pytest.raises(DomainError):
        remove(consultation=consultation, by=chair)
    html = client.get(page).content.decode()
    assert "Woord" not in html
    for text in (consultation.title, "Antwoorden van leden: 6"):
        assert text in html
    assert client.post(page, {"post": "yes"}).status_code == 302
    assert not Consultation.objects.exists()
    assert not Answer.objects.exists()
    assert not Participation.objects.exists()


def test_file_takes_no_formula_from_what_somebody_wrote(chair):
    consultation = asked(chair, 2)
    words = consultation.questions.first()
    answer(consultation=consultation, person=chair, replies={words.pk: Reply(text="=1+1")})
    file = client_of(chair).post(reverse("consultations:export", args=[consultation.pk]))
    lines = b"".join(file.streaming_content).decode().splitlines()
    assert lines[:2] == ["\ufeffVraag;Antwoord;Hoe vaak;Door", f"Wat vind je?;'=1+1;;{chair.name}"]
