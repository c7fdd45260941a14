"""Making questions to the members: the set, its questions in their order, and opening it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consultations import audience, rules
from consultations.mail import Step, tell
from consultations.models import Consultation, MemberQuestion, Option
from consultations.operations.locks import lock_managed
from consultations.participants import write_rows
from consultations.querysets import events_hosted_by, leads_of
from events.models import Event
from knowledge_groups.models import KnowledgeGroup
from members.models import Person
from noord.domain import DomainError
from sectors.models import Sector, SectorRole

Home = Sector | KnowledgeGroup | Event | None  # None is the whole network
_FIELDS = {Sector: ("sector", "for_sector"), KnowledgeGroup: ("group", "for_group"), Event: ("present", "for_event")}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is filled in about a set of questions."""

    title: str
    background: str
    home: Home
    voice: str
    is_anonymous: bool
    closes_at: datetime
    group: KnowledgeGroup | None = None


def homes_of(person: Person) -> list[Home]:
    """Return whose people this person may ask: sectors, groups, and meetings of the last month and to come."""
    if person.is_superuser:
        sectors, groups = Sector.objects.all(), KnowledgeGroup.objects.exclude(state=KnowledgeGroup.State.ENDED)
    else:
        roles = SectorRole.objects.active_on().filter(person=person).order_by()
        sectors = Sector.objects.filter(pk__in=roles.values("sector"))
        groups = KnowledgeGroup.objects.filter(pk__in=leads_of(person).values("group"))
    since = timezone.now() - timedelta(days=31)
    events = events_hosted_by(person).filter(end__gt=since, status=Event.Status.PUBLISHED).order_by("start", "pk")
    return [*sectors, *groups, *events[:30], *([None] if person.is_superuser else [])]


def may_ask_somebody(person: Person) -> bool:
    """Tell whether homes_of() has anything, in 2 queries at most: who has a meeting has the role that gives it."""
    roles = SectorRole.objects.active_on().filter(person=person)
    return person.is_superuser or roles.exists() or leads_of(person).exists()


@transaction.atomic
def make(*, plan: Plan, by: Person) -> Consultation:
    """Make a draft. Raises DomainError when these are not the person's people to ask."""
    consultation = _fill(Consultation(made_by=by), plan)
    consultation.save()
    return lock_managed(consultation, by)


@transaction.atomic
def rewrite(*, consultation: Consultation, plan: Plan, by: Person) -> Consultation:
    """Change a draft. Raises DomainError when it is open, or not the person's."""
    consultation = lock_managed(consultation, by)
    rules.may_write(consultation).require()
    _fill(consultation, plan).save()
    return lock_managed(consultation, by)


@transaction.atomic
def discard(*, consultation: Consultation, by: Person) -> None:
    """Delete a draft. Raises DomainError when it was opened once: then somebody was asked."""
    consultation = lock_managed(consultation, by)
    rules.may_write(consultation).require()
    consultation.delete()


def _fill(consultation: Consultation, plan: Plan) -> Consultation:
    for _kind, name in _FIELDS.values():
        setattr(consultation, name, None)
    consultation.audience = Consultation.Audience.NETWORK
    if plan.home is not None:
        consultation.audience, name = _FIELDS[type(plan.home)]
        setattr(consultation, name, plan.home)
    for name in ("title", "background", "voice", "is_anonymous", "closes_at", "group"):
        setattr(consultation, name, getattr(plan, name))
    return consultation


@transaction.atomic
def write_question(
    *,
    consultation: Consultation,
    by: Person,
    text: str,
    kind: str,
    is_required: bool = False,
    options: Sequence[str] = (),
    question: MemberQuestion | None = None,
) -> MemberQuestion:
    """Add a question at the end, or rewrite the given one where it stands.

    Raises DomainError when the set is open, has questions enough, or has this question no more.
    """
    consultation = lock_managed(consultation, by)
    rules.may_write(consultation).require()
    present = list(consultation.questions.all())
    if question is None:
        if len(present) >= rules.MOST_QUESTIONS:
            raise DomainError(_("These are questions enough: people answer them in one go."))
        question = MemberQuestion(consultation=consultation, position=present[-1].position + 1 if present else 1)
    elif question not in present:
        raise DomainError(_("This question is taken out by somebody else."))
    question.text, question.kind, question.is_required = text, kind, is_required
    question.save()
    question.options.all().delete()
    Option.objects.bulk_create(
        Option(question=question, text=option, position=position) for position, option in enumerate(options, 1)
    )
    return question


@transaction.atomic
def move_question(*, question: MemberQuestion, up: bool, by: Person) -> None:
    """Let it change places with the one before or after it; the first cannot go up, and nothing happens."""
    consultation = lock_managed(question.consultation, by)
    rules.may_write(consultation).require()
    rows = list(consultation.questions.all())
    here = next((index for index, row in enumerate(rows) if row.pk == question.pk), None)
    there = None if here is None else here + (-1 if up else 1)
    if there is None or not 0 <= there < len(rows):
        return
    rows[here], rows[there] = rows[there], rows[here]
    for position, row in enumerate(rows, 1):
        row.position = position
    MemberQuestion.objects.bulk_update(rows, ["position"])


@transaction.atomic
def remove_question(*, question: MemberQuestion, by: Person) -> None:
    rules.may_write(lock_managed(question.consultation, by)).require()
    question.delete()


@transaction.atomic
def open_to_members(*, consultation: Consultation, by: Person) -> int:
    """Ask the members; return how many get a mail. From here on the questions stay as they are.

    Everybody of the audience gets their row now, so that later a row says that somebody answered, and not when.
    Raises DomainError when the set is not ready or not the person's.
    """
    consultation = lock_managed(consultation, by)
    now = timezone.now()
    rules.may_open(consultation, now=now).require()
    consultation.opened_at = now
    consultation.save(update_fields=["opened_at"])
    write_rows(consultation)
    people = list(audience.asked(consultation).only("pk", "email"))
    tell(consultation, Step.ASKED, people)
    return len(people)
