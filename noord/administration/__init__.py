"""The administration at /beheer/: who may enter, and that everybody meets only what is theirs."""
