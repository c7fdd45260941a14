"""Where somebody stands with a set of questions: asked or not, for whom they speak, and who has answered already."""

from dataclasses import dataclass, field

from consultations.audience import organisations_in, people_in
from consultations.models import Consultation, Participation, Substitute
from members.models import Organisation, Person, Position


@dataclass(slots=True)
class Stand:
    """`organisation` is the one that the person answers for, or reads along with; None for who answers alone.

    `speakers` may answer for it: its main contacts, and `substitute` when one is named who still works there.
    Somebody who works at more than one that is asked finds where they stand with each in `choices`.
    """

    consultation: Consultation
    person: Person
    is_asked: bool = False
    organisation: Organisation | None = None
    is_main_contact: bool = False
    contacts: list[Person] = field(default_factory=list)
    substitute: Person | None = None
    participation: Participation | None = None
    choices: list["Stand"] = field(default_factory=list, repr=False, compare=False)

    @property
    def must_choose(self) -> bool:
        """Does the person speak for more than one organisation, without having said for which one this is?"""
        return self.organisation is None and bool(self.choices)

    @property
    def speakers(self) -> list[Person]:
        return [*self.contacts, *([self.substitute] if self.substitute else [])]

    @property
    def speaks(self) -> bool:
        """May this person answer, as far as it depends on who it is?"""
        if self.organisation is None:
            return self.is_asked and not self.choices
        return self.is_asked and any(speaker.pk == self.person.pk for speaker in self.speakers)

    @property
    def has_answered(self) -> bool:
        return self.participation is not None and self.participation.has_answered

    @property
    def query(self) -> str:
        """What an address needs to lead to this organisation, and not to the choice: "?voor=12", or nothing."""
        return f"?voor={self.organisation.pk}" if self.organisation and self.choices else ""

    def get_absolute_url(self) -> str:
        return self.consultation.get_absolute_url() + self.query


def stand_of(consultation: Consultation, person: Person, organisation: int | None = None) -> Stand:
    """Load it (2 queries, 4 with one voice per organisation).

    Who speaks for more than one organisation says for which one, by its id: nothing here chooses, so that no answer
    is stored for the other one. Without it such a person must choose; with the id of an organisation where the person
    does not work, or that is not asked, the person is not asked.
    """
    if consultation.per_organisation:
        stands = _for_each_organisation(consultation, person)
        return _chosen(stands, organisation) or Stand(consultation, person)
    return Stand(
        consultation,
        person,
        is_asked=people_in(consultation).filter(pk=person.pk).exists(),
        participation=consultation.participations.filter(person=person).first(),
    )


def _chosen(stands: list[Stand], organisation: int | None) -> Stand | None:
    if organisation is not None:
        return next((stand for stand in stands if stand.organisation.pk == organisation), None)
    speaking = [stand for stand in stands if stand.speaks]
    if len(speaking) > 1:
        first = speaking[0]
        return Stand(first.consultation, first.person, is_asked=True, choices=stands)
    return next(iter(speaking or stands), None)


def _for_each_organisation(consultation: Consultation, person: Person) -> list[Stand]:
    """Return where the person stands with each organisation that is asked and where he or she works, by its name."""
    own = Position.objects.active_on().filter(person=person, organisation__in=organisations_in(consultation))
    organisations = list(own.order_by().values_list("organisation", flat=True))
    if not organisations:
        return []
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
    found = list(stands.values())
    if len(found) > 1:
        for stand in found:
            stand.choices = found
    return found
