from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from consultations.models import Consultation
from noord.administration.rights import ask_for_proof


def visible_consultation(request: HttpRequest, pk: int) -> Consultation:
    """Return the set of questions, with can_manage, when this person may see it; else it does not exist (1 query)."""
    found = Consultation.objects.visible_to(request.user).with_management(request.user).with_home()
    return get_object_or_404(found, pk=pk)


def for_managers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the view the set of questions when this person manages it; for everybody else the page does not exist."""

    @wraps(view)
    def known(request: HttpRequest, pk: int, **kwargs) -> HttpResponse:
        consultation = visible_consultation(request, pk)
        if not consultation.can_manage:
            raise Http404
        back = reverse("consultations:manage", args=[pk])
        return ask_for_proof(request, back=back) or view(request, consultation, **kwargs)

    return known
