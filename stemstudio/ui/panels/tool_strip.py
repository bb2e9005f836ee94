"""The tools at the left edge of the spectrogram, and under them how what is drawn joins what is selected."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QButtonGroup, QFrame, QPushButton, QVBoxLayout, QWidget

from stemstudio.ui.icons import icon
from stemstudio.ui.selecting import Selecting
from stemstudio.ui.spectrogram.selecting.catalogue import TOOLS
from stemstudio.ui.spectrogram.selecting.mode import Mode
from stemstudio.ui.theme import Theme

WIDTH = 40
_ICON = 18

_MODES = (
    (Mode.NEW, "New", "What is drawn is selected instead of what was."),
    (Mode.ADD, "Add", "What is drawn is selected too (hold Shift)."),
    (Mode.SUBTRACT, "Subtract", "What is drawn is no longer selected (hold Alt)."),
    (Mode.INTERSECT, "Intersect", "Only what is drawn and was selected stays (hold Shift and Alt)."),
)


class ToolStrip(QWidget):
    """One button for each tool, one for each mode."""

    def __init__(self, selecting: Selecting, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selecting = selecting
        self._painted: dict[str, tuple[bool, str]] = {}
        self.setFixedWidth(WIDTH)
        self.tools = QButtonGroup(self)
        self.modes = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(2)
        for index, spec in enumerate(TOOLS):
            button = self._button(spec.title, f"{spec.title} ({spec.key})\n{spec.tip}")
            self.tools.addButton(button, index)
            column.addWidget(button)
        line = QFrame(self)
        line.setFrameShape(QFrame.Shape.HLine)
        line.setObjectName("line")
        column.addSpacing(4)
        column.addWidget(line)
        column.addSpacing(4)
        for index, (_, title, tip) in enumerate(_MODES):
            button = self._button(title, f"{title}\n{tip}")
            self.modes.addButton(button, index)
            column.addWidget(button)
        column.addStretch()
        self.tools.idClicked.connect(self._on_tool_clicked)
        self.modes.idClicked.connect(self._on_mode_clicked)
        selecting.changed.connect(self._on_changed)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self._on_changed()

    def minimumSizeHint(self) -> QSize:
        """Less than all buttons need, so that a low window can be."""
        return QSize(WIDTH, 200)

    def _button(self, name: str, tip: str) -> QPushButton:
        button = QPushButton(self)
        button.setCheckable(True)
        button.setProperty("tool", True)
        button.setIconSize(QSize(_ICON, _ICON))
        button.setAccessibleName(name)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # menu and keys do the same; the keys belong to the picture
        return button

    @Slot(int)
    def _on_tool_clicked(self, index: int) -> None:
        self._selecting.set_tool(TOOLS[index].id)

    @Slot(int)
    def _on_mode_clicked(self, index: int) -> None:
        self._selecting.set_mode(_MODES[index][0])

    @Slot()
    def _on_changed(self) -> None:
        chosen, theme = self._selecting.tool.id, self._theme
        for index, spec in enumerate(TOOLS):
            self._paint(self.tools.button(index), spec.id, spec.id == chosen, theme)
        for index, (mode, _, _) in enumerate(_MODES):
            self._paint(self.modes.button(index), f"mode_{mode.value}", mode is self._selecting.settings.mode, theme)

    def _paint(self, button: object, name: str, checked: bool, theme: Theme) -> None:
        assert isinstance(button, QPushButton)
        button.setChecked(checked)
        if self._painted.get(name) == (checked, theme.name):
            return
        self._painted[name] = (checked, theme.name)
        button.setIcon(icon(name, theme.on_accent if checked else theme.text))
