"""Windows of the tests are those of the program: its style, its name, its icon."""

import pytest
from PySide6.QtWidgets import QApplication

from stemstudio.app import make_application


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """Return the application as `stemstudio.app` makes it."""
    return make_application()
