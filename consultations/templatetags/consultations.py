"""Questions to the members on the page of a sector, a group or a meeting, which need not know this app."""

from django import template
from django.template.context import Context
from django.utils import timezone

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
