from django.urls import path

from documents import views

app_name = "documents"
urlpatterns = [
    path("documenten/nieuw/", views.add, name="add"),
    path("documenten/<int:pk>/", views.document, name="document"),
    path("documenten/<int:pk>/verwijderen/", views.remove, name="remove"),
]
