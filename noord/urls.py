from django.contrib import admin
from django.urls import include, path

from noord import health, views
from noord.start.views import start

urlpatterns = [
    path("", views.home, name="home"),
    path("", include("events.urls")),
    path("", include("consultations.urls")),
    path("", include("documents.urls")),
    path("", include("sectors.urls")),
    path("", include("knowledge_groups.urls")),
    path("", include("members.urls")),
    path("account/", include("allauth.urls")),
    path("beheer/", admin.site.admin_view(start), name="start"),
    path("beheer/", admin.site.urls),
    path("toegankelijkheid/", views.accessibility, name="accessibility"),
    path("privacy/", views.privacy, name="privacy"),
    path("gezond/", health.health, name="health"),
]

handler400 = "noord.views.bad_request"
handler403 = "noord.views.permission_denied"
handler404 = "noord.views.page_not_found"
handler500 = "noord.views.server_error"
handler429 = "members.views.too_many_requests"
