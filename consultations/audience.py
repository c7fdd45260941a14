"""Who is asked: the people or the organisations of an audience, who speaks for an organisation, who is silent."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from consultations.models import Consultation, Participation, Substitute
from consultations.reach import organisations_of, people_of
from members.models import Organisation, Person, Position


def people_in(consultation: Consultation) -> QuerySet[Person]:
    """Return the people of the audience today, whoever answers for whom."""
    return people_of(consultation.audience, _home(consultation))


def organisations_in(consultation: Consultation) -> QuerySet[Organisation]:
    """Return the members that have one voice each: those of the sector, or where the people of the audience work."""
    return organisations_of(consultation.audience, _home(consultation))


def _home(consultation: Consultation) -> int | None:
    return consultation.for_sector_id or consultation.for_group_id or consultation.for_event_id


def speakers_of(consultation: Consultation, organisations: QuerySet[Organisation]) -> QuerySet[Person]:
    """Return who may answer for one of these organisations: its main contacts, and a substitute who works there."""
    here = Position.objects.active_on().filter(person=OuterRef("pk"), organisation__in=organisations.values("pk"))
    named = Substitute.objects.filter(
        consultation=consultation, organisation=OuterRef("organisation"), person=OuterRef("person")
    )
    return Person.objects.filter(Exists(here.filter(Q(is_main_contact=True) | Exists(named))), is_active=True)


def asked(consultation: Consultation) -> QuerySet[Person]:
    """Return who gets the mails: with an address, and nothing against questions."""
    if consultation.per_organisation:
        return _by_mail(speakers_of(consultation, organisations_in(consultation)))
    return _by_mail(people_in(consultation))


def silent(consultation: Consultation) -> QuerySet[Person]:
    """Return who is asked, gets mails, and has not answered."""
    answered = Participation.objects.answered().filter(consultation=consultation)
    if consultation.per_organisation:
        others = organisations_in(consultation).exclude(pk__in=answered.values("organisation"))
        return _by_mail(speakers_of(consultation, others))
    return _by_mail(people_in(consultation)).exclude(pk__in=answered.values("person"))


def silent_substitutes(consultation: Consultation) -> QuerySet[Substitute]:
    """Return who is named for an organisation that is silent, still works there, and gets mails."""
    here = Position.objects.active_on().filter(person=OuterRef("person"), organisation=OuterRef("organisation"))
    answered = Participation.objects.answered().filter(
        consultation=consultation, organisation=OuterRef("organisation")
    )
    return Substitute.objects.filter(
        Exists(here),
        ~Exists(answered),
        consultation=consultation,
        organisation__in=organisations_in(consultation).values("pk"),
        person__in=_by_mail(Person.objects.filter(is_active=True)).order_by().values("pk"),
    )


def without_speaker(consultation: Consultation) -> QuerySet[Organisation]:
    """Return the organisations for which nobody can answer, because no main contact is known."""
    contacts = Position.objects.active_on().filter(
        organisation=OuterRef("pk"), is_main_contact=True, person__is_active=True
    )
    return organisations_in(consultation).exclude(Exists(contacts))


def _by_mail(people: QuerySet[Person]) -> QuerySet[Person]:
    return people.filter(email__isnull=False).wanting("topics").order_by("pk")
