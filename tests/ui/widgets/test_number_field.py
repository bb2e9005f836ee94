import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from stemstudio.ui.widgets.number_field import NumberField


@pytest.fixture
def field(qtbot):
    field = NumberField("Width", 20.0, 500.0, "ms", 0)
    qtbot.addWidget(field)
    return field


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [
        ("35", 35, "35 ms"),
        ("35 ms", 35, "35 ms"),
        ("900", 500, "500 ms"),
        ("-3", 0, "0 ms"),
        ("nan", 20, "20 ms"),
        ("wide", 20, "20 ms"),
    ],
)
def test_a_typed_number_is_taken_or_the_old_one_stays(field, typed, value, shown):
    field.selectAll()
    QTest.keyClicks(field, typed)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.value == value
    assert field.text() == shown


def test_arrows_step_and_only_a_change_is_told(qtbot, field):
    told = []
    field.changed.connect(told.append)
    QTest.keyClick(field, Qt.Key.Key_Up)
    QTest.keyClick(field, Qt.Key.Key_Down)
    field.set_value(20)
    assert told == [21, 20]
