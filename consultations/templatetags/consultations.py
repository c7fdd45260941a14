"""Questions to the members on the page of a sector, a group or a meeting, which need not know this app."""

from django import template
from django.template.context import Context
from django.utils import timezone
from django.utils.translation import gettext as _

from consultations.models import Consultation
from events.models import Event
from knowledge_groups.models import KnowledgeGroup
from noord.prepared import Prepared
from sectors.models import Sector

register = template.Library()
SHOWN = 3
OF_HOME = Prepared(
    lambda person, kind, pk, now: (
        Consultation.objects.visible_to(person, now)
        .about(kind(pk=pk))
        .filter(opened_at__isnull=False)
        .with_answer_of(person)
        .open_first(now)[:SHOWN]
    )
)


@register.inclusion_tag("consultations/_of_home.html", takes_context=True)
def member_questions(context: Context, home: Sector | KnowledgeGroup | Event) -> dict:
    """Show what is open or closed last, to who may read it (1 query; for a visitor none)."""
    person = context["user"]
    if not person.is_authenticated:
        return {}
    now = timezone.now()
    rows = OF_HOME.all(person=person, kind=type(home), pk=home.pk, now=now)
    may_ask = getattr(home, "can_invite", True)  # a meeting knows it; elsewhere the page behind the link does
    return {
        "rows": [(row, row.is_open(now)) for row in rows],
        "voor": f"{home._meta.model_name}-{home.pk}",
        "shows": bool(rows) or may_ask,
    }


@register.inclusion_tag("consultations/_deciding.html", takes_context=True)
def deciding_questions(context: Context, group: KnowledgeGroup) -> dict:
    """Name the questions that decide about the group, to who may read them; to others only whom is asked (1 query)."""
    return {"rows": _deciding(context, group)}


@register.inclusion_tag("consultations/_outcomes.html", takes_context=True)
def deciding_outcomes(context: Context, group: KnowledgeGroup) -> dict:
    """Show what came out of the questions that decide about the group, to who may read that (1 query)."""
    return {"rows": [row for row, _is_open, _whom in _deciding(context, group) if row.may_read and row.outcome_at]}


def _deciding(context: Context, group: KnowledgeGroup) -> list[tuple[Consultation, bool, str]]:
    rows = Consultation.objects.deciding_about(group).with_home().with_reading_of(context["user"])
    now = timezone.now()
    return [(row, row.is_open(now), _whom(row)) for row in rows]


def _whom(consultation: Consultation) -> str:
    """Say who is asked. Which meeting that was at may be for its own people only."""
    match home := consultation.home:
        case Sector():
            return _("The people of the sector %(name)s") % {"name": home}
        case KnowledgeGroup():
            return _("The participants of %(name)s") % {"name": home}
    return consultation.get_audience_display()
