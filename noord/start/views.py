from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events.rights import manages_every_meeting
from members.models import Person
from noord.administration.rights import reaches_everything
from noord.dates import day_long
from noord.start.cards import relations_card, sector_cards
from noord.start.todo import Reach
from sectors.models import Sector
from sectors.rights import managed_sectors


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What needs doing this week: my sectors, the others in a line each for who sees all, and the relations.

    ?sector=slug opens the card of one sector; somebody else's is a 404.
    """
    person, now = request.user, timezone.now()
    mine = managed_sectors(person)
    sees_all = reaches_everything(person, "events.view_event")
    if slug := request.GET.get("sector"):
        chosen = (Sector.objects.all() if sees_all else mine).filter(slug=slug)
        own = mine.filter(slug=slug).exists()
        cards = sector_cards(chosen, _reach(person, is_own=own), now, is_whole=True)
        if not cards:
            raise Http404
        others, network = [], None
    else:
        cards = sector_cards(mine, _reach(person, is_own=True), now, is_whole=True)
        rest = Sector.objects.exclude(pk__in=[card.sector.pk for card in cards])
        others = sector_cards(rest, _reach(person, is_own=False), now, is_whole=False) if sees_all else []
        network = None
        if person.has_perm("members.view_organisation"):
            network = relations_card(now, with_requests=person.has_perm("members.view_membershiprequest"))
    common = admin.site.each_context(request)
    request.current_app = admin.site.name
    context = common | {
        "title": _("What needs doing this week"),
        "today": day_long(timezone.localdate()),
        "cards": cards,
        "others": others,
        "network": network,
        "is_one": bool(slug),
        "app_list": common["available_apps"],
    }
    return TemplateResponse(request, "admin/start/start.html", context)


def _reach(person: Person, *, is_own: bool) -> Reach:
    """Return what the person can open of these sectors: the pages of a meeting by a role or a right over all."""
    return Reach(
        meetings=is_own or manages_every_meeting(person),
        registrations=person.has_perm("events.view_registration"),
        mails=person.is_superuser,
        relations=person.has_perm("members.view_organisation"),
        add_meetings=person.has_perm("events.add_event"),
        change_sectors=person.has_perm("sectors.change_sector"),
    )
