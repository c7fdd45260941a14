"""The dates of noord.dates as template filters. Those of a whole meeting take anything with a start and an end."""

from django import template

from noord import dates

register = template.Library()

for function in (
    dates.clock,
    dates.date_block,
    dates.day_long,
    dates.day_month,
    dates.day_short,
    dates.deadline,
    dates.month_year,
    dates.short_month,
    dates.short_weekday,
    dates.time_of_day,
):
    register.filter(function.__name__, function)


@register.filter
def time_range(period) -> str:
    return dates.time_range(period.start, period.end)


@register.filter
def when(period) -> str:
    return dates.when(period.start, period.end)
