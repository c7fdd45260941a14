"""The pages: who sees which, what they say, and what they cost."""

import re
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from consultations.models import AnswerSheet, Consultation, MemberQuestion, Substitute
from consultations.operations.answering import Reply, answer, name_substitute
from consultations.operations.planning import open_to_members
from consultations.operations.running import PlannedAction, close, publish_outcome
from knowledge_groups.models import KnowledgeGroup
from knowledge_groups.operations import start_group
from members.models import Organisation, Person, Position
from noord.outbox.models import Mail
from tests.factories import (
    make_chair,
    make_consultation,
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_participant,
    make_person,
    make_question,
    make_registration,
    make_sector,
)
from tests.noord.test_permissions import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sector():
    return make_sector(name="Overheden", slug="overheden")


@pytest.fixture
def chair(sector):
    return make_chair(sector)


def url(name: str, consultation: Consultation, *rest) -> str:
    return reverse(f"consultations:{name}", args=[consultation.pk, *rest])


def asked(chair, **fields) -> Consultation:
    consultation = make_consultation(chair.sector_roles.get().sector, **fields)
    make_question(consultation, text="Hoe zien jullie de rol van ICT Noord hierin?")
    open_to_members(consultation=consultation, by=chair)
    return Consultation.objects.get(pk=consultation.pk)


def field_of(consultation: Consultation) -> str:
    return f"vraag_{consultation.questions.first().pk}"


def test_visible_to_is_who_is_asked_who_reads_along_and_who_manages():
    sector, group, organisation = make_sector(), make_group(), make_organisation()
    sector.organisations.add(organisation)
    listed, participant = make_person(), make_participant(group)
    sector.people.add(listed)
    colleague, chair = make_person(organisation=organisation), make_chair(sector)
    event = make_event(sectors=[sector])
    there = make_registration(event, attended_at=timezone.now(), attendance_source="hand").person
    people = {
        "listed": listed, "participant": participant, "colleague": colleague, "chair": chair, "there": there,
        "member": make_member(), "stranger": make_person(),
        "boss": Person.objects.create_superuser("beheer@noord.example", name="Beheer"),
    }  # fmt: skip
    rows = {
        f"{kind} {voice}": make_consultation(home, voice=voice, is_open=True)
        for kind, home in (("sector", sector), ("group", group), ("network", None), ("event", event))
        for voice in ("person", "organisation")
    } | {"draft": make_consultation(sector)}
    seen = {
        name: sorted(label for label, row in rows.items() if row in Consultation.objects.visible_to(person))
        for name, person in people.items()
    }
    network = ["network organisation", "network person"]
    assert seen == {
        "listed": ["sector person"],
        "participant": ["group organisation", "group person", *network],
        "colleague": [*network, "sector organisation"],
        "chair": ["draft", "event organisation", "event person", *network, "sector organisation", "sector person"],
        "there": ["event organisation", "event person", *network],
        "member": network,
        "stranger": [],
        "boss": sorted(rows),
    }


def test_list_shows_the_open_ones_first_and_what_was_answered(sector, chair):
    make_consultation(sector, title="Concept")
    first = asked(chair, title="Straks dicht", closes_at=timezone.now() + timezone.timedelta(days=2))
    asked(chair, title="Later dicht")
    done = asked(chair, title="Al dicht")
    close(consultation=done, by=chair)
    answer(consultation=first, person=chair, replies={first.questions.get().pk: Reply(text="Ja")})
    page = client_of(chair).get("/vragen/")
    assert [[row.title for row in page.context[name]] for name in ("open", "drafts", "closed")] == [
        ["Straks dicht", "Later dicht"], ["Concept"], ["Al dicht"],
    ]  # fmt: skip
    assert [row.is_answered for row in page.context["open"]] == [True, False]


def test_list_of_one_home_shows_what_is_about_it(sector, chair):
    group = make_group()
    of_sector, deciding = asked(chair), asked(chair, group=group)
    client = client_of(chair)
    wishes = (f"sector-{sector.pk}", f"knowledgegroup-{group.pk}", "sector-999999", "onzin", f"sector-{'9' * 30}")
    seen = {wanted: {row.pk for row in client.get(f"/vragen/?voor={wanted}").context["open"]} for wanted in wishes}
    both = {of_sector.pk, deciding.pk}
    assert list(seen.values()) == [both, {deciding.pk}, set(), both, both]


def test_page_sends_and_changes_an_answer(chair):
    consultation = asked(chair)
    client = client_of(chair)
    name = field_of(consultation)
    response = client.post(url("consultation", consultation), {name: "Ja", "version": "0"})
    assert response.url == url("thanks", consultation)
    assert "Je antwoord is binnen" in client.get(url("thanks", consultation)).content.decode()
    html = client.get(url("consultation", consultation)).content.decode()
    assert "Ja</textarea>" in html
    assert 'name="version" value="1"' in html
    client.post(url("consultation", consultation), {name: "Nee", "version": "1"})
    assert AnswerSheet.objects.get().answers.get().text == "Nee"


def test_page_without_any_answer_says_so_first(chair):
    consultation = asked(chair)
    response = client_of(chair).post(url("consultation", consultation), {"version": "0"})
    html = response.content.decode()
    assert "<title>Fout: " in html
    assert "Geef antwoord op minstens één vraag." in html
    assert not AnswerSheet.objects.exists()


def test_page_of_the_second_of_an_organisation_keeps_what_was_typed(sector, chair):
    organisation = make_organisation(name="gemeente Assen")
    sector.organisations.add(organisation)
    contact, colleague = (
        make_person(organisation=organisation),
        make_person(organisation=organisation, name="Bo Proef"),
    )
    contact.positions.update(is_main_contact=True)
    consultation = asked(chair, voice="organisation")
    name_substitute(consultation=consultation, colleague=colleague, by=contact)
    name, page = field_of(consultation), url("consultation", consultation)
    client_of(colleague).post(page, {name: "Van Bo", "version": "0"})
    client = client_of(contact)
    html = client.post(page, {name: "Van de contactpersoon", "version": "0"}).content.decode()
    assert "Bo Proef heeft al geantwoord voor gemeente Assen. Wat je typte is niet verstuurd" in html
    assert "Van de contactpersoon</textarea>" in html
    assert AnswerSheet.objects.get().answers.get().text == "Van Bo"
    # Pressing again is meant: the page said whose answer it replaces.
    assert 'name="version" value="1"' in html
    assert client.post(page, {name: "Van de contactpersoon", "version": "1"}).status_code == 302
    assert AnswerSheet.objects.get().answers.get().text == "Van de contactpersoon"


@pytest.fixture
def both(sector) -> tuple[Organisation, Organisation, Person]:
    """Two organisations with one main contact."""
    assen, emmen = make_organisation(name="gemeente Assen"), make_organisation(name="gemeente Emmen")
    sector.organisations.add(assen, emmen)
    contact = make_person(organisation=assen, name="Anna Proef")
    Position.objects.create(person=contact, organisation=emmen, start=date(2020, 1, 1))
    contact.positions.update(is_main_contact=True)
    return assen, emmen, contact


def test_who_speaks_for_two_organisations_chooses_and_answers_for_that_one_only(chair, both):
    assen, emmen, contact = both
    consultation = asked(chair, voice="organisation")
    name, page, client = field_of(consultation), url("consultation", consultation), client_of(contact)
    html = client.get(page).content.decode()
    for organisation in both[:2]:
        assert f'href="{page}?voor={organisation.pk}"' in html
    assert "<textarea" not in html
    html = client.get(f"{page}?voor={emmen.pk}").content.decode()
    assert f'name="voor" value="{emmen.pk}"' in html
    assert "Het antwoord van gemeente Emmen" in html
    # A double click: the second time it is the answer that came before, and no other organisation's.
    sent = {name: "Van Emmen", "version": "0", "voor": str(emmen.pk)}
    thanks = f"{url('thanks', consultation)}?voor={emmen.pk}"
    assert client.post(page, sent).url == thanks
    assert "Anna Proef heeft al geantwoord voor gemeente Emmen" in client.post(page, sent).content.decode()
    assert [str(row.participation) for row in AnswerSheet.objects.all()] == ["gemeente Emmen"]
    html = client.get(thanks).content.decode()
    assert "Dit is het antwoord van gemeente Emmen." in html
    assert f'href="{page}?voor={emmen.pk}">Verander' in html
    assert "Anna Proef heeft geantwoord." in html
    assert f'href="{page}?voor={assen.pk}"' in html
    assert "Van Emmen</textarea>" not in client.get(f"{page}?voor={assen.pk}").content.decode()
    assert client.post(f"{page}?voor={emmen.pk}", sent | {name: "Nader", "version": "1"}).url == thanks
    assert AnswerSheet.objects.get().answers.get().text == "Nader"


def test_answer_without_an_organisation_to_choose_is_kept_and_not_sent(chair, both):
    assen, emmen, contact = both
    consultation = asked(chair, voice="organisation")
    name, page, client = field_of(consultation), url("consultation", consultation), client_of(contact)
    elsewhere = make_organisation()
    Position.objects.filter(person=contact, organisation=emmen).update(is_main_contact=False)
    for wanted in (elsewhere.pk, 0, "x", "9" * 30):
        # Only Assen is left to speak for, and still it is not what the form was for.
        html = client.post(page, {name: "Bewaar mij", "version": "0", "voor": wanted}).content.decode()
        assert "Bewaar mij</textarea>" in html
        assert "Stuur mijn antwoord" not in html
        for path in (page, url("thanks", consultation), url("substitute", consultation)):
            assert client.get(f"{path}?voor={wanted}").status_code == 404
    Position.objects.filter(person=contact).update(is_main_contact=True)
    html = client.post(page, {name: "Bewaar mij", "version": "0"}).content.decode()
    assert "Bewaar mij</textarea>" in html
    assert "Kies voor welke" in html
    assert f'href="{page}?voor={assen.pk}"' in html
    assert not AnswerSheet.objects.exists()


def test_substitute_is_named_for_the_organisation_of_the_page(chair, both):
    assen, emmen, contact = both
    colleague = make_person(organisation=emmen)
    make_person(organisation=assen)
    consultation = asked(chair, voice="organisation")
    page, client = url("substitute", consultation), client_of(contact)
    assert client.get(page).url == url("consultation", consultation)
    response = client.post(f"{page}?voor={emmen.pk}", {"person": colleague.pk, "voor": emmen.pk})
    assert response.url == f"{url('consultation', consultation)}?voor={emmen.pk}"
    assert [(row.organisation, row.person) for row in Substitute.objects.all()] == [(emmen, colleague)]
    # Her answer is that of Emmen, and the page of Assen stays empty.
    client_of(colleague).post(
        url("consultation", consultation), {field_of(consultation): "Van de vervanger", "version": "0"}
    )
    late = {field_of(consultation): "Van Anna", "version": "0", "voor": emmen.pk}
    assert "heeft al geantwoord voor gemeente Emmen" in (
        client.post(url("consultation", consultation), late).content.decode()
    )
    rows = AnswerSheet.objects.values_list("participation__organisation__name", "answers__text")
    assert list(rows) == [("gemeente Emmen", "Van de vervanger")]


def test_page_of_the_second_of_an_anonymous_organisation_keeps_what_was_typed_without_a_button(sector, chair):
    organisation = make_organisation()
    sector.organisations.add(organisation)
    contacts = [make_person(organisation=organisation) for _ in range(2)]
    for contact in contacts:
        contact.positions.update(is_main_contact=True)
    consultation = asked(chair, voice="organisation", is_anonymous=True)
    name, page = field_of(consultation), url("consultation", consultation)
    client_of(contacts[0]).post(page, {name: "Van de ander", "version": "0"})
    html = client_of(contacts[1]).post(page, {name: "Lang verhaal", "version": "0"}).content.decode()
    assert "Lang verhaal</textarea>" in html
    assert "Stuur mijn antwoord" not in html
    assert "Van de ander" not in html


def test_anonymous_page_says_so_before_sending_and_shows_nothing_of_it_after(chair):
    consultation = asked(chair, is_anonymous=True)
    client, page = client_of(chair), url("consultation", consultation)
    assert "Na het sturen kun je het niet meer veranderen" in client.get(page).content.decode()
    response = client.post(page, {field_of(consultation): "Een geheim", "version": "0"}, follow=True)
    after = client.get(page).content.decode()
    assert "Een geheim" not in response.content.decode() + after
    assert "niemand kan het terugvinden" in after
    assert "<textarea" not in after


def test_colleague_reads_along_and_sees_who_answers(sector, chair):
    organisation = make_organisation(name="gemeente Assen")
    sector.organisations.add(organisation)
    make_person(organisation=organisation, name="Anna Proef").positions.update(is_main_contact=True)
    colleague = make_person(organisation=organisation)
    consultation = asked(chair, voice="organisation")
    client = client_of(colleague)
    html = client.get(url("consultation", consultation)).content.decode()
    assert "Anna Proef antwoordt voor gemeente Assen. Jij kunt meelezen." in html
    assert "Hoe zien jullie de rol van ICT Noord hierin?" in html
    assert "<textarea" not in html
    assert client.get(url("substitute", consultation)).status_code == 404
    response = client.post(url("consultation", consultation), {field_of(consultation): "Stiekem", "version": "0"})
    assert "Anna Proef antwoordt" in response.content.decode()
    assert not AnswerSheet.objects.exists()


def test_chair_makes_questions_and_opens_them_after_a_confirmation(sector, chair):
    sector.people.add(make_member())
    client = client_of(chair)
    data = {
        "title": "Rol van ICT Noord", "background": "Een stap verder.", "home": f"sector-{sector.pk}",
        "voice": "person", "closes_at": "17-12-2099 17:00",
    }  # fmt: skip
    assert client.get(f"/vragen/nieuw/?voor=sector-{sector.pk}").status_code == 200
    client.post("/vragen/nieuw/", data)
    consultation = Consultation.objects.get()
    for text, kind, options in (
        ("Hoe?", "open", ""),
        ("Doen?", "one", "Ja\nNee\n"),
        ("Hoe graag?", "scale", "niet\nheel"),
    ):
        response = client.post(url("add_question", consultation), {"text": text, "kind": kind, "options": options})
        assert response.status_code == 302
    response = client.post(url("add_question", consultation), {"text": "Welke?", "kind": "several", "options": "Een"})
    assert "Geef minstens twee antwoorden" in response.content.decode()
    last = consultation.questions.last()
    client.post(url("arrange_question", consultation, last.pk), {"doe": "omhoog"})
    client.post(url("question", consultation, last.pk), {"text": "Hoe graag dan?", "kind": "scale", "options": ""})
    client.post(url("arrange_question", consultation, consultation.questions.first().pk), {"doe": "weg"})
    assert [(row.text, row.options.count()) for row in consultation.questions.all()] == [
        ("Hoe graag dan?", 0), ("Doen?", 2),
    ]  # fmt: skip
    client.post(url("edit", consultation), data | {"title": "De rol van ICT Noord"})
    assert "Hoe graag dan?" in client.get(url("preview", consultation)).content.decode()
    assert "2 mensen krijgen een mail." in client.get(url("step", consultation, "openen")).content.decode()
    assert not Mail.objects.exists()
    client.post(url("step", consultation, "openen"))
    assert Mail.objects.count() == 2
    assert (Consultation.objects.get().title, Consultation.objects.get().is_open()) == ("De rol van ICT Noord", True)
    assert client.get(url("edit", consultation)).status_code == 302
    assert "<svg" in client.get(url("code", consultation)).content.decode()


def test_chair_reminds_closes_and_tells_the_outcome(sector, chair):
    sector.people.add(make_member(), make_member())
    consultation = asked(chair)
    client = client_of(chair)
    answer(consultation=consultation, person=chair, replies={consultation.questions.get().pk: Reply(text="Ja")})
    assert "2 mensen krijgen een mail." in client.get(url("step", consultation, "herinneren")).content.decode()
    client.post(url("step", consultation, "herinneren"))
    assert "Dat kan één keer" in client.get(url("step", consultation, "herinneren")).content.decode()
    assert client.get(url("outcome", consultation)).status_code == 302
    client.post(url("step", consultation, "sluiten"))
    data = {
        "text": "Zo doen we het.", "acties-TOTAL_FORMS": "3", "acties-INITIAL_FORMS": "0",
        "acties-0-what": "Afspraken maken", "acties-0-owner": "gemeente Assen", "acties-0-due": "1-6-2027",
        "acties-1-what": "Half ingevuld",
    }  # fmt: skip
    assert "of vul niets in" in client.post(url("outcome", consultation), data).content.decode().lower()
    client.post(url("outcome", consultation), data | {"acties-1-what": ""})
    html = client.get(url("consultation", consultation)).content.decode()
    for text in ("Zo doen we het.", "Afspraken maken", "gemeente Assen, klaar op dinsdag 1"):
        assert text in html
    action = consultation.actions.get()
    client.post(url("action", consultation, action.pk), {"klaar": "1"})
    assert consultation.actions.get().done_at is not None


def outcome_fields(html: str) -> dict[str, str]:
    """Return what the form for the outcome would post as it stands."""
    fields = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and (name[1] == "read" or name[1].startswith("acties-")):
            fields[name[1]] = value[1] if value else ""
    return fields


def test_second_chair_sees_the_outcome_of_the_first_and_loses_nothing(sector, chair):
    other = make_chair(sector)
    consultation = asked(chair)
    close(consultation=consultation, by=chair)
    actions = [PlannedAction(name, "iemand", timezone.localdate()) for name in ("Blijft", "Leeg", "Van mij")]
    publish_outcome(consultation=consultation, by=chair, text="Eerst", actions=actions)
    clients, page = [client_of(person) for person in (chair, other)], url("outcome", consultation)
    first, second = (outcome_fields(client.get(page).content.decode()) for client in clients)
    late = dict.fromkeys((f"acties-{n}-{name}" for n in range(4) for name in ("what", "owner", "due")), "")
    new = {"acties-3-what": "Nieuw van A", "acties-3-owner": "A", "acties-3-due": "1-6-2099"}
    assert clients[0].post(page, first | new | {"text": "Van A"}).status_code == 302
    kept = {name: value for name, value in second.items() if not name.startswith("acties-1-")}
    typed = kept | {key: value for key, value in late.items() if key.startswith("acties-1-")}
    typed |= {"acties-1-pk": second["acties-1-pk"], "text": "Lang verhaal van B", "acties-2-what": "Herschreven"}
    html = clients[1].post(page, typed).content.decode()
    assert "Iemand anders heeft de uitkomst gewijzigd terwijl je schreef. Wat je typte is niet bewaard" in html
    for text in ("Van A", "Nieuw van A", "Lang verhaal van B</textarea>", 'value="Herschreven"'):
        assert text in html
    assert Consultation.objects.get().outcome == "Van A"
    # Pressing again is meant: the page said what it replaces, and what it did not show stays.
    again = typed | {"read": outcome_fields(html)["read"]}
    assert clients[1].post(page, again).status_code == 302
    assert Consultation.objects.get().outcome == "Lang verhaal van B"
    assert {row.what for row in consultation.actions.all()} == {"Blijft", "Herschreven", "Nieuw van A"}


def test_action_that_is_gone_is_a_sentence(chair):
    consultation = asked(chair)
    response = client_of(chair).post(url("action", consultation, 999999), {"klaar": "1"}, follow=True)
    assert "Iemand anders heeft deze actie weggehaald." in response.content.decode()


def test_what_was_typed_stays_when_the_other_chair_opened_the_questions(sector, chair):
    consultation = asked(chair, title="Eerste titel")
    client = client_of(chair)
    reason = "Mensen kunnen deze vragen nu beantwoorden"
    question = consultation.questions.get()
    posts = {
        url("edit", consultation): {
            "title": "Lange nieuwe titel", "home": f"sector-{sector.pk}", "voice": "person",
            "closes_at": "17-12-2099 17:00",
        },
        url("add_question", consultation): {"text": "Lange nieuwe titel", "kind": "open"},
        url("question", consultation, question.pk): {"text": "Lange nieuwe titel", "kind": "open"},
    }  # fmt: skip
    for page, data in posts.items():
        html = client.post(page, data).content.decode()
        assert 'value="Lange nieuwe titel"' in html, page
        assert reason in html, page
    assert Consultation.objects.get().title == "Eerste titel"
    assert consultation.questions.get().text == question.text


def test_question_that_the_other_chair_took_out_can_be_added_again(sector, chair):
    consultation = make_consultation(sector)
    question = make_question(consultation)
    page = url("question", consultation, question.pk)
    question.delete()
    html = client_of(chair).post(page, {"text": "Lang verhaal", "kind": "open"}).content.decode()
    assert "Iemand anders heeft deze vraag weggehaald. Je kunt haar opnieuw toevoegen." in html
    assert 'value="Lang verhaal"' in html
    assert f'action="{url("add_question", consultation)}"' in html
    assert not consultation.questions.exists()


def test_outcome_of_open_questions_keeps_what_was_typed(chair):
    consultation = asked(chair)
    data = {
        "text": "Lang verhaal",
        "acties-TOTAL_FORMS": "1",
        "acties-INITIAL_FORMS": "0",
        "acties-0-what": "Dit doen",
    }
    html = client_of(chair).post(url("outcome", consultation), data).content.decode()
    for text in ("Sluit eerst de vragen", "Lang verhaal</textarea>", 'value="Dit doen"'):
        assert text in html


def test_draft_is_deleted_after_a_confirmation(sector, chair):
    consultation = make_consultation(sector)
    client = client_of(chair)
    client.get(url("step", consultation, "weggooien"))
    assert Consultation.objects.exists()
    assert client.post(url("step", consultation, "weggooien")).url == "/vragen/"
    assert not Consultation.objects.exists()
    assert client.get(url("step", asked(chair), "onzin")).status_code == 404


def test_pages_of_a_sector_a_group_and_a_meeting_lead_to_the_questions(sector, chair):
    group = make_group()
    event = make_event(sectors=[sector])
    consultation = asked(chair, title="Rol van ICT Noord", group=group)
    of_event = make_consultation(event, is_open=True, title="Over vandaag")
    member = make_person()
    sector.people.add(member)
    pages = {home: home.get_absolute_url() for home in (sector, group, event)}
    for home, title in ((sector, consultation.title), (group, consultation.title), (event, of_event.title)):
        assert title in client_of(chair).get(pages[home]).content.decode()
        assert title not in client_of(None).get(pages[home]).content.decode()
    assert consultation.title in client_of(member).get(pages[sector]).content.decode()
    assert "Vragen aan de leden</h2>" not in client_of(member).get(pages[event]).content.decode()


def text_of(person: Person | None, address: str) -> str:
    return client_of(person).get(address).content.decode().replace("\xa0", " ")


def test_page_of_a_proposed_group_names_the_questions_that_decide_about_it(sector, chair):
    group = make_group(state=KnowledgeGroup.State.PROPOSED)
    make_consultation(sector, title="Nog een concept", group=group)
    consultation = asked(chair, title="Komt er een groep AI?", group=group)
    about = f'Vragen aan de leden beslissen hierover: <a href="{consultation.get_absolute_url()}">{consultation.title}'
    whom = "Vragen aan de leden beslissen hierover. Voor wie: De mensen van de sector Overheden."
    seen = {}
    for person in (chair, make_member(), None):
        html = text_of(person, group.get_absolute_url())
        seen[person] = (about in html, "Antwoorden kan" in html, whom in html, consultation.title in html)
        assert "Nog een concept" not in html.partition("</section>")[0]
    assert list(seen.values()) == [(True, True, False, True), (False, False, True, False), (False, False, True, False)]


def test_meeting_whose_people_decide_about_a_group_is_not_named(sector):
    group = make_group(state=KnowledgeGroup.State.PROPOSED)
    event = make_event(sectors=[sector], audience="hosts", title="Besloten overleg")
    make_consultation(event, is_open=True, group=group)
    html = text_of(None, group.get_absolute_url())
    assert "Voor wie: Wie bij een bijeenkomst was." in html
    assert "Besloten overleg" not in html


def test_outcome_stands_beside_the_decision_and_where_it_is_taken(sector, chair):
    administrator = make_person(is_staff=True, is_superuser=True)
    group = make_group(state=KnowledgeGroup.State.PROPOSED)
    consultation = asked(chair, title="Komt er een groep AI?", group=group)
    close(consultation=consultation, by=chair)
    deciding = reverse("admin:knowledge_groups_knowledgegroup_start", args=[group.pk])
    assert "Gesloten. De uitkomst komt nog." in text_of(administrator, deciding)
    publish_outcome(consultation=consultation, text="Ruime <b>steun</b>.", actions=[], by=chair)
    assert "Ruime &lt;b&gt;steun&lt;/b&gt;." in text_of(administrator, deciding)
    assert "De uitkomst is er." in text_of(chair, group.get_absolute_url())
    start_group(group=group, on=timezone.localdate(), decision="De ledenraad zei ja.")
    page = group.get_absolute_url()
    assert ["Ruime &lt;b&gt;steun" in text_of(person, page) for person in (chair, make_member(), None)] == [
        True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [1, 3])
def test_naming_the_deciding_questions_costs_one_query(sector, django_assert_num_queries, rows):
    group = make_group(state=KnowledgeGroup.State.PROPOSED)
    for _ in range(rows):
        make_consultation(sector, is_open=True, group=group)
    client = client_of(None)
    with django_assert_num_queries(6):
        client.get(group.get_absolute_url())


def test_form_offers_proposed_groups_and_the_one_that_it_is_about(sector, chair):
    proposed, started, _ended = (make_group(state=state) for state in KnowledgeGroup.State)
    consultation = make_consultation(sector, group=started)
    addresses = (reverse("consultations:new"), url("edit", consultation))
    offered = [set(client_of(chair).get(one).context["form"].fields["group"].queryset) for one in addresses]
    assert offered == [{proposed}, {proposed, started}]


def fill(sector, chair, rows: int) -> tuple[Consultation, Consultation, Consultation]:
    """Make an open one with so many of everything, a closed one of so many, and a draft."""
    organisations = [make_organisation() for _ in range(rows)]
    sector.organisations.add(*organisations)
    for organisation in organisations:
        make_person(organisation=organisation).positions.update(is_main_contact=True)
    made = []
    for voice in ("organisation", "person"):
        consultation = make_consultation(sector, voice=voice)
        for _ in range(rows):
            make_question(consultation, kind="one", options=tuple(f"Keuze {n}" for n in range(rows + 1)))
        open_to_members(consultation=consultation, by=chair)
        made.append(Consultation.objects.get(pk=consultation.pk))
    actions = [PlannedAction(f"Actie {n}", "iemand", timezone.localdate()) for n in range(rows)]
    close(consultation=made[1], by=chair)
    publish_outcome(consultation=made[1], by=chair, text="Zo", actions=actions)
    draft = make_consultation(sector)
    for _ in range(rows):
        make_question(draft, kind="one", options=("Ja", "Nee"))
    return *made, draft


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_have_a_query_budget(sector, chair, rows):
    running, closed, draft = fill(sector, chair, rows)
    person = Person.objects.filter(positions__is_main_contact=True).first()
    pages = {
        (person, "/vragen/"): 5,
        (person, url("consultation", running)): 9,
        (person, url("substitute", running)): 9,
        (chair, "/vragen/"): 4,
        (chair, url("consultation", running)): 6,
        (chair, url("consultation", closed)): 4,
        (chair, url("results", closed)): 8,
        (chair, url("manage", running)): 7,
        (chair, url("manage", draft)): 6,
        (chair, url("preview", draft)): 5,
        (chair, url("step", draft, "openen")): 6,
        (chair, url("outcome", closed)): 4,
        (chair, url("code", running)): 3,
        (chair, "/vragen/nieuw/"): 6,
    }
    seen = {}
    for reader, page in pages:
        client = client_of(reader)
        with CaptureQueriesContext(connection) as counted:
            assert client.get(page).status_code == 200, page
        seen[reader, page] = len(counted)
    assert seen == pages


def test_closed_page_takes_no_answer(chair):
    consultation = asked(chair)
    with time_machine.travel(consultation.closes_at):
        response = client_of(chair).post(
            url("consultation", consultation), {field_of(consultation): "Laat", "version": "0"}
        )
    assert "Deze vragen zijn gesloten" in response.content.decode()
    assert "Laat</textarea>" in response.content.decode()
    assert not AnswerSheet.objects.exists()


def test_form_refuses_what_was_made_up(chair):
    consultation = make_consultation(chair.sector_roles.get().sector)
    question = make_question(consultation, kind="one", options=("Ja", "Nee"))
    open_to_members(consultation=consultation, by=chair)
    for value in ("0", "x", "99999999999999999999", "' OR 1=1"):
        response = client_of(chair).post(
            url("consultation", consultation), {f"vraag_{question.pk}": value, "version": "0"}
        )
        assert "Kies een van de antwoorden op" in response.content.decode()
    assert (AnswerSheet.objects.count(), MemberQuestion.objects.count()) == (0, 1)
