from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "noord.demo"
