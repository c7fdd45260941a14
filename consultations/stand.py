"""Where somebody stands with a set of questions: asked or not, for whom they speak, and who has answered already."""

from dataclasses import dataclass, field

from consultations.audience import organisations_in, people_in
from consultations.models import Consultation, Participation, Substitute
from members.models import Organisation, Person, Position


@dataclass(slots=True)
class Stand:
    """`organisation` is the one that the person answers for, or reads along with; None for who answers alone.

    `speakers` may answer for it: its main contacts, and `substitute` when one is named who still works there.
    """

    consultation: Consultation
    person: Person
    is_asked: bool = False
    organisation: Organisation | None = None
    is_main_contact: bool = False
    contacts: list[Person] = field(default_factory=list)
    substitute: Person | None = None
    participation: Participation | None = None

    @property
    def speakers(self) -> list[Person]:
        return [*self.contacts, *([self.substitute] if self.substitute else [])]

    @property
    def speaks(self) -> bool:
        """May this person answer, as far as it depends on who it is?"""
        if self.organisation is None:
            return self.is_asked
        return self.is_asked and any(speaker.pk == self.person.pk for speaker in self.speakers)

    @property
    def has_answered(self) -> bool:
        return self.participation is not None and self.participation.has_answered


def stand_of(consultation: Consultation, person: Person) -> Stand:
    """Load it (2 queries, 4 with one voice per organisation).

    Somebody who works at more than one organisation that is asked answers first for the one where nobody has yet.
    """
    if consultation.per_organisation:
        return _for_organisation(consultation, person)
    return Stand(
        consultation,
        person,
        is_asked=people_in(consultation).filter(pk=person.pk).exists(),
        participation=consultation.participations.filter(person=person).first(),
    )


def _for_organisation(consultation: Consultation, person: Person) -> Stand:
    own = Position.objects.active_on().filter(person=person, organisation__in=organisations_in(consultation))
    organisations = list(own.order_by().values_list("organisation", flat=True))
    if not organisations:
        return Stand(consultation, person)
    people = Position.objects.active_on().filter(organisation__in=organisations, person__is_active=True)
    positions = list(people.select_related("person", "organisation").order_by("organisation__name", "start", "pk"))
    named = {
        row.organisation_id: row.person_id
        for row in Substitute.objects.filter(consultation=consultation, organisation__in=organisations)
    }
    participations = {
        row.organisation_id: row
        for row in consultation.participations.filter(organisation__in=organisations).select_related("answered_by")
    }
    stands: dict[int, Stand] = {}
    for position in positions:
        number = position.organisation_id
        stand = stands.setdefault(
            number,
            Stand(
                consultation,
                person,
                is_asked=True,
                organisation=position.organisation,
                participation=participations.get(number),
            ),
        )
        if position.is_main_contact:
            stand.contacts.append(position.person)
            stand.is_main_contact |= position.person_id == person.pk
        elif position.person_id == named.get(number):
            stand.substitute = position.person
    # False comes first: where the person speaks, and then where nobody has answered.
    return min(stands.values(), key=lambda stand: (not stand.speaks, stand.has_answered))
