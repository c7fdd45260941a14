"""What a chair or manager does before the questions are open: write, order, look, open."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consultations import audience, rules
from consultations.forms import AnswerForm, ConsultationForm, QuestionForm
from consultations.models import Consultation, MemberQuestion
from consultations.operations import planning as operations
from consultations.views.access import for_managers
from noord.domain import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    homes = operations.homes_of(request.user)
    if not homes:
        raise Http404
    form = ConsultationForm(request.POST or None, homes=homes, asked_for=request.GET.get("voor", ""))
    if request.method == "POST" and form.is_valid():
        try:
            consultation = operations.make(plan=form.plan, by=request.user)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("consultations:manage", pk=consultation.pk)
    return render(request, "consultations/consultation_form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def edit(request: HttpRequest, consultation: Consultation) -> HttpResponse:
    decision = rules.may_write(consultation)
    if not decision and request.method != "POST":
        messages.error(request, str(decision.reason))
        return redirect("consultations:manage", pk=consultation.pk)
    homes = operations.homes_of(request.user)
    form = ConsultationForm(request.POST or None, homes=homes, consultation=consultation)
    if decision and request.method == "POST" and form.is_valid():
        try:
            operations.rewrite(consultation=consultation, plan=form.plan, by=request.user)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("consultations:manage", pk=consultation.pk)
    if not decision:
        form.add_error(None, str(decision.reason))
    context = {"form": form, "consultation": consultation, "decision": decision}
    return render(request, "consultations/consultation_form.html", context)


@require_safe
@for_managers
def manage(request: HttpRequest, consultation: Consultation) -> HttpResponse:
    """Where a set of questions stands, and all that can be done with it."""
    return _manage_page(request, consultation, QuestionForm())


def _manage_page(request: HttpRequest, consultation: Consultation, form: QuestionForm) -> HttpResponse:
    now = timezone.now()
    numbers = Consultation.objects.with_numbers().get(pk=consultation.pk)
    without = audience.without_speaker(consultation) if consultation.per_organisation else None
    context = {
        "consultation": consultation,
        "questions": list(consultation.questions.prefetch_related("options")),
        "numbers": numbers,
        "form": form,
        "is_open": consultation.is_open(now),
        "is_closed": consultation.is_closed(now),
        "may_remind": rules.may_remind(consultation, now=now),
        "reminds_itself": rules.reminds_itself(consultation),
        "remind_days": rules.REMIND_DAYS,
        "without_speaker": list(without[:20]) if without is not None and not consultation.is_closed(now) else [],
    }
    return render(request, "consultations/consultation_manage.html", context)


@require_safe
@for_managers
def preview(request: HttpRequest, consultation: Consultation) -> HttpResponse:
    """The questions as members see them, without a button to send."""
    form = AnswerForm(questions=list(consultation.questions.prefetch_related("options")))
    return render(request, "consultations/consultation_preview.html", {"consultation": consultation, "form": form})


@require_http_methods(["POST"])
@for_managers
def add_question(request: HttpRequest, consultation: Consultation) -> HttpResponse:
    form = QuestionForm(request.POST)
    decision = rules.may_write(consultation)
    if not decision:
        form.add_error(None, str(decision.reason))
    elif form.is_valid():
        try:
            operations.write_question(consultation=consultation, by=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect(reverse("consultations:manage", args=[consultation.pk]) + "#vragen")
    return _manage_page(request, consultation, form)


def _question(consultation: Consultation, number: int) -> MemberQuestion:
    question = get_object_or_404(consultation.questions.prefetch_related("options"), pk=number)
    question.consultation = consultation
    return question


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def edit_question(request: HttpRequest, consultation: Consultation, question: int) -> HttpResponse:
    if request.method == "POST" and not consultation.questions.filter(pk=question).exists():
        form = QuestionForm(request.POST)
        form.add_error(None, _("This question is taken out by somebody else. You can add it again."))
        return _manage_page(request, consultation, form)
    row = _question(consultation, question)
    form = QuestionForm(request.POST or None, question=row)
    if request.method == "POST" and form.is_valid():
        try:
            operations.write_question(consultation=consultation, by=request.user, question=row, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("consultations:manage", pk=consultation.pk)
    context = {"consultation": consultation, "question": row, "form": form}
    return render(request, "consultations/question_form.html", context)


@require_POST
@for_managers
def arrange_question(request: HttpRequest, consultation: Consultation, question: int) -> HttpResponse:
    """Move it up or down, or take it out: the button says which."""
    row = _question(consultation, question)
    try:
        match request.POST.get("doe"):
            case "omhoog" | "omlaag" as way:
                operations.move_question(question=row, up=way == "omhoog", by=request.user)
            case "weg":
                operations.remove_question(question=row, by=request.user)
                messages.success(request, _("The question is taken out."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(reverse("consultations:manage", args=[consultation.pk]) + "#vragen")
