from events.admin import meetings, programme, registrations

__all__ = ["meetings", "programme", "registrations"]
