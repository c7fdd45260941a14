from datetime import date, timedelta
from typing import Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value, Window
from django.db.models.functions import Coalesce, FirstValue, RowNumber
from django.utils import timezone

from members.periods import PeriodQuerySet, active_on


def workplace_of(person: str) -> Coalesce:
    """Return the name of the organisation where somebody works today, "" for nowhere, as an annotation.

    `person` is the path to the person from the row that is asked.
    """
    positions = apps.get_model("members", "Position").objects.active_on().filter(person=OuterRef(person))
    first = positions.order_by("-is_main_contact", "-start").values("organisation__name")[:1]
    return Coalesce(Subquery(first), Value(""))


class OrganisationQuerySet(models.QuerySet):
    def members_on(self, day: date | None = None) -> Self:
        """Keep the organisations with an active membership on the day (default: today)."""
        memberships = apps.get_model("members", "Membership").objects.active_on(day)
        return self.filter(Exists(memberships.filter(organisation=OuterRef("pk"))))

    def with_email_domain(self, email: str) -> Self:
        """Keep the organisation that owns the part after the @, whatever the case."""
        return self.filter(email_domains__name=email.rpartition("@")[2].strip().lower())

    def matching(self, text: str) -> Self:
        """Search name, short name and the name that people used to know."""
        return self.filter(
            Q(name__icontains=text) | Q(short_name__icontains=text) | Q(search_alias__icontains=text)
        ).distinct()

    def in_province(self, slug: str) -> Self:
        """Keep the organisations within the province, and the province itself."""
        through = self.model.provinces.through.objects.filter(to_organisation__slug=slug)
        return self.filter(Q(slug=slug) | Exists(through.filter(from_organisation=OuterRef("pk"))))

    def with_member_since(self, day: date | None = None) -> Self:
        """Add `member_since`: the first day of the membership that holds on the day (default: today)."""
        memberships = apps.get_model("members", "Membership").objects.active_on(day)
        since = memberships.filter(organisation=OuterRef("pk")).order_by("start").values("start")[:1]
        return self.annotate(member_since=Subquery(since))

    def prospects(self) -> Self:
        """Keep the organisations that may become a member."""
        return self.filter(prospect_since__isnull=False)

    def without_contact_since(self, day: date) -> Self:
        """Keep today's members with whom nobody had contact on this day or later."""
        moments = apps.get_model("members", "ContactMoment").objects.filter(happened_on__gte=day)
        return self.members_on().filter(~Exists(moments.filter(organisation=OuterRef("pk"))))

    def with_vacancy(self, day: date | None = None) -> Self:
        """Keep the members of the day where a role is vacant: somebody held it before and nobody does on the day."""
        vacated = apps.get_model("members", "Position").objects.vacated(day)
        return self.members_on(day).filter(pk__in=vacated.order_by().values("organisation"))

    def with_last_contact(self) -> Self:
        """Add `last_contact_on`, and `next_step` with `next_on`: the first open step, whoever takes it."""
        moments = apps.get_model("members", "ContactMoment").objects.filter(organisation=OuterRef("pk"))
        steps = moments.open_steps()
        return self.annotate(
            last_contact_on=Subquery(moments.order_by("-happened_on").values("happened_on")[:1]),
            next_step=Subquery(steps.values("next_step")[:1]),
            next_on=Subquery(steps.values("next_on")[:1]),
        )

    def new_members_in(self, year: int) -> Self:
        """Keep who became a member in the year, today at the latest, and was none on the day before."""
        memberships = apps.get_model("members", "Membership").objects.filter(organisation=OuterRef("pk"))
        before = memberships.model.objects.filter(
            Q(end__isnull=True) | Q(end__gte=OuterRef("start") - timedelta(days=1)),
            organisation=OuterRef("organisation"),
            start__lt=OuterRef("start"),
        )
        return self.filter(
            Exists(memberships.filter(~Exists(before), start__year=year, start__lte=timezone.localdate()))
        )

    def tiles(self, day: date | None = None) -> Self:
        """Return a dict for each organisation on the map: what its tile shows, and whether it is a member that day."""
        memberships = apps.get_model("members", "Membership").objects.active_on(day)
        return (
            self.filter(tile_column__isnull=False, tile_row__isnull=False)
            .annotate(
                is_member=Exists(memberships.filter(organisation=OuterRef("pk"))), province=F("provinces__cbs_code")
            )
            .order_by("name", "province")
            .values("name", "short_name", "tile_label", "tile_column", "tile_row", "is_member", "province")
        )


class PersonQuerySet(models.QuerySet):
    def members_on(self, day: date | None = None) -> Self:
        """Keep the people with a position, that day, at an organisation whose membership holds that day."""
        positions = apps.get_model("members", "Position").objects.at_member_on(day)
        return self.filter(Exists(positions.filter(person=OuterRef("pk"))))

    def colleagues_of(self, person, day: date | None = None) -> Self:
        """Keep the others who hold a position at an organisation where the person holds one, that day."""
        own = apps.get_model("members", "Position").objects.active_on(day).filter(person=person)
        shared = (
            apps.get_model("members", "Position")
            .objects.active_on(day)
            .filter(person=OuterRef("pk"), organisation__in=Subquery(own.values("organisation")))
        )
        return self.filter(Exists(shared)).exclude(pk=person.pk)

    def wanting(self, kind: str) -> Self:
        """Keep who wants this kind of mail, a field of MailPreferences. Who chose nothing wants all."""
        return self.filter(Q(mail_preferences__isnull=True) | Q(**{f"mail_preferences__{kind}": True}))


class PositionQuerySet(PeriodQuerySet):
    def at_member_on(self, day: date | None = None) -> Self:
        """Keep the positions that hold on the day at an organisation that is a member on that day."""
        return self.active_on(day).filter(active_on(day, "organisation__memberships__"))

    def vacated(self, day: date | None = None) -> Self:
        """Keep, of each role that nobody holds at its organisation on the day, the position of who held it last.

        Its role is vacant since the day after its end. What narrows the rows down to organisations or roles must come
        before this, and nothing else: each role is looked at among the rows that are left (in one reading of them).
        """
        day = day or timezone.localdate()
        last_first = {
            "partition_by": [F("organisation"), F("role")],
            "order_by": [F("end").desc(nulls_first=True), F("pk").desc()],
        }
        begun = self.filter(role__isnull=False, start__lte=day).annotate(
            from_last=Window(RowNumber(), **last_first),
            # The row's own end, but asked after the rows are numbered: Django puts a plain condition before that.
            last_end=Window(FirstValue("end"), **last_first),
        )
        return begun.filter(from_last=1, last_end__lt=day)


class RoleQuerySet(PeriodQuerySet):
    """Rows that give a person a role for a period: in a sector, in a knowledge group."""

    def with_people(self) -> Self:
        """Load each role's person, and add organisation_name: where they work today, "" for nowhere (1 query).

        Whose account is closed is left out: an old name and address must not stay on a public page.
        """
        people = self.filter(person__is_active=True).select_related("person")
        return people.annotate(organisation_name=workplace_of("person"))


class ContactMomentQuerySet(models.QuerySet):
    def open_steps(self, person=None) -> Self:
        """Keep the next steps that still have to be taken, by this person or by anybody; the first due first."""
        steps = self.filter(next_on__isnull=False, next_done_at__isnull=True)
        return (steps.filter(by=person) if person else steps).order_by("next_on", "pk")

    def next_steps_due(self, day: date) -> Self:
        """Keep the open next steps of this day and before."""
        return self.open_steps().filter(next_on__lte=day)
