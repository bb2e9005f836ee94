"""PySide6 6.12 on Python 3.11 loses references of None and True until the interpreter aborts; ours must not."""

import sys

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPainter

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 12), reason="None and True are immortal from 3.12 on")

CALLS = 200
SLACK = 50
"""Other code may come and go meanwhile; the defect takes one reference with each call."""


class Talker(QObject):
    spoke = Signal(bool)


def test_emitting_keeps_the_references_of_true(qapp):
    talker = Talker()
    before = sys.getrefcount(True)
    for _ in range(CALLS):
        talker.spoke.emit(True)
    assert abs(sys.getrefcount(True) - before) < SLACK


def test_painting_keeps_the_references_of_none(qapp):
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        painter.drawLine(0, 0, 7, 7)
    after = sys.getrefcount(None)
    painter.end()
    assert abs(after - before) < SLACK
