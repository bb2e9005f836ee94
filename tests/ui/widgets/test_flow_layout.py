from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from stemstudio.ui.widgets.flow_layout import FlowLayout


def test_lines_break_where_the_room_ends_and_hidden_widgets_take_none(qtbot):
    pane = QWidget()
    qtbot.addWidget(pane)
    flow = FlowLayout(pane, 5)
    words = [QWidget(pane) for _ in range(5)]
    for word in words:
        word.setFixedSize(60, 20)
        flow.addWidget(word)
    flow.setGeometry(QRect(0, 0, 200, 100))
    assert [(word.x(), word.y()) for word in words] == [(0, 0), (65, 0), (130, 0), (0, 25), (65, 25)]
    assert flow.heightForWidth(200) == 45
    assert flow.heightForWidth(60) == 5 * 25 - 5
    words[1].hide()
    assert flow.heightForWidth(130) == 45
