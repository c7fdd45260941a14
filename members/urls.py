from django.urls import path

from members import views

app_name = "members"
urlpatterns = [
    path("leden/", views.organisation_list, name="list"),
    path("lid-worden/", views.membership_request, name="membership_request"),
    path("mijn/gegevens/", views.profile, name="profile"),
    path("mijn/mail/", views.mail_preferences, name="mail_preferences"),
    path("mail/stop/<str:token>/", views.unsubscribe, name="unsubscribe"),
    # Before allauth's own page at the same address, whose name (account_signup) still leads here.
    path("account/signup/", views.sign_up, name="sign_up"),
]
