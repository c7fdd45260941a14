"""Who was asked, as the rows say that were written then: they hear the outcome, whoever is in the audience by now."""

from django.db.models import Exists, OuterRef, QuerySet

from consultations import audience
from consultations.models import Consultation, Participation
from members.models import Organisation, Person, Position


def write_rows(consultation: Consultation) -> None:
    """Write a row for everybody of the audience of this moment who has none. Call it under lock()."""
    if consultation.per_organisation:
        name, found = "organisation_id", audience.organisations_in(consultation)
    else:
        name, found = "person_id", audience.people_in(consultation)
    present = set(consultation.participations.order_by().values_list(name, flat=True))
    rows = [
        Participation(consultation=consultation, **{name: pk})
        for pk in found.order_by("pk").values_list("pk", flat=True)
        if pk not in present
    ]
    Participation.objects.bulk_create(rows, batch_size=1000)


def told(consultation: Consultation) -> QuerySet[Person]:
    """Return who gets the mail with the outcome: who was asked, or who speaks today or spoke for an organisation.

    All of them may read the page (ConsultationQuerySet.visible_to): whoever went to another organisation may not.
    """
    rows = consultation.participations.order_by()
    if consultation.per_organisation:
        organisations = Organisation.objects.filter(pk__in=rows.values("organisation"))
        works_there = Position.objects.active_on().filter(
            person=OuterRef("answered_by"), organisation=OuterRef("organisation")
        )
        spoke = Person.objects.filter(pk__in=rows.filter(Exists(works_there)).values("answered_by"), is_active=True)
        people = audience.speakers_of(consultation, organisations) | spoke
    else:
        people = Person.objects.filter(pk__in=rows.values("person"), is_active=True)
    return people.filter(email__isnull=False).wanting("topics").order_by("pk")
