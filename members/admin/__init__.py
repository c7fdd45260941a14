from members.admin import organisations, people

__all__ = ["organisations", "people"]
