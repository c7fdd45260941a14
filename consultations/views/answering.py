"""What a member meets: the questions, one's own answer, and naming a colleague who answers."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from consultations import rules
from consultations.forms import AnswerForm, SubstituteForm
from consultations.models import AnswerSheet, Consultation, Substitute
from consultations.operations import answering as operations
from consultations.operations.planning import may_ask_somebody
from consultations.stand import Stand, stand_of
from consultations.views.access import visible_consultation
from events.models import Event
from knowledge_groups.models import KnowledgeGroup
from members.models import Person
from noord.domain import DomainError
from sectors.models import Sector

SHOWN = 100
HOMES = {model._meta.model_name: model for model in (Sector, KnowledgeGroup, Event)}


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What this person is asked and may read, the open ones first; or of one sector, group or meeting."""
    found = Consultation.objects.visible_to(request.user).with_management(request.user).with_home()
    wanted = request.GET.get("voor", "")
    kind, _dash, number = wanted.partition("-")
    if kind in HOMES and number.isdecimal() and len(number) < 19:
        found = found.about(HOMES[kind](pk=int(number)))
    now = timezone.now()
    rows = list(found.with_answer_of(request.user).open_first(now)[:SHOWN])
    context = {
        "open": [row for row in rows if row.is_open(now)],
        "drafts": [row for row in rows if row.is_draft],
        "closed": [row for row in rows if row.is_closed(now)],
        "wanted": wanted if kind in HOMES or wanted == "network" else "",
        "may_make": may_ask_somebody(request.user),
    }
    return render(request, "consultations/consultation_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def consultation(request: HttpRequest, pk: int) -> HttpResponse:
    """The background with the questions, or with the outcome when it is closed."""
    try:
        consultation = visible_consultation(request, pk)
    except Http404:
        if Consultation.objects.open().filter(pk=pk, audience=Consultation.Audience.PRESENT).exists():
            return _not_noted(request)
        raise
    if consultation.is_draft:
        return redirect("consultations:manage", pk=pk)
    now = timezone.now()
    if request.method == "POST":
        return _send(request, consultation)
    if consultation.is_closed(now):
        context = {"consultation": consultation, "actions": consultation.actions.all()}
        return render(request, "consultations/consultation_outcome.html", context)
    stand = _stand(request, consultation)
    if consultation.audience == Consultation.Audience.PRESENT and not stand.is_asked and not consultation.can_manage:
        return _not_noted(request)
    if stand.must_choose:
        return render(
            request, "consultations/consultation_choice.html", {"consultation": consultation, "stand": stand}
        )
    return _page(request, stand, _form(stand))


def _not_noted(request: HttpRequest) -> HttpResponse:
    """Tell who scans the code in the room, and was not noted at the door, what to do; and nothing of the questions."""
    return render(request, "consultations/not_noted.html", status=403)


def _wanted(request: HttpRequest) -> int | None:
    """Return the organisation for which this is: what the form was for, and else what the address says."""
    wanted = request.POST.get("voor") or request.GET.get("voor")
    if not wanted:
        return None
    return int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0


def _stand(request: HttpRequest, consultation: Consultation) -> Stand:
    """Return where the person stands; the page of an organisation that is not theirs does not exist."""
    wanted = _wanted(request) if consultation.per_organisation else None
    stand = stand_of(consultation, request.user, wanted)
    if wanted is not None and stand.organisation is None:
        raise Http404
    return stand


def _sheet_of(stand: Stand) -> AnswerSheet | None:
    """Return the answer that was sent, unless it is anonymous: then nobody knows which it is."""
    if not stand.has_answered or stand.consultation.is_anonymous:
        return None
    return AnswerSheet.objects.filter(participation=stand.participation).prefetch_related("answers").first()


def _form(stand: Stand, data=None) -> AnswerForm:
    questions = list(stand.consultation.questions.prefetch_related("options"))
    return AnswerForm(data, questions=questions, sheet=_sheet_of(stand) if stand.speaks else None)


def _send(request: HttpRequest, consultation: Consultation) -> HttpResponse:
    wanted = _wanted(request) if consultation.per_organisation else None
    stand = stand_of(consultation, request.user, wanted)
    form = _form(stand, request.POST)
    if not form.is_valid():
        return _page(request, stand, form)
    if consultation.per_organisation and stand.organisation is None:
        # Not for the organisation that the form is for, any more: then for no other either.
        form.add_error(None, rules.may_answer(stand, now=timezone.now()).reason)
        return _page(request, stand, form)
    version = form.cleaned_data["version"]
    given = {
        "consultation": consultation,
        "person": request.user,
        "replies": form.replies,
        "organisation": stand.organisation,
    }
    try:
        if version:
            operations.change_answer(**given, version=version)
        else:
            operations.answer(**given)
    except operations.AnsweredBefore as error:
        kept = _("What you typed is not sent, and still stands below.")
        form.add_error(None, f"{error} {kept}")
        # The next try knows of the answer that came first: then it is meant to take its place.
        return _page(request, stand_of(consultation, request.user, wanted), form, overtaken=True)
    except DomainError as error:
        form.add_error(None, str(error))
        return _page(request, stand, form)
    return redirect(reverse("consultations:thanks", args=[consultation.pk]) + stand.query)


def _page(request: HttpRequest, stand: Stand, form: AnswerForm, *, overtaken: bool = False) -> HttpResponse:
    now = timezone.now()
    consultation = stand.consultation
    decision = rules.may_change(stand, now=now) if stand.has_answered else rules.may_answer(stand, now=now)
    version = form["version"].value() or 0
    if overtaken and (sheet := _sheet_of(stand)):
        version = sheet.version
    context = {
        "consultation": consultation,
        "stand": stand,
        "voor": stand.organisation.pk if stand.organisation else _wanted(request) or "",
        "form": form,
        "version": version,
        "decision": decision,
        # Whatever was typed stays on the page, also when it cannot be sent.
        "shows_form": bool(decision) or form.is_bound,
        "may_name": rules.may_name_substitute(stand, now=now),
        "has_required": any(question.is_required for question in form.questions),
    }
    return render(request, "consultations/consultation_detail.html", context)


@require_safe
def thanks(request: HttpRequest, pk: int) -> HttpResponse:
    consultation = visible_consultation(request, pk)
    stand = _stand(request, consultation)
    if not stand.has_answered:
        return redirect(stand)
    decision = rules.may_change(stand, now=timezone.now())
    context = {"consultation": consultation, "stand": stand, "decision": decision}
    return render(request, "consultations/consultation_thanks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def substitute(request: HttpRequest, pk: int) -> HttpResponse:
    """The main contact lets a colleague answer."""
    consultation = visible_consultation(request, pk)
    stand = _stand(request, consultation)
    if stand.must_choose:
        return redirect(consultation)
    if not stand.is_main_contact:
        raise Http404
    today = stand.organisation.positions.active_on().values("person")
    colleagues = Person.objects.filter(Q(pk__in=today), is_active=True).exclude(pk=request.user.pk).order_by("name")
    named = Substitute.objects.filter(consultation=consultation, organisation=stand.organisation).first()
    form = SubstituteForm(
        request.POST or None, colleagues=colleagues, initial={"person": named.person_id if named else None}
    )
    if request.method == "POST" and form.is_valid():
        colleague = form.cleaned_data["person"]
        try:
            operations.name_substitute(
                consultation=consultation, colleague=colleague, by=request.user, organisation=stand.organisation
            )
        except DomainError as error:
            messages.error(request, str(error))
        else:
            text = _("%(name)s can answer now.") if colleague else _("You answer yourself.")
            messages.success(request, text % {"name": colleague})
        return redirect(stand)
    decision = rules.may_name_substitute(stand, now=timezone.now())
    context = {"consultation": consultation, "stand": stand, "form": form, "decision": decision}
    return render(request, "consultations/substitute_form.html", context)
