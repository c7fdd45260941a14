"""What the sectors tell about an organisation, and what they want to grow."""

from collections import Counter, defaultdict

from django.utils.translation import gettext as _

from members.models import Organisation, Person
from members.relations import Fact, Forecast, tells_facts, tells_forecasts
from sectors.models import Sector, SectorYear


@tells_facts
def sectors(organisation: Organisation, viewer: Person) -> list[Fact]:
    found = [(sector.name, sector.get_absolute_url()) for sector in organisation.sectors.all()]
    return [Fact(_("Sectors"), found or [(_("Takes part in no sector"), "")])]


@tells_forecasts
def growth(year: int) -> list[Forecast]:
    """Tell of each sector its target, who joined, and which prospective members may join in the year (4 queries)."""
    targets = dict(SectorYear.objects.filter(year=year).values_list("sector", "target_new_members"))
    taking_part = Sector.organisations.through.objects
    joined = Counter(
        taking_part.filter(organisation__in=Organisation.objects.new_members_in(year)).values_list("sector", flat=True)
    )
    prospects = defaultdict(set)
    for sector, organisation in taking_part.filter(organisation__in=Organisation.objects.prospects()).values_list(
        "sector", "organisation"
    ):
        prospects[sector].add(organisation)
    return [
        Forecast(sector.slug, sector.name, targets.get(sector.pk), joined[sector.pk], prospects[sector.pk])
        for sector in Sector.objects.all()
    ]
