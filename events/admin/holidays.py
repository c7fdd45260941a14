from django.contrib import admin

from events.models import SchoolHoliday
from noord.administration.scoped import ScopedAdmin


@admin.register(SchoolHoliday)
class SchoolHolidayAdmin(ScopedAdmin):
    """The days that the ministry sets each year; every sector plans around the same ones."""

    list_display = ["name", "start", "end"]
    search_fields = ["name"]
    date_hierarchy = "start"
    ordering = ["-start"]
