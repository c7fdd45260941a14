from django.urls import path

from events.views import agenda, event, feeds, invitations, mine, notices, participants, registrations

app_name = "events"
urlpatterns = [
    path("agenda/", agenda.agenda, name="agenda"),
    path("agenda.ics", feeds.everything, name="calendar"),
    path("agenda/persoonlijk/<str:token>.ics", feeds.personal, name="personal_calendar"),
    path("agenda/antwoord/<str:token>/", invitations.answer, name="answer"),
    path("agenda/<slug:slug>.ics", feeds.event, name="event_calendar"),
    path("agenda/<slug:slug>/", event.event, name="event"),
    path("agenda/<slug:slug>/aanmelden/", registrations.register, name="register"),
    path("agenda/<slug:slug>/mijn-aanmelding/", registrations.registration, name="registration"),
    path("agenda/<slug:slug>/afmelden/", registrations.cancel, name="cancel"),
    path("agenda/<slug:slug>/afmelden/<int:pk>/", registrations.cancel_for, name="cancel_for"),
    path("agenda/<slug:slug>/collega/", registrations.colleague, name="colleague"),
    path("agenda/<slug:slug>/overdragen/", registrations.hand_over, name="hand_over"),
    path("agenda/<slug:slug>/deelnemers/", participants.participants, name="participants"),
    path("agenda/<slug:slug>/uitnodigen/", invitations.invite, name="invite"),
    path("agenda/<slug:slug>/uitnodigingen/", invitations.invitations, name="invitations"),
    path("agenda/<slug:slug>/uitnodigingen/herinneren/", invitations.remind, name="remind"),
    path("agenda/<slug:slug>/wijziging/", notices.change_notice, name="change_notice"),
    path("sectoren/<slug:slug>.ics", feeds.sector, name="sector_calendar"),
    path("kennisgroepen/<slug:slug>.ics", feeds.group, name="group_calendar"),
    path("mijn/", mine.mine, name="mine"),
    path("mijn/agenda-link/", mine.renew, name="renew_feed"),
]
