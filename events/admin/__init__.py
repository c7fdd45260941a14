from events.admin import holidays, meetings, programme, registrations

__all__ = ["holidays", "meetings", "programme", "registrations"]
