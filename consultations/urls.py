from django.urls import path

from consultations.views import answering, planning, results, running

app_name = "consultations"

urlpatterns = [
    path("vragen/", answering.mine, name="mine"),
    path("vragen/nieuw/", planning.new, name="new"),
    path("vragen/<int:pk>/", answering.consultation, name="consultation"),
    path("vragen/<int:pk>/bedankt/", answering.thanks, name="thanks"),
    path("vragen/<int:pk>/vervanger/", answering.substitute, name="substitute"),
    path("vragen/<int:pk>/antwoorden/", results.results, name="results"),
    path("vragen/<int:pk>/antwoorden/export/", results.export, name="export"),
    path("vragen/<int:pk>/antwoorden/<int:question>/", results.texts, name="texts"),
    path("vragen/<int:pk>/antwoorden/<int:question>/<uuid:answer>/weghalen/", results.blank, name="blank"),
    path("vragen/<int:pk>/beheer/", planning.manage, name="manage"),
    path("vragen/<int:pk>/wijzigen/", planning.edit, name="edit"),
    path("vragen/<int:pk>/voorbeeld/", planning.preview, name="preview"),
    path("vragen/<int:pk>/code/", running.code, name="code"),
    path("vragen/<int:pk>/stap/<slug:name>/", running.step, name="step"),
    path("vragen/<int:pk>/uitkomst/", running.outcome, name="outcome"),
    path("vragen/<int:pk>/acties/<int:action>/", running.action, name="action"),
    path("vragen/<int:pk>/vraag/", planning.add_question, name="add_question"),
    path("vragen/<int:pk>/vraag/<int:question>/", planning.edit_question, name="question"),
    path("vragen/<int:pk>/vraag/<int:question>/plaats/", planning.arrange_question, name="arrange_question"),
]
