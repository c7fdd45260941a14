from events.admin import holidays, meetings, programme, registrations, topics

__all__ = ["holidays", "meetings", "programme", "registrations", "topics"]
