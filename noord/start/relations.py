"""What the start page says of the relations: which organisations wait for a word from us."""

from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet

from members.models import ContactMoment, MembershipRequest, Organisation

SILENCE = timedelta(days=182)  # as in the filter of the list of organisations


def prospects_due(today: date) -> QuerySet[Organisation]:
    """Return the prospective members with whom we meant to take a step, today or before."""
    steps = ContactMoment.objects.next_steps_due(today).order_by()
    return Organisation.objects.prospects().filter(pk__in=steps.values("organisation"))


def without_contact(today: date) -> QuerySet[Organisation]:
    """Return the members of whom nobody heard for six months."""
    return Organisation.objects.without_contact_since(today - SILENCE)


def with_vacancy(today: date) -> QuerySet[Organisation]:
    """Return the members where a role is vacant that somebody held before."""
    return Organisation.objects.with_vacancy(today)


def count_members(today: date) -> tuple[int, int]:
    """Return of how many members nobody heard for six months, and at how many a role is vacant."""
    numbers = {
        name: Count("pk", filter=Q(pk__in=found.order_by().values("pk")))
        for name, found in (("quiet", without_contact(today)), ("vacant", with_vacancy(today)))
    }
    counts = Organisation.objects.aggregate(**numbers)
    return counts["quiet"], counts["vacant"]


def count_prospects(today: date) -> tuple[int, int]:
    """Return how many prospective members there are, and how many of them wait for a step."""
    due = Count("pk", filter=Q(pk__in=prospects_due(today).order_by().values("pk")))
    counts = Organisation.objects.prospects().aggregate(together=Count("pk"), due=due)
    return counts["together"], counts["due"]


def open_requests() -> int:
    """Return how many people asked for membership and were not answered."""
    return MembershipRequest.objects.filter(handled_at=None).count()
