"""The page that mends: what is selected, a method with its parameters, preview and apply, and moves between stems."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from stemstudio.repair.method import MIXTURE
from stemstudio.ui.mending import NOWHERE
from stemstudio.ui.panels.moving_section import MovingSection
from stemstudio.ui.panels.selection_fields import SelectionFields
from stemstudio.ui.widgets.chips import Chip, Chips
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.widgets.param_form import ParamForm
from stemstudio.ui.workplace import Workplace


class RepairPage(QWidget):
    """Second page of the inspector; its form is made from the method's parameters."""

    def __init__(self, place: Workplace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._editor, self._mending = place.studio, place.editor, place.mending
        self._shown: tuple[object, ...] = ()
        self.fields = SelectionFields(place.studio, place.editor, place.edits, self)
        self.method = QComboBox(self)
        self.method.setAccessibleName("Method")
        for info in self._mending.infos.values():
            self.method.addItem(info.title, info.id)
        self._summary = _secondary(self)
        self.form = ParamForm(self)
        self.reset = QPushButton("Reset", self)
        self.reset.setProperty("flat", True)
        self.reset.setToolTip("All parameters of this method back to their defaults.")
        kept = self.reset.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # the methods stay under the mouse when one has no parameters
        self.reset.setSizePolicy(kept)
        self._borrow_caption = QLabel("Borrow from", self)
        self.borrow = Chips("Borrow from", "Take what {0} has there.", choice=True, parent=self)
        self.taken_to = Chips("What is taken out goes to", "What is taken out goes to {0}.", choice=True, parent=self)
        self._reference = _secondary(self)
        self.moving = MovingSection(place.studio, place.editor, self)
        self._notice = QLabel(self)
        self._notice.setProperty("role", "notice")
        self._notice.setWordWrap(True)
        self.preview = _button("Preview (P)", "Loop the selection with the repair in it; nothing is changed.", self)
        self.old = _button("Old", "Hear the passage as it is (X).", self, checkable=True)
        self.new = _button("New", "Hear the passage repaired (X).", self, checkable=True)
        self.apply = _button("Apply (Enter)", "Mend what is selected.", self)
        self.apply.setProperty("primary", True)
        keep_space(self.reset)
        self._lay_out()
        self._connect()
        self._on_changed()

    def _lay_out(self) -> None:
        parameters = QHBoxLayout()
        parameters.addWidget(_heading("METHOD", self))
        parameters.addStretch()
        parameters.addWidget(self.reset)
        pane = QWidget(self)
        pane.setObjectName("pane")
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(_heading("SELECTION", self))
        column.addWidget(self.fields)
        column.addSpacing(4)
        column.addLayout(parameters)
        for widget in (self.method, self._summary, self.form, self._borrow_caption, self.borrow):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addWidget(_heading("WHAT IS TAKEN OUT GOES TO", self))
        column.addWidget(self.taken_to)
        column.addSpacing(4)
        column.addWidget(self.moving)
        column.addWidget(self._reference)
        column.addStretch()
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(pane)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(scroll, 1)
        layout.addWidget(self._notice)
        layout.addLayout(self._buttons())

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.preview, 2)
        row.addWidget(self.old)
        row.addWidget(self.new)
        row.addWidget(self.apply, 3)
        return row

    def _connect(self) -> None:
        self.method.activated.connect(self._on_method_chosen)
        self.form.changed.connect(self._on_values_changed)
        self.reset.clicked.connect(self._mending.reset)
        self.borrow.chosen.connect(self._on_source_chosen)
        self.taken_to.chosen.connect(self._on_taken_to_chosen)
        self.preview.clicked.connect(self._mending.preview)
        self.apply.clicked.connect(self._mending.apply)
        self.old.clicked.connect(self._on_old)
        self.new.clicked.connect(self._on_new)
        for signal in (
            self._mending.changed,
            self._editor.selection_changed,
            self._editor.preview_changed,
            self._editor.working_changed,
            self._studio.changed,
            self._studio.lane_selected,
        ):
            signal.connect(self._on_changed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Apply with Enter, except where Enter ends typing."""
        typing = isinstance(self.focusWidget(), QLineEdit)
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.modifiers() and not typing:
            self._mending.apply()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _on_method_chosen(self) -> None:
        self._mending.set_method(str(self.method.currentData()))

    @Slot()
    def _on_values_changed(self) -> None:
        self._shown = (self._mending.method_id, self.form.values())
        self._mending.set_values(self.form.values())

    @Slot(str)
    def _on_source_chosen(self, name: str) -> None:
        self._mending.set_values({spec.name: name for spec in self._mending.source_specs()})

    @Slot(str)
    def _on_taken_to_chosen(self, name: str) -> None:
        self._mending.set_taken_to(name)

    @Slot()
    def _on_old(self) -> None:
        self._editor.hear_old(True)
        self._on_changed()

    @Slot()
    def _on_new(self) -> None:
        self._editor.hear_old(False)
        self._on_changed()

    @Slot()
    def _on_changed(self) -> None:
        self._show_method()
        self._show_stems()
        editor, possible = self._editor, self._mending.possible
        previewing = editor.previewing
        self.preview.setText("Stop" if previewing else "Preview (P)")
        self.apply.setText("Apply" if previewing else "Apply (Enter)")  # four buttons leave less room
        self.preview.setEnabled(possible)
        self.apply.setEnabled(possible and not editor.working)
        for button, heard in ((self.old, editor.old_is_heard), (self.new, not editor.old_is_heard)):
            button.setVisible(previewing)
            button.setChecked(heard)
        self._notice.setText(self._missing())
        self._notice.setVisible(bool(self._notice.text()))

    def _show_method(self) -> None:
        info, values = self._mending.info, self._mending.values()
        form = {spec.name: values[spec.name] for spec in self._mending.specs()}
        if self._shown == (info.id, form):
            return
        self._shown = (info.id, form)
        self.method.setCurrentIndex(self.method.findData(info.id))
        self._summary.setText(info.summary)
        self._reference.setText(info.reference)
        self.form.set_specs(self._mending.specs(), form)
        self.form.setVisible(bool(form))
        self.reset.setVisible(bool(info.params))

    def _show_stems(self) -> None:
        borrows = self._mending.source_specs()
        self._borrow_caption.setVisible(bool(borrows))
        self.borrow.setVisible(bool(borrows))
        if borrows:
            mixture = Chip(MIXTURE, "Mixture", "#98A1B2")
            chips = [mixture, *(Chip.of_stem(name) for name in self._mending.sources if name != MIXTURE)]
            self.borrow.show_chips(chips, str(self._mending.values()[borrows[0].name]))
        goals = [Chip.of_stem(name) for name in self._editor.others]
        self.taken_to.show_chips([*goals, Chip(NOWHERE, "Nowhere", "#98A1B2")], self._mending.taken_to)

    def _missing(self) -> str:
        """What keeps a person from repairing although something is selected."""
        if self._studio.track is not None and self._editor.selection is not None and not self._editor.stem:
            return "The song itself stays as it is: choose a stem at the left."
        return ""


def _secondary(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setProperty("role", "secondary")
    label.setWordWrap(True)
    return label


def _heading(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("role", "heading")
    return label


def _button(text: str, tip: str, parent: QWidget, *, checkable: bool = False) -> QPushButton:
    button = QPushButton(text, parent)
    button.setToolTip(tip)
    button.setMinimumHeight(36)
    button.setCheckable(checkable)
    keep_space(button)
    return button
