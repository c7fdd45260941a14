from members.admin import contact, organisations, people

__all__ = ["contact", "organisations", "people"]
