"""The two questions of Tolbert about the role of ICT Noord, open to the people of Overheden.

Rows go straight into the tables, as the meetings do: the verb would mail people who do not exist.
"""

from datetime import timedelta

from django.utils import timezone

from consultations.audience import people_in
from consultations.models import Consultation, MemberQuestion, Participation
from knowledge_groups.models import KnowledgeGroup
from members.models import Person
from noord.demo import facts
from noord.demo.days import end_of, thursday_from
from sectors.models import Sector

OPEN_DAYS = 30


def load() -> None:
    """Load the questions, unless they are there."""
    texts = facts.document("questions")
    if Consultation.objects.filter(title=texts["title"]).exists():
        return
    consultation = Consultation.objects.create(
        title=texts["title"],
        background=facts.paragraphs(texts["background"]),
        audience=Consultation.Audience.SECTOR,
        for_sector=Sector.objects.get(slug="overheden"),
        group=KnowledgeGroup.objects.get(slug="ict-noord"),
        opened_at=timezone.now(),
        closes_at=end_of(thursday_from(timezone.localdate() + timedelta(days=OPEN_DAYS))),
        made_by=Person.objects.get(email="voorzitter@noord.example"),
    )
    MemberQuestion.objects.bulk_create(
        MemberQuestion(consultation=consultation, position=position, **row)
        for position, row in enumerate(texts["questions"], 1)
    )
    Participation.objects.bulk_create(
        Participation(consultation=consultation, person=person) for person in people_in(consultation).order_by("pk")
    )
