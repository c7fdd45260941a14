"""What was answered: a page, all texts or names of one question, and a file. Each begins with results_of()."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consultations import exports
from consultations.models import Answer, Consultation, MemberQuestion
from consultations.operations.running import blank_text
from consultations.results import choices_of, results_of, shown, texts_of
from consultations.views.access import for_managers, visible_consultation
from noord.domain import DomainError

TEXTS_A_PAGE = 50


@require_safe
def results(request: HttpRequest, pk: int) -> HttpResponse:
    consultation = visible_consultation(request, pk)
    found = results_of(consultation, as_manager=consultation.can_manage, now=timezone.now())
    return render(request, "consultations/results.html", {"consultation": consultation, "results": found})


@require_safe
def texts(request: HttpRequest, pk: int, question: int) -> HttpResponse:
    """All that people wrote to one question, or who chose what, 50 on a page."""
    consultation = visible_consultation(request, pk)
    found = results_of(consultation, as_manager=consultation.can_manage, now=timezone.now(), texts=0)
    asked = get_object_or_404(consultation.questions, pk=question)
    is_open = asked.kind == MemberQuestion.Kind.OPEN
    if not found.decision or (consultation.is_anonymous and not is_open):
        raise Http404
    row = next(row for row in found.rows if row.question == asked)
    answers = (texts_of if is_open else choices_of)(asked) if row.decision else Answer.objects.none()
    page = Paginator(answers, TEXTS_A_PAGE).get_page(request.GET.get("pagina"))
    context = {"consultation": consultation, "row": row, "page": page, "texts": shown(page.object_list)}
    context["may_blank"] = consultation.can_manage and is_open
    return render(request, "consultations/results_texts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def blank(request: HttpRequest, consultation: Consultation, question: int, answer: UUID) -> HttpResponse:
    """Take one text away, after a confirmation."""
    found = results_of(consultation, as_manager=True, now=timezone.now(), texts=0)
    row = next((row for row in found.rows if row.question.pk == question), None)
    if row is None or not row.decision:
        raise Http404
    back = reverse("consultations:texts", args=[consultation.pk, question])
    if request.method == "POST":
        try:
            blank_text(consultation=consultation, answer=answer, by=request.user)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The text is taken away."))
        return redirect(back)
    text = get_object_or_404(texts_of(row.question), pk=answer)
    context = {"consultation": consultation, "row": row, "texts": shown([text]), "back": back}
    return render(request, "consultations/results_blank.html", context)


@require_POST
@for_managers
def export(request: HttpRequest, consultation: Consultation) -> HttpResponse:
    """A file with what the page shows; where the page shows nothing there is no file either."""
    found = results_of(consultation, as_manager=True, now=timezone.now(), texts=exports.MOST_TEXTS)
    if not found.decision:
        messages.error(request, str(found.decision.reason))
        return redirect("consultations:results", pk=consultation.pk)
    return exports.as_file(consultation, found)
