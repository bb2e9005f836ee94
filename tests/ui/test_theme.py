import pytest
from PySide6.QtGui import QColor

from stemstudio.core.stems import stem_kind
from stemstudio.ui.theme import DARK, LIGHT


def luminance(colour):
    channels = (channel / 255 for channel in QColor(colour).getRgb()[:3])
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """WCAG 2.1: from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
class TestContrast:
    @pytest.mark.parametrize("text", ["text", "text_secondary", "warning"])
    @pytest.mark.parametrize("ground", ["ground", "panel", "raised"])
    def test_text_is_legible(self, theme, text, ground):
        assert contrast(getattr(theme, text), getattr(theme, ground)) >= 4.5

    def test_primary_buttons_are_legible(self, theme):
        assert contrast(theme.on_accent, theme.accent) >= 4.5

    @pytest.mark.parametrize("stem", ["vocals", "drums", "bass", "other", "guitar", "residual"])
    def test_stems_stand_out_from_the_panel(self, theme, stem):
        assert contrast(theme.stem(stem_kind(stem).colour), theme.panel) >= 1.8
