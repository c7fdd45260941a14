from django.urls import path

from bench.bare import views

urlpatterns = [
    path("one-query/", views.one_query),
    path("forty-rows/", views.forty_rows),
    path("register/", views.register),
]
