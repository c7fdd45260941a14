"""`make bench`: the pages of the portal beside a bare Django, in one run on one machine. Start with `python -m bench`."""
