from datetime import datetime
from typing import Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery, Value

from members.models import Organisation, Position
from noord.gathered import counted, gathered


class SectorQuerySet(models.QuerySet):
    def with_year(self, year: int, now: datetime) -> Self:
        """Add planned and target (None without a plan for the year), and how far it is: held and new_members.

        The meetings live in an app above this one, and are found through the sector; what counts for a plan is
        theirs to say (EventQuerySet.of_plan).
        """
        plan = apps.get_model("sectors", "SectorYear").objects.filter(sector=OuterRef("pk"), year=year)
        meetings = self.model.events.rel.related_model.objects.of_plan().in_year(year).held(now)
        joined = self.model.organisations.through.objects.filter(
            organisation__in=Organisation.objects.new_members_in(year).order_by().values("pk")
        )
        return self.annotate(
            planned=Subquery(plan.values("planned_meetings")[:1]),
            target=Subquery(plan.values("target_new_members")[:1]),
            held=counted(meetings, "sectors"),
            new_members=counted(joined, "sector", "organisation"),
        )

    def with_reader(self, person) -> Self:
        """Add on_list and works_at_member: is the person (or visitor) on the list, and could they be?"""
        if not person.is_authenticated:
            return self.annotate(on_list=Value(False), works_at_member=Value(False))
        return self.annotate(
            on_list=Exists(self.model.people.through.objects.filter(sector=OuterRef("pk"), person=person)),
            works_at_member=Exists(Position.objects.at_member_on().filter(person=person)),
        )


class FocalPointQuerySet(models.QuerySet):
    def concerning(self, sectors, groups=()) -> Self:
        """Keep the focal points of these sectors, and those in which they or these groups are a partner."""
        partners = self.model.partner_sectors.through.objects.filter(sector__in=sectors)
        in_groups = self.model.partner_groups.through.objects.filter(knowledgegroup__in=groups)
        return self.filter(
            Q(sector__in=sectors)
            | Q(Exists(partners.filter(focalpoint=OuterRef("pk"))))
            | Q(Exists(in_groups.filter(focalpoint=OuterRef("pk"))))
        )

    def in_year_until(self, year: int) -> Self:
        """Keep those of this year, or else of the last year before it that has any."""
        known = self.filter(year__lte=year)
        return known.filter(year=known.order_by("-year").values("year")[:1])

    def with_partners(self) -> Self:
        """Load the sector, and what FocalPoint.partners needs, without a query more."""
        model = self.model
        return self.select_related("sector").annotate(
            partner_sector_rows=gathered(
                model.partner_sectors.through.objects.all(), "focalpoint", name="sector__name", slug="sector__slug"
            ),
            partner_group_rows=gathered(
                model.partner_groups.through.objects.all(),
                "focalpoint",
                name="knowledgegroup__name",
                slug="knowledgegroup__slug",
            ),
            partner_organisation_rows=gathered(
                model.partner_organisations.through.objects.all(), "focalpoint", name="organisation__name"
            ),
        )

    def with_result(self) -> Self:
        """Keep those of which we say what came of them; newest year first, by sector."""
        return self.exclude(result="").order_by("-year", "sector__name", "position", "pk")
