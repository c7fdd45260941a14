import pytest


@pytest.fixture(autouse=True)
def stored(documents_folder):
    """Every test here keeps its files in a folder of its own."""
    return documents_folder
