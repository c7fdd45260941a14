from django.urls import path

from knowledge_groups import views

app_name = "knowledge_groups"
urlpatterns = [
    path("kennisgroepen/", views.group_list, name="list"),
    path("kennisgroepen/<slug:slug>/", views.group, name="group"),
    path("kennisgroepen/<slug:slug>/meedoen/", views.join, name="join"),
    path("kennisgroepen/<slug:slug>/stoppen/", views.leave, name="leave"),
    path("kennisgroepen/<slug:slug>/verzoek/", views.ask, name="ask"),
    path("kennisgroepen/<slug:slug>/verzoek/intrekken/", views.withdraw, name="withdraw"),
    path("kennisgroepen/<slug:slug>/verzoek/<int:pk>/ja/", views.accept, name="accept"),
    path("kennisgroepen/<slug:slug>/verzoek/<int:pk>/nee/", views.decline, name="decline"),
]
