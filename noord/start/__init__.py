"""The first page of the administration: what needs doing this week, one click from doing it."""
