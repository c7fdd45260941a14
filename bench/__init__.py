"""`make bench`: the pages of the portal beside a bare Django, in one run on one machine. See `python -m bench -h`."""
