"""Colours, sizes and the style sheet, dark and light. Nothing else in the program names a colour of the interface."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from stemstudio.core.resources import resource

SPACE = 8
"""Every gap is a multiple of this, in logical pixels."""

RADIUS = 6


@dataclass(frozen=True, slots=True)
class Theme:
    """Named colours as ``#RRGGBB``."""

    name: str
    ground: str
    panel: str
    raised: str
    line: str
    text: str
    text_secondary: str
    accent: str
    on_accent: str
    good: str
    warning: str
    danger: str
    stem_shade: int
    """Percentage passed to `QColor.darker` so that a stem's colour keeps its contrast on `panel`."""

    def stem(self, colour: str) -> QColor:
        """Colour of a stem, adapted to this theme."""
        return QColor(colour).darker(self.stem_shade)


DARK = Theme(
    "dark",
    ground="#14161A",
    panel="#1B1E24",
    raised="#252932",
    line="#343A46",
    text="#E7E9EE",
    text_secondary="#98A1B2",
    accent="#6EA8FE",
    on_accent="#0B1220",
    good="#2BB673",
    warning="#E69F00",
    danger="#FF7B72",
    stem_shade=100,
)
LIGHT = Theme(
    "light",
    ground="#F3F4F7",
    panel="#FFFFFF",
    raised="#E9ECF2",
    line="#C9CFDA",
    text="#1A1D23",
    text_secondary="#545D6E",
    accent="#1F5FBF",
    on_accent="#FFFFFF",
    good="#157A48",
    warning="#8A5A00",
    danger="#B3261E",
    stem_shade=115,
)
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Give the whole application the colours of `theme`."""
    app.setStyle("Fusion")
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.panel,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.raised,
        QPalette.ColorRole.AlternateBase: theme.panel,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.Button: theme.raised,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.BrightText: theme.danger,
        QPalette.ColorRole.ToolTipBase: theme.raised,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.Link: theme.accent,
        QPalette.ColorRole.PlaceholderText: theme.text_secondary,
        QPalette.ColorRole.Mid: theme.line,
        QPalette.ColorRole.Dark: theme.line,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.text_secondary))
    app.setPalette(palette)
    app.setStyleSheet(_style_sheet(theme))


def _style_sheet(t: Theme) -> str:
    chevron, check = (resource("icons", f"{name}.svg").as_posix() for name in ("chevron", "check"))
    return f"""
* {{ font-size: 13px; }}
QMainWindow, QDialog {{ background: {t.panel}; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; padding: 4px 6px; }}
QMenuBar {{ background: {t.panel}; color: {t.text_secondary}; padding: 2px 8px; }}
QMenuBar::item {{ padding: 4px 8px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected, QMenuBar::item:pressed {{ background: {t.raised}; color: {t.text}; }}
QMenu {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {t.accent}; color: {t.on_accent}; }}
QMenu::item:disabled {{ color: {t.text_secondary}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
QLabel[role="title"] {{ font-size: 18px; font-weight: 600; }}
QLabel[role="heading"] {{ font-size: 11px; font-weight: 600; color: {t.text_secondary}; }}
QLabel[role="secondary"] {{ font-size: 12px; color: {t.text_secondary}; }}
QLabel[role="notice"] {{ font-size: 12px; color: {t.warning}; }}
QLabel[role="key"] {{ font-size: 12px; font-weight: 600; }}
QLabel[role="strong"] {{ font-size: 14px; font-weight: 600; }}
QPushButton {{ background: {t.raised}; color: {t.text}; border: 1px solid transparent; border-radius: {RADIUS}px;
    padding: 6px 12px; min-height: 18px; }}
QPushButton:hover {{ border-color: {t.line}; }}
QPushButton:pressed {{ background: {t.line}; }}
QPushButton:focus {{ border-color: {t.accent}; }}
QPushButton:disabled {{ color: {t.text_secondary}; background: {t.panel}; border-color: {t.line}; }}
QPushButton:checked {{ background: {t.accent}; color: {t.on_accent}; }}
QPushButton[primary="true"] {{ background: {t.accent}; color: {t.on_accent}; font-weight: 600; }}
QPushButton[primary="true"]:hover {{ border-color: {t.text}; }}
QPushButton[primary="true"]:focus {{ border-color: {t.text}; }}
QPushButton[primary="true"]:disabled {{ background: {t.raised}; color: {t.text_secondary}; }}
QPushButton[flat="true"] {{ background: transparent; padding: 4px 8px; }}
QPushButton[flat="true"]:hover {{ background: {t.raised}; }}
QPushButton[letter="true"] {{ padding: 0; min-width: 26px; max-width: 26px; min-height: 22px; max-height: 22px;
    font-size: 12px; font-weight: 600; border-color: {t.line}; }}
QPushButton[tool="true"] {{ background: transparent; border-color: transparent; padding: 5px 0; min-width: 30px;
    min-height: 14px; max-height: 20px; }}
QPushButton[tool="true"]:hover {{ background: {t.raised}; }}
QPushButton[tool="true"]:checked {{ background: {t.accent}; }}
QPushButton[chip="true"] {{ padding: 3px 10px; min-height: 16px; border-radius: 12px; border-color: {t.line};
    font-size: 12px; }}
QPushButton[chip="true"]:hover {{ border-color: {t.text_secondary}; }}
QPushButton[chip="true"]:focus {{ border-color: {t.accent}; }}
QPushButton[chip="true"]:checked {{ background: {t.raised}; color: {t.text}; border-width: 2px; padding: 2px 9px; }}
QPushButton::menu-indicator {{ image: none; width: 0; }}
QFrame#chip {{ background: {t.panel}; border: 1px solid {t.line}; border-radius: 8px; }}
QFrame#chip QPushButton {{ padding: 3px 10px; min-height: 16px; }}
QFrame#chip QToolButton {{ background: transparent; color: {t.text}; border: none; border-radius: {RADIUS}px;
    padding: 3px 8px; font-weight: 600; }}
QFrame#chip QToolButton:hover {{ background: {t.raised}; }}
QFrame#chip QToolButton::menu-indicator {{ image: none; }}
QFrame#line {{ color: {t.line}; background: {t.line}; max-height: 1px; border: none; }}
QToolButton[view="true"] {{ background: transparent; color: {t.text_secondary}; border: 1px solid transparent;
    border-radius: {RADIUS}px; padding: 3px 13px 3px 4px; font-size: 12px; }}
QToolButton[view="true"]:hover, QToolButton[view="true"]:pressed {{ background: {t.raised}; color: {t.text}; }}
QToolButton[view="true"]:focus {{ border-color: {t.accent}; }}
QToolButton[view="true"]::menu-indicator {{ image: url("{chevron}"); width: 9px; height: 9px;
    subcontrol-position: right center; subcontrol-origin: padding; right: 2px; }}
QComboBox, QLineEdit, QSpinBox, QDoubleSpinBox {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line};
    border-radius: {RADIUS}px; padding: 4px 8px; min-height: 20px; selection-background-color: {t.accent};
    selection-color: {t.on_accent}; }}
QComboBox:focus, QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus {{ border-color: {t.accent}; }}
QComboBox:disabled, QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled {{ color: {t.text_secondary}; }}
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{ width: 0px;
    border: none; subcontrol-origin: border; }}
QComboBox::drop-down {{ border: none; width: 22px; }}
QComboBox::down-arrow {{ image: url("{chevron}"); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line};
    selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QLineEdit[quiet="true"] {{ background: transparent; border-color: transparent; padding: 1px 2px; min-height: 16px;
    font-size: 12px; color: {t.text_secondary}; }}
QLineEdit[quiet="true"]:hover, QLineEdit[quiet="true"]:focus {{ border-color: {t.line}; color: {t.text}; }}
QCheckBox {{ spacing: 8px; }}
QCheckBox::indicator {{ width: 15px; height: 15px; border: 1px solid {t.text_secondary}; border-radius: 3px;
    background: {t.raised}; }}
QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent}; image: url("{check}"); }}
QCheckBox::indicator:focus {{ border-color: {t.accent}; }}
QSlider::groove:horizontal {{ height: 4px; background: {t.line}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {t.text}; width: 12px; height: 12px; margin: -4px 0; border-radius: 6px; }}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ background: {t.accent}; }}
QSlider::handle:horizontal:disabled {{ background: {t.text_secondary}; }}
QProgressBar {{ background: {t.line}; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 2px; }}
QPushButton[tab="true"] {{ background: transparent; color: {t.text_secondary}; border: none; border-radius: 0;
    border-bottom: 2px solid transparent; padding: 5px 1px; min-height: 16px; font-size: 12px; }}
QPushButton[tab="true"]:checked {{ color: {t.text}; border-bottom-color: {t.accent}; }}
QPushButton[tab="true"]:hover, QPushButton[tab="true"]:focus {{ color: {t.text}; }}
QPushButton[tab="true"]:focus {{ border-bottom-color: {t.text_secondary}; }}
QPushButton[tab="true"]:checked:focus {{ border-bottom-color: {t.text}; }}
QScrollArea {{ border: none; background: transparent; }}
QScrollArea > QWidget > QWidget#pane {{ background: transparent; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {t.line}; border-radius: 4px; min-height: 24px; min-width: 24px; margin: 1px; }}
QScrollBar::handle:hover {{ background: {t.text_secondary}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
QListWidget, QTreeWidget {{ background: transparent; border: none; outline: none; }}
QListWidget::item {{ padding: 6px 8px; border-radius: 4px; }}
QTreeWidget::item {{ padding: 5px 8px; }}
QListWidget::item:hover, QTreeWidget::item:hover {{ background: {t.raised}; }}
QListWidget::item:selected, QTreeWidget::item:selected {{ background: {t.raised}; color: {t.text}; }}
QTreeWidget QLineEdit {{ padding: 0 4px; min-height: 0; }}
QSplitter::handle {{ background: {t.ground}; }}
QWidget#ground {{ background: {t.ground}; }}
QWidget#panel {{ background: {t.panel}; }}
QFrame#lane {{ background: {t.panel}; border: 1px solid {t.line}; border-radius: 8px; }}
QFrame#lane[selected="true"] {{ background: {t.raised}; border-color: {t.accent}; }}
QFrame#lane:focus {{ border-color: {t.accent}; }}
QFrame#notice {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: 8px; }}
"""
