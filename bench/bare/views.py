from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from bench.bare.models import Meeting, Registration


def one_query(request: HttpRequest) -> HttpResponse:
    row = get_object_or_404(Meeting, slug="meeting-7")
    return render(request, "one.html", {"title": row.title, "row": row})


def forty_rows(request: HttpRequest) -> HttpResponse:
    rows = Meeting.objects.order_by("start")[:40]
    return render(request, "forty.html", {"title": "Forty rows", "rows": rows})


@require_POST
@transaction.atomic
def register(request: HttpRequest) -> HttpResponse:
    """Lock, insert, count: three queries, the least with which seats can be handed out."""
    meeting = get_object_or_404(Meeting.objects.select_for_update(), slug="meeting-7")
    Registration.objects.create(meeting=meeting, name=request.POST["name"])
    Meeting.objects.filter(pk=meeting.pk).update(seats_taken=F("seats_taken") + 1)
    return redirect("/one-query/")
