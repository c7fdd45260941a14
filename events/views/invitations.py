from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from events import rules
from events.audience import Reach, preview, reach_of
from events.forms import InvitationForm
from events.mail.invitations import read_answer_token, send_trial
from events.models import Event, Invitation
from events.operations import invitations as operations
from events.views.event import visible_event
from noord.domain import DomainError

NAMES_SHOWN = 25  # of each reason; the number is always there


def _invitable(request: HttpRequest, slug: str) -> tuple[Event, Reach]:
    """Return the meeting and whom this person may invite to it; for who may invite nobody the page does not exist."""
    event = visible_event(request, slug)
    reach = reach_of(request.user, event)
    if not reach:
        raise Http404
    return event, reach


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose people, look at who gets an invitation and who not, and then send it."""
    event, reach = _invitable(request, slug)
    decision = rules.may_invite(event, now=timezone.now())
    form = InvitationForm(request.POST or None, event=event, reach=reach)
    context = {"event": event, "heading": _("Invite people"), "form": form, "decision": decision}
    if request.method == "POST" and decision and form.is_valid():
        word, send_at = form.cleaned_data["word"], form.cleaned_data["send_at"]
        if "trial" in request.POST:
            send_trial(event, request.user, word)
            messages.success(request, _("We sent a trial mail to %(email)s.") % {"email": request.user.email})
        elif "send" in request.POST:
            try:
                chosen = operations.invite(
                    event=event, selection=form.selection, by=request.user, word=word, send_at=send_at
                )
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                n = len(chosen.invited)
                messages.success(
                    request, ngettext("%(n)s invitation leaves.", "%(n)s invitations leave.", n) % {"n": n}
                )
                return redirect("events:invitations", slug=slug)
        chosen = preview(event, form.selection)
        context["preview"] = chosen
        context["left_out"] = [
            {"reason": reason, "count": len(names), "names": names[:NAMES_SHOWN], "more": len(names) - NAMES_SHOWN}
            for reason, names in chosen.left_out.items()
        ]
    return render(request, "events/invitation_form.html", context)


@require_http_methods(["GET", "HEAD"])
def invitations(request: HttpRequest, slug: str) -> HttpResponse:
    """Who was invited, and what they said; ?answer=none shows those only."""
    event, reach = _invitable(request, slug)
    asked = Invitation.objects.within(reach).filter(event=event)
    rows = list(asked.with_answer().with_delivery().select_related("person"))
    answers = {answer: sum(row.answer == answer for row in rows) for answer in Invitation.Answer}
    chosen = request.GET.get("answer", "")
    if chosen and chosen not in answers:
        raise Http404
    context = {
        "event": event,
        "heading": _("Invitations"),
        "invitations": [row for row in rows if row.answer == chosen] if chosen else rows,
        "chosen": chosen,
        "answers": [(answer.value, answer.label, answers[answer]) for answer in Invitation.Answer],
        "silent": sum(row.answer == Invitation.Answer.NONE and row.reminded_at is None for row in rows),
        "undelivered": sum(row.delivery in ("failed", "held") for row in rows),
        "queued": sum(row.delivery in ("queued", "sending", "retry") for row in rows),
        "decision": rules.may_invite(event, now=timezone.now()),
    }
    return render(request, "events/invitation_list.html", context)


@require_POST
def remind(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask everybody who has not answered once more."""
    event, _reach = _invitable(request, slug)
    try:
        n = operations.remind(event=event, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, ngettext("%(n)s reminder leaves.", "%(n)s reminders leave.", n) % {"n": n})
    return redirect("events:invitations", slug=slug)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Answer one invitation, with or without being logged in. Opening the page changes nothing: mail scanners do."""
    ids = read_answer_token(token)
    if ids is None:
        raise Http404
    invitation = get_object_or_404(
        Invitation.objects.with_answer().select_related("event", "person").filter(person__is_active=True),
        event=ids[0],
        person=ids[1],
    )
    event = invitation.event
    decision = rules.may_answer(event, now=timezone.now())
    if request.method == "POST" and decision:
        wish = request.POST.get("answer", "")
        if wish in (Invitation.Answer.YES, Invitation.Answer.MAYBE, Invitation.Answer.NO):
            try:
                operations.answer(event=event, person=invitation.person, answer=Invitation.Answer(wish))
            except DomainError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("We saved your answer."))
            return redirect("events:answer", token=token)
        messages.error(request, _("Choose one of the three answers."))
    context = {
        "event": event,
        "invitation": invitation,
        "decision": decision,
        "may_come": rules.may_register(event, now=timezone.now()),
        "Answer": Invitation.Answer,
    }
    response = render(request, "events/invitation_answer.html", context)
    # The address is a key: it goes to no other site and into no search engine.
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store"
    return response
