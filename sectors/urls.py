from django.urls import path

from sectors import views

app_name = "sectors"
urlpatterns = [
    path("sectoren/", views.sector_list, name="list"),
    path("sectoren/<slug:slug>/", views.sector, name="sector"),
    path("sectoren/<slug:slug>/volgen/", views.join, name="join"),
    path("sectoren/<slug:slug>/niet-meer-volgen/", views.leave, name="leave"),
    path("speerpunten/<int:pk>/", views.focal_point, name="focal_point"),
    path("resultaten/", views.results, name="results"),
]
