"""Proposing a topic, changing it, and taking it back."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from events import topic_rules as rules
from events.models import Event, TopicProposal
from events.operations import topics as operations
from events.presenting import organisations_of
from events.topic_forms import TopicForm
from events.topic_rights import Part, Standing, standing_of_reader
from events.views.topics.access import Home, home_of, meeting_with_topics, visible_topic
from events.views.topics.meeting import topics_of
from knowledge_groups.models import KnowledgeGroup
from noord.domain import DomainError
from sectors.models import Sector

MOST_MEETINGS = 20  # to choose from


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Propose a topic: ?sector=slug, ?groep=slug or ?bijeenkomst=slug; without any, choose to whom first."""
    home, event, standing = _asked_home(request)
    if home is None:
        return _choose_home(request)
    decision = rules.may_propose(standing, home)
    if decision and event:
        decision = rules.may_propose_for(standing, event, now=timezone.now())
    back = reverse("events:topics", args=[event.slug]) if event else topics_of(home)
    if not decision and request.method != "POST":  # what was typed is not thrown away: the form says what is wrong
        return render(request, "events/topic_form.html", {"home": home, "decision": decision, "back": back})
    proposal = TopicProposal(event=event, **_owner(home))
    return _write(request, proposal, standing, back=back)


def _owner(home: Home) -> dict:
    return {"sector": home} if isinstance(home, Sector) else {"group": home}


def _asked_home(request: HttpRequest) -> tuple[Home | None, Event | None, Standing | None]:
    """Return to whom the address proposes, and for which meeting: of its hosts the one where one may do most."""
    if slug := request.GET.get("bijeenkomst"):
        event, standing = meeting_with_topics(request, slug)
        willing = [host for host in event.hosts if rules.may_propose(standing, host)] or event.hosts
        return max(willing, key=standing.in_home), event, standing
    if slug := request.GET.get("sector"):
        home, standing = home_of(request, Sector, slug)
        return home, None, standing
    if slug := request.GET.get("groep"):
        home, standing = home_of(request, KnowledgeGroup, slug)
        return home, None, standing
    return None, None, None


def _choose_home(request: HttpRequest) -> HttpResponse:
    standing = standing_of_reader(request.user)
    homes = [
        *Sector.objects.filter(pk__in=list(standing.sectors)),
        *KnowledgeGroup.objects.filter(pk__in=list(standing.groups)),
    ]
    own = [home for home in homes if standing.in_home(home) > Part.NONE and rules.may_propose(standing, home)]
    rows = [(home, f"?{'sector' if isinstance(home, Sector) else 'groep'}={home.slug}") for home in own]
    if len(rows) == 1:
        return redirect(reverse("events:new_topic") + rows[0][1])
    return render(request, "events/topic_choose_home.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's own proposal or draft."""
    proposal, standing = visible_topic(request, pk)
    if proposal.by_id != request.user.pk:
        raise Http404
    decision = rules.may_edit(standing, proposal)
    if not decision:
        messages.warning(request, decision.reason)
        return redirect(proposal)
    return _write(request, proposal, standing, back=proposal.get_absolute_url())


def _write(request: HttpRequest, proposal: TopicProposal, standing: Standing, *, back: str) -> HttpResponse:
    keeps_draft = "draft" in request.POST
    form = TopicForm(
        request.POST or None,
        instance=proposal,
        events=_open_meetings(request, proposal, standing) if proposal.is_draft else None,
        organisations=list(organisations_of(proposal.home)),
        own=request.user.organisation,
        is_draft=keeps_draft,
    )
    if request.method == "POST" and form.is_valid():
        try:
            stored, said = _store(request, proposal, form, keeps_draft=keeps_draft)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, said)
            return redirect(stored)
    context = {
        "home": proposal.home,
        "proposal": proposal,
        "form": form,
        "decision": True,
        "back": back,
    }
    return render(request, "events/topic_form.html", context)


def _open_meetings(request: HttpRequest, proposal: TopicProposal, standing: Standing) -> list[Event]:
    """Return the coming meetings for which the person may propose now (3 queries)."""
    now: datetime = timezone.now()
    home = {"sectors" if isinstance(proposal.home, Sector) else "groups": proposal.home}
    coming = Event.objects.visible_to(request.user).filter(**home, kind__in=Event.TOPIC_KINDS).upcoming(now)
    events = coming.with_hosts()[:MOST_MEETINGS]
    return [event for event in events if rules.may_propose_for(standing, event, now=now)]


def _store(request: HttpRequest, proposal: TopicProposal, form: TopicForm, *, keeps_draft: bool):
    words = {"proposal": form.instance, "presenters": form.presenters, "by": request.user}
    if not proposal.is_draft:
        return operations.edit(**words), _("Your proposal is changed.")
    if keeps_draft:
        return operations.keep_draft(**words), _("Your draft is kept. Only you see it.")
    return operations.propose(**words), _("Your topic is proposed. Everyone can now support it and give ideas.")


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own proposal back; a draft is thrown away."""
    proposal, standing = visible_topic(request, pk)
    if proposal.by_id != request.user.pk:
        raise Http404
    decision = rules.may_edit(standing, proposal)
    if request.method == "POST" or not decision:
        was_draft = proposal.is_draft
        try:
            decision.require()
            operations.withdraw(proposal=proposal, by=request.user)
        except DomainError as error:
            messages.warning(request, str(error))
        except TopicProposal.DoesNotExist:  # the button was pressed twice
            messages.info(request, _("You have thrown this draft away already."))
        else:
            messages.success(request, _("Your draft is thrown away.") if was_draft else _("Your topic is withdrawn."))
        return redirect("events:my_topics") if was_draft else redirect(proposal)
    lines = [_("It can no longer be chosen. The support and the input stay to be read.")]
    context = {
        "proposal": proposal,
        "heading": _("Throw this draft away") if proposal.is_draft else _("Withdraw your topic"),
        "lines": [_("Only you saw it.")] if proposal.is_draft else lines,
        "button": _("Throw my draft away") if proposal.is_draft else _("Withdraw my topic"),
        "back": proposal.get_absolute_url(),
    }
    return render(request, "events/topic_decide.html", context)
