"""Sending as it is done without an outbox: a task per mail, which writes it, connects, sends and hangs up."""

from celery import shared_task
from django.core.mail import EmailMultiAlternatives

from noord.outbox.renderers import renderer_of


@shared_task
def send_one(event: int, person: int) -> None:
    message = renderer_of("events.invitation").write(event=event, person=person)
    mail = EmailMultiAlternatives(message.subject, message.text, to=[f"persoon-{person}@noord.example"])
    mail.attach_alternative(message.html, "text/html")
    mail.attach_alternative(message.calendar.decode(), "text/calendar; method=REQUEST")
    mail.attach("invite.ics", message.calendar, "application/ics")
    mail.send()
