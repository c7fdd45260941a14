"""The mails of questions to the members: that they are asked, a reminder for who is silent, and the outcome.

And to a colleague whom the main contact names: that he or she may answer.
"""

from collections.abc import Iterable
from enum import StrEnum
from itertools import groupby

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from consultations import audience
from consultations.models import Consultation, Substitute
from consultations.participants import told
from events.mail.letters import Letter
from members.models import Organisation, Person
from members.unsubscribe import unsubscribe_url
from noord.dates import NBSP, day_short, deadline, local_day
from noord.outbox.abouts import names_abouts
from noord.outbox.message import Message
from noord.outbox.queue import NewMail, enqueue, enqueue_many
from noord.outbox.renderers import renders, renders_batch
from noord.outbox.writing import write, write_each

KIND, NAMED, LIST = "consultations.step", "consultations.named", "vragen"
Params = dict[str, int | str]  # {"consultation": id, "step": a Step, "person": id}


class Step(StrEnum):
    """Each comes to a person once at most; the second reminder is the one by hand."""

    ASKED = "asked"
    REMINDER = "reminder"
    AGAIN = "again"
    OUTCOME = "outcome"


def tell(consultation: Consultation, step: Step, people: Iterable[Person]) -> None:
    """Queue one mail each; the key makes it one for ever."""
    enqueue_many(
        NewMail(
            kind=KIND,
            key=f"consultation:{consultation.pk}:{step}:{person.pk}",
            to=person.email,
            params={"consultation": consultation.pk, "step": str(step), "person": person.pk},
            is_bulk=True,
            about=f"consultation:{consultation.pk}",
        )
        for person in people
    )


def tell_substitute(consultation: Consultation, organisation: Organisation, person: Person) -> None:
    """Queue the mail that the person may answer for the organisation; once for each organisation."""
    if not audience.silent_substitutes(consultation).filter(organisation=organisation, person=person).exists():
        return
    enqueue(
        kind=NAMED,
        key=f"consultation:{consultation.pk}:named:{person.pk}:{organisation.pk}",
        to=person.email,
        params={"consultation": consultation.pk, "person": person.pk, "organisation": organisation.pk},
        about=f"consultation:{consultation.pk}",
    )


@renders(NAMED)
def render_named(*, consultation: int, person: int, organisation: int) -> Message | None:
    """Return the mail; None for who is substitute no more, and when nothing is left to answer."""
    asked = Consultation.objects.with_home().select_related("made_by").filter(pk=consultation).first()
    if asked is None or not asked.is_open():
        return None
    named = audience.silent_substitutes(asked).filter(person=person, organisation=organisation)
    row = named.select_related("person", "organisation", "named_by").first()
    return _write_named(asked, row) if row else None


def _write_named(consultation: Consultation, row: Substitute) -> Message:
    names = {"name": row.named_by or _("The main contact"), "organisation": row.organisation}
    subject = _("You can answer for %(organisation)s") % names
    stop = unsubscribe_url(row.person_id, "topics")
    voice = _("Your organisation gives one answer. Whoever is first gives it: you or the main contact.")
    letter = Letter(
        heading=f"{subject}: {consultation.title}",
        name=row.person.name,
        opening=[
            _("%(name)s lets you answer for %(organisation)s.") % names,
            *([consultation.background] if consultation.background else []),
            f"{voice} {_('The answers are anonymous.')}" if consultation.is_anonymous else voice,
        ],
        closing=_closing(consultation),
        button=_("Give your answer"),
        link=f"{settings.SITE_URL}{consultation.get_absolute_url()}?voor={row.organisation_id}",
        reason=_("You get this mail because a colleague chose you to answer."),
        unsubscribe_url=stop,
    )
    return _message(consultation, subject, *write("letter", {"letter": letter}), stop)


@names_abouts("consultation")
def _titles(ids: list[int]) -> dict[int, str]:
    return dict(Consultation.objects.filter(pk__in=ids).values_list("pk", "title"))


@renders_batch(KIND)
def render(asked: list[Params]) -> list[Message | None]:
    """Return the mails; None for who no longer wants them or has answered meanwhile, and when it is too late."""
    messages = {}
    for (number, step), rows in groupby(sorted(asked, key=_about), key=_about):
        consultation = Consultation.objects.with_home().select_related("made_by").filter(pk=number).first()
        if consultation is None:
            continue
        ids = [params["person"] for params in rows]
        people = list(_readers(consultation, Step(step)).filter(pk__in=ids).only("pk", "name"))
        for person, message in zip(people, _write(consultation, Step(step), people), strict=True):
            messages[number, step, person.pk] = message
    return [messages.get((*_about(params), params["person"])) for params in asked]


def _about(params: Params) -> tuple[int, str]:
    return params["consultation"], params["step"]


def _readers(consultation: Consultation, step: Step) -> QuerySet[Person]:
    """Return for whom the mail still makes sense at this moment."""
    if step == Step.OUTCOME:
        return told(consultation) if consultation.outcome_at else Person.objects.none()
    # Whoever answered between the queue and now has nothing left to do, at the first mail either.
    return audience.silent(consultation) if consultation.is_open() else Person.objects.none()


def _write(consultation: Consultation, step: Step, people: list[Person]) -> list[Message]:
    subject = _subject(consultation, step)

    def letter(own: dict[str, str]) -> Letter:
        return Letter(
            heading=f"{subject}: {consultation.title}",
            name=own["name"],
            opening=_opening(consultation, step),
            closing=[] if step == Step.OUTCOME else _closing(consultation),
            button=_("Read the outcome") if step == Step.OUTCOME else _("Give your answer"),
            link=settings.SITE_URL + consultation.get_absolute_url(),
            reason=_reason(consultation, step),
            unsubscribe_url=own["stop"],
        )

    own = [{"name": person.name, "stop": unsubscribe_url(person.pk, "topics")} for person in people]
    written = write_each("letter", lambda marks: {"letter": letter(marks)}, own)
    return [
        _message(consultation, subject, text, html, one["stop"])
        for (text, html), one in zip(written, own, strict=True)
    ]


def _message(consultation: Consultation, subject: str, text: str, html: str, stop: str) -> Message:
    by = consultation.made_by
    return Message(
        subject=f"{subject}: {consultation.title}".replace(NBSP, " "),
        text=text.replace(NBSP, " "),
        html=html,
        from_organiser=True,
        reply_to=by.email if by and by.email and by.is_active else "",
        unsubscribe_url=stop,
        list_id=LIST,
    )


def _subject(consultation: Consultation, step: Step) -> str:
    match step:
        case Step.ASKED:
            return _("Question to the members")
        case Step.OUTCOME:
            return _("The outcome")
    days = (local_day(consultation.closes_at) - timezone.localdate()).days
    return _("Answer today") if days <= 0 else _("Answer by %(day)s") % {"day": day_short(consultation.closes_at)}


def _opening(consultation: Consultation, step: Step) -> list[str]:
    match step:
        case Step.ASKED:
            first = _("We ask you for your answer.")
        case Step.OUTCOME:
            return [_("This is the outcome of the questions to the members."), consultation.outcome]
        case _reminder:
            first = _("You have not answered yet. We would like to know what you think.")
    if consultation.per_organisation:
        voice = _("You answer for your organisation: one answer each. You can name a colleague to do it.")
    else:
        voice = _("You answer for yourself.")
    if consultation.is_anonymous:
        voice += " " + _("The answers are anonymous.")
    return [first, *([consultation.background] if consultation.background else []), voice]


def _closing(consultation: Consultation) -> list[str]:
    return [_("You can answer %(until)s.") % {"until": deadline(consultation.closes_at)}]


def _reason(consultation: Consultation, step: Step) -> str:
    if step == Step.OUTCOME:  # of the list they may be gone
        return _("You get this mail because these questions were for you or your organisation.")
    match consultation.audience:
        case Consultation.Audience.SECTOR | Consultation.Audience.GROUP:
            return _("You get this mail because you are on the list of %(home)s.") % {"home": consultation.home}
        case Consultation.Audience.PRESENT:
            return _("You get this mail because you were at %(home)s.") % {"home": consultation.home}
    return _("You get this mail because you work at a member.")
