"""Questions to the members in a browser: one voice per organisation, anonymous answers, every page in every look."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from consultations.models import Answer, AnswerSheet, Consultation
from consultations.operations.answering import Reply, answer
from consultations.operations.planning import open_to_members
from consultations.operations.running import PlannedAction, close, publish_outcome
from members.models import Person
from sectors.models import Sector
from tests.browser.letters import Mailboxes
from tests.browser.test_pages import look_at
from tests.browser.visitor import Visitor
from tests.factories import (
    make_chair,
    make_consultation,
    make_member,
    make_organisation,
    make_person,
    make_question,
    make_sector,
)

pytestmark = pytest.mark.browser

ROLE, NEEDED = "Hoe zien jullie de rol van ICT Noord hierin?", "Wat moet daarvoor geregeld worden?"


@pytest.fixture
def sector(transactional_db: None) -> Sector:
    return make_sector(name="Overheden", slug="overheden")


@pytest.fixture
def chair(sector: Sector) -> Person:
    return make_chair(sector, email="voorzitter@noord.example", name="Peter Proef")


def test_one_voice_per_organisation_by_a_substitute_on_a_phone(
    visitor: Callable[..., Visitor], mailboxes: Mailboxes, sector: Sector, chair: Person
):
    organisation = make_organisation(name="gemeente Assen")
    sector.organisations.add(organisation)
    contact, substitute, colleague = (
        make_person(organisation=organisation, email=f"{name}@noord.example", name=f"{name.title()} Proef")
        for name in ("anna", "bo", "cas")
    )
    contact.positions.update(is_main_contact=True)

    # The chair makes the questions, without JavaScript, and opens them.
    maker = visitor(chair, javascript=False)
    maker.visit("/sectoren/overheden/")
    maker.click("Alle vragen aan de leden")
    maker.click("Stel een vraag aan de leden")
    maker.fill("Waar gaat het over?", "De rol van ICT Noord")
    maker.fill("Achtergrond", "ICT Noord wil een kennisgroep worden.")
    maker.choose("Eén antwoord per organisatie")
    maker.click("Bewaar en voeg vragen toe")
    for text in (NEEDED, ROLE):
        maker.fill("Vraag", text)
        maker.click("Voeg deze vraag toe")
    maker.click(f"Omhoog {ROLE}")
    maker.click("Bekijk het voorbeeld")
    maker.sees(f"1. {ROLE}", f"2. {NEEDED}")
    maker.click("Terug")
    maker.click("Zet de vragen open")
    maker.sees("1 persoon krijgt een mail.")
    maker.click("Zet de vragen open")
    maker.sees("De vragen staan open.")
    maker.click("Code voor in de zaal")
    asked = mailboxes.take(contact.email)
    assert (asked.subject, mailboxes.are_empty()) == ("Vraag aan de leden: De rol van ICT Noord", True)
    path = Consultation.objects.get().get_absolute_url()
    maker.sees(path)

    # The main contact lets a colleague answer.
    main = visitor(contact)
    main.visit(path)
    main.click("Laat een collega antwoorden")
    main.page.get_by_label("Collega").select_option("Bo Proef")
    main.click("Bewaar wie antwoordt")
    main.sees("Bo Proef kan nu antwoorden.")
    main.fill(f"1. {ROLE}", "Van Anna, nog niet verstuurd")

    # Another colleague may read along.
    reader = visitor(colleague, width=390)
    reader.visit(path)
    reader.sees("Anna Proef of Bo Proef antwoordt voor gemeente Assen. Jij kunt meelezen.", ROLE)
    assert reader.page.locator("textarea").count() == 0

    # The substitute answers on a phone.
    phone = visitor(substitute, width=390)
    phone.visit("/vragen/")
    phone.click("De rol van ICT Noord")
    phone.click("Stuur mijn antwoord")
    assert phone.page.title().startswith("Fout: ")
    phone.sees("Geef antwoord op minstens één vraag.")
    phone.fill(f"1. {ROLE}", "Aanjager van nieuwe onderwerpen")
    phone.click("Stuur mijn antwoord")
    phone.sees("Je antwoord is binnen", "Dit is het antwoord van gemeente Assen.")
    phone.click("Verander het antwoord")
    phone.fill(f"2. {NEEDED}", "Een plek in de agenda")
    phone.click("Bewaar mijn antwoord")

    # Who comes second hears who was first, and loses nothing.
    main.click("Stuur mijn antwoord")
    main.sees("Bo Proef heeft al geantwoord voor gemeente Assen.")
    assert main.field(f"1. {ROLE}").input_value() == "Van Anna, nog niet verstuurd"
    reader.visit(path)
    reader.sees("Bo Proef gaf het antwoord van gemeente Assen.")
    assert set(AnswerSheet.objects.get().answers.values_list("text", flat=True)) == {
        "Aanjager van nieuwe onderwerpen", "Een plek in de agenda",
    }  # fmt: skip


@pytest.mark.parametrize("count", [4, 5])
def test_anonymous_answers_are_shown_from_five_up(
    visitor: Callable[..., Visitor], mailboxes: Mailboxes, sector: Sector, chair: Person, count: int
):
    people = [make_member(name=f"Lid {number}") for number in range(6)]
    sector.people.add(*people)
    consultation = make_consultation(sector, title="Hoe gaat het?", is_anonymous=True)
    make_question(consultation, text="Wat moet beter?")
    make_question(consultation, text="Hoe tevreden ben je?", kind="scale", options=("niet", "heel"))
    open_to_members(consultation=consultation, by=chair)
    path = consultation.get_absolute_url()
    words, scale = consultation.questions.all()
    for number, person in enumerate(people[1:count]):
        replies = {words.pk: Reply(text=f"Verbetering {number}"), scale.pk: Reply(number=4)}
        answer(consultation=consultation, person=person, replies=replies)

    member = visitor(people[0], width=390, javascript=False)
    member.visit(path)
    member.sees("Na het sturen kun je het niet meer veranderen.")
    member.fill("1. Wat moet beter?", "Meer tijd voor elkaar")
    member.choose("5: heel")
    member.click("Stuur mijn antwoord")
    member.sees("Het is anoniem, dus niemand kan het terugvinden om het te veranderen.")
    member.visit(path)
    member.sees_no("Meer tijd voor elkaar")

    manager = visitor(chair)
    manager.visit(path)
    manager.click("Antwoorden, herinnering en uitkomst")
    manager.sees(f"{count} van 7 gaven antwoord.")
    manager.click("Wat er geantwoord is")
    manager.sees("Je ziet de antwoorden als de vragen gesloten zijn, vanaf 5 antwoorden.")
    manager.go_back()
    manager.click("Sluit de vragen")
    manager.click("Sluit de vragen nu")
    manager.click("Wat er geantwoord is")
    if count == 4:
        manager.sees("Er zijn te weinig antwoorden om anoniem te blijven: er was nog 1 nodig.")
        manager.sees_no("Meer tijd voor elkaar", "Wat moet beter?", "Gemiddeld")
    else:
        manager.sees("5 mensen gaven antwoord.", "Meer tijd voor elkaar", "Gemiddeld 4,2.")
        manager.sees_no("Lid 0")


@pytest.fixture
def made(sector: Sector, chair: Person) -> dict[str, Consultation]:
    """Questions in each state, of every kind."""
    organisation = make_organisation(name="gemeente Assen")
    sector.organisations.add(organisation)
    chair.positions.update(organisation=organisation, is_main_contact=True)
    rows = {}
    for name in ("draft", "open", "organisation", "closed", "few"):
        voice = "organisation" if name == "organisation" else "person"
        rows[name] = row = make_consultation(
            sector, title=f"Een raadpleging over samenwerken ({name})", voice=voice, is_anonymous=name == "few",
            background="Wat eraan voorafging.\n\nEn waarom nu.", closes_at=timezone.now() + timedelta(days=14),
        )  # fmt: skip
        make_question(row, text=ROLE, is_required=True)
        make_question(row, text="Doe je mee?", kind="one", options=("Ja, graag", "Nee", "Dat hangt ervan af"))
        make_question(row, text="Met wie?", kind="several", options=("Gemeenten", "Provincies", "Waterschappen"))
        make_question(row, text="Hoe graag?", kind="scale", options=("liever niet", "heel graag"))
        if name != "draft":
            open_to_members(consultation=row, by=chair)
    closed = rows["closed"]
    words, one, _several, scale = closed.questions.all()
    replies = {
        words.pk: Reply(text="Aanjager\n\nen vraagbaak"),
        one.pk: Reply(options=(one.options.first().pk,)),
        scale.pk: Reply(number=4),
    }
    answer(consultation=closed, person=chair, replies=replies)
    for name in ("closed", "few"):
        close(consultation=rows[name], by=chair)
    actions = [PlannedAction("Afspraken maken", "gemeente Assen", timezone.localdate())]
    publish_outcome(consultation=closed, by=chair, text="We gaan samen verder.", actions=actions)
    return rows


PAGES = [
    ("", ""),
    ("open", ""),
    ("organisation", ""),
    ("organisation", "vervanger/"),
    ("closed", ""),
    ("closed", "antwoorden/"),
    ("few", "antwoorden/"),
    ("draft", "beheer/"),
    ("draft", "wijzigen/"),
    ("draft", "voorbeeld/"),
    ("draft", "stap/openen/"),
    ("organisation", "beheer/"),
    ("open", "code/"),
    ("closed", "uitkomst/"),
]


def test_pages_have_no_fault(visitor: Callable[..., Visitor], made: dict[str, Consultation], chair: Person):
    reader = visitor(chair)
    for name, page in PAGES:
        look_at(reader, f"/vragen/{made[name].pk}/{page}" if name else "/vragen/")
    text = Answer.objects.exclude(text="").get()
    look_at(reader, f"/vragen/{made['closed'].pk}/antwoorden/{text.question_id}/{text.pk}/weghalen/")
    look_at(reader, f"/vragen/{made['closed'].pk}/antwoorden/{text.question_id}/")
