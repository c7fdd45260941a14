from django.urls import path

from knowledge_groups import views

app_name = "knowledge_groups"
urlpatterns = [
    path("kennisgroepen/", views.group_list, name="list"),
    path("kennisgroepen/<slug:slug>/", views.group, name="group"),
    path("kennisgroepen/<slug:slug>/meedoen/", views.join, name="join"),
    path("kennisgroepen/<slug:slug>/stoppen/", views.leave, name="leave"),
]
