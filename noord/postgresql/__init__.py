"""Django's PostgreSQL, with the plan of each question kept per connection (docs/decisions/0007)."""
