from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from events.year import is_year, load_year
from knowledge_groups.models import KnowledgeGroup
from sectors.models import Sector


@login_not_required
@require_safe
def sector_year(request: HttpRequest, slug: str, year: int) -> HttpResponse:
    return _year(request, Sector, slug, year)


@login_not_required
@require_safe
def group_year(request: HttpRequest, slug: str, year: int) -> HttpResponse:
    return _year(request, KnowledgeGroup, slug, year)


def _year(request: HttpRequest, model: type[Sector | KnowledgeGroup], slug: str, year: int) -> HttpResponse:
    now = timezone.now()
    if not is_year(year, now):
        raise Http404
    home = get_object_or_404(model.objects.with_year(year, now), slug=slug)
    context = {
        "home": home,
        "is_sector": model is Sector,
        "place": f"events:{request.resolver_match.url_name}",
        "shown": load_year(home, year, request.user, now),
    }
    return render(request, "events/year.html", context)
