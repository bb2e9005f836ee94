"""Short messages over the picture: what happened, what to do, and perhaps one button. They never block."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

_MOST = 3
_SHOWN_MS = 8000
_WIDTH = 480
_GAP = 8


class Notice(QFrame):
    """One message."""

    dismissed = Signal()

    def __init__(
        self, what: str, todo: str, buttons: tuple[tuple[str, Callable[[], object]], ...], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._callbacks = {}
        self._age = QElapsedTimer()
        self._age.start()
        title = QLabel(what, self)
        title.setWordWrap(True)
        title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text = QVBoxLayout()
        text.setSpacing(4)
        text.addWidget(title)
        if todo:
            remedy = QLabel(todo, self)
            remedy.setProperty("role", "secondary")
            remedy.setWordWrap(True)
            text.addWidget(remedy)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 8, 12)
        row.addLayout(text, 1)
        for caption, callback in buttons:
            button = QPushButton(caption, self)
            self._callbacks[button] = callback
            button.clicked.connect(self._on_clicked)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        close = QPushButton("✕", self)
        close.setProperty("flat", True)
        close.setAccessibleName("Dismiss")
        close.clicked.connect(self.dismiss)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.text = f"{what} {todo}".strip()
        self.setAccessibleName(self.text)

    @property
    def is_stale(self) -> bool:
        """Whether there was time to read it, and nothing in it is still to be done."""
        return not self._callbacks and self._age.hasExpired(_SHOWN_MS)

    def fit(self, width: int) -> None:
        """Take the height that the text needs at `width`."""
        layout = self.layout()
        assert layout is not None
        self.setFixedSize(width, max(layout.totalHeightForWidth(width), layout.totalMinimumSize().height()))

    @Slot()
    def dismiss(self) -> None:
        """Take the message away."""
        self.hide()
        self.dismissed.emit()
        self.deleteLater()

    @Slot()
    def _on_clicked(self) -> None:
        button = self.sender()
        assert isinstance(button, QPushButton)
        callback = self._callbacks[button]
        self.dismiss()
        callback()


class Notices(QWidget):
    """A column of messages at the bottom of `over`; the oldest go when there are too many."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._shown: list[Notice] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(_GAP)
        over.installEventFilter(self)
        self.hide()

    def show_notice(
        self,
        what: str,
        todo: str = "",
        buttons: tuple[tuple[str, Callable[[], object]], ...] = (),
        *,
        brief: bool = False,
    ) -> Notice:
        """Show a message; a `brief` one goes by itself after a while."""
        notice = Notice(what, todo, buttons, self)
        for old in self.notices():
            if old.text == notice.text:
                old.dismiss()
        for old in self.notices()[: 1 - _MOST]:
            old.dismiss()
        notice.dismissed.connect(self._on_dismissed)
        self._shown = [*self.notices(), notice]
        self._layout.addWidget(notice)
        notice.show()  # a layout shows it only later, and hidden ones get no room
        if brief:
            timer = QTimer(notice)
            timer.setSingleShot(True)
            timer.timeout.connect(notice.dismiss)
            timer.start(_SHOWN_MS)
        self.show()
        self._place()
        return notice

    def retire(self) -> None:
        """Take away what was said of things before, now that the person has gone on."""
        for notice in self.notices():
            if notice.is_stale:
                notice.dismiss()

    def notices(self) -> list[Notice]:
        """Return the messages that are shown, oldest first."""
        return [notice for notice in self._shown if not notice.isHidden()]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the bottom while the picture changes its size."""
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    @Slot()
    def _on_dismissed(self) -> None:
        # What is dismissed is deleted soon: nothing may hold it.
        self._shown = self.notices()
        self._place()

    @Slot()
    def _place(self) -> None:
        if not self.notices():
            self.hide()
            return
        width = min(_WIDTH, self._over.width() - 32)
        for notice in self.notices():
            notice.fit(width)
        height = sum(notice.height() for notice in self.notices()) + _GAP * (len(self.notices()) - 1)
        self.setGeometry((self._over.width() - width) // 2, self._over.height() - height - 16, width, height)
        self.raise_()
