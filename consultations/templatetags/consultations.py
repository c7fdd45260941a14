"""Questions to the members on the page of a sector, a group or a meeting, which need not know this app."""

from django import template
from django.template.context import Context
from django.utils import timezone

from consultations.models import Consultation
from events.models import Event
from knowledge_groups.models import KnowledgeGroup
from sectors.models import Sector

register = template.Library()
SHOWN = 3


@register.inclusion_tag("consultations/_of_home.html", takes_context=True)
def member_questions(context: Context, home: Sector | KnowledgeGroup | Event) -> dict:
    """Show the last questions that are open or have an outcome, to who may read them (1 query; a visitor none)."""
    person = context["user"]
    if not person.is_authenticated:
        return {}
    now = timezone.now()
    asked = Consultation.objects.visible_to(person).about(home).filter(opened_at__isnull=False)
    rows = list(asked.with_answer_of(person).open_first(now)[:SHOWN])
    may_ask = getattr(home, "can_invite", True)  # a meeting knows it; elsewhere the page behind the link does
    return {
        "rows": [(row, row.is_open(now)) for row in rows],
        "home": home,
        "voor": f"{home._meta.model_name}-{home.pk}",
        "shows": bool(rows) or may_ask,
    }
