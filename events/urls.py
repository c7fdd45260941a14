from django.urls import path

from events.views import agenda, attendance, event, feeds, invitations, mine, notices, participants, registrations

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
    path("agenda/<slug:slug>/deelnemers/export/", participants.export, name="export"),
    path("agenda/<slug:slug>/aanwezig/", attendance.attendance, name="attendance"),
    path("agenda/<slug:slug>/aanwezig/code/", attendance.code, name="attendance_code"),
    path("agenda/<slug:slug>/aanwezig/lijst/", attendance.paper, name="attendance_paper"),
    path("agenda/<slug:slug>/badges/", attendance.badges, name="badges"),
    path("agenda/<slug:slug>/ik-ben-er/<str:token>/", attendance.check_in, name="check_in"),
    path("agenda/<slug:slug>/uitnodigen/", invitations.invite, name="invite"),
    path("agenda/<slug:slug>/uitnodigingen/", invitations.invitations, name="invitations"),
    path("agenda/<slug:slug>/uitnodigingen/herinneren/", invitations.remind, name="remind"),
    path("agenda/<slug:slug>/wijziging/", notices.change_notice, name="change_notice"),
    path("sectoren/<slug:slug>.ics", feeds.sector, name="sector_calendar"),
    path("kennisgroepen/<slug:slug>.ics", feeds.group, name="group_calendar"),
    path("mijn/", mine.mine, name="mine"),
    path("mijn/agenda-link/", mine.renew, name="renew_feed"),
]
