"""The Effects page: what a person does with the mouse and the keys, and what comes of it in the document."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QInputDialog, QScrollArea

from stemstudio.effects.chain import ChainSlot
from stemstudio.effects.effect import Effect
from stemstudio.effects.presets import preset
from stemstudio.effects.registry import effect, infos
from stemstudio.operations.mix_edits import MIX
from stemstudio.ui.chain_work import shipped_presets
from stemstudio.ui.own_presets import own_presets

RATE = 44100
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(six_stems, open_page):
    with open_page(six_stems, "Effects") as window:
        yield window


@pytest.fixture
def page(window):
    return window.inspector.page("Effects")


def effects(window, place="vocals"):
    return [slot.effect for slot in window.desk.chain(place)]


def entry(menu, title):
    menu.aboutToShow.emit()
    return next(action for action in menu.actions() if action.text().split("\t")[0] == title)


def put(window, *effect_ids):
    window.desk.set_chain("vocals", tuple(ChainSlot.of(each) for each in effect_ids), "Test")
    QApplication.processEvents()  # lays the cards out


def drag(qtbot, widget, start, end, steps=8):
    """Press, move and let go, in the coordinates of `widget`, which may move meanwhile."""
    first = widget.mapToGlobal(start)
    last = widget.mapToGlobal(end)
    qtbot.mousePress(widget, LEFT, pos=start)
    for step in range(1, steps + 1):
        qtbot.mouseMove(widget, widget.mapFromGlobal(first + (last - first) * step / steps))
    qtbot.mouseRelease(widget, LEFT, pos=widget.mapFromGlobal(last))


def test_the_menu_offers_every_effect_with_what_it_is_for_and_adds_it(window, page):
    menu = page.add_menu.menu
    entry(menu, "Compressor").trigger()
    texts = [f"{info.title}\t{info.summary}" for info in infos()]
    assert [action.text() for action in menu.actions()] == [*texts, "Plug-ins"]
    entry(menu, "Limiter").trigger()
    assert effects(window) == ["compressor", "limiter"]
    assert page.form._title.text() == "Limiter"  # what was added is what is set next


def test_the_page_says_whose_effects_these_are(window, page):
    assert page._heading.text() == "EFFECTS OF VOCALS"
    window.studio.select_lane("mixture")
    assert page._heading.text() == "EFFECTS OF THE MIX"
    entry(page.add_menu.menu, "Trim").trigger()
    assert effects(window, MIX) == ["trim"]
    window.studio.select_lane("drums")
    assert not page.list.cards


def test_cards_are_put_in_order_with_the_mouse(qtbot, window, page):
    put(window, "trim", "compressor", "limiter")
    card = page.list.cards[0]
    drag(qtbot, card, QPoint(40, 18), QPoint(40, 18 + 2 * 42 + 8))
    assert effects(window) == ["compressor", "limiter", "trim"]
    drag(qtbot, page.list.cards[2], QPoint(40, 18), QPoint(40, 18 - 42 - 8))
    assert effects(window) == ["compressor", "trim", "limiter"]
    steps = len(window.studio.session.history.steps)
    drag(qtbot, page.list.cards[0], QPoint(40, 18), QPoint(44, 22))
    assert len(window.studio.session.history.steps) == steps  # a card that comes back to its place changed nothing
    window.studio.undo()
    assert effects(window) == ["compressor", "limiter", "trim"]
    assert [card.info.id for card in page.list.cards] == ["compressor", "limiter", "trim"]


def test_cards_are_put_in_order_switched_and_removed_by_key(qtbot, window, page):
    put(window, "trim", "compressor", "limiter")
    page.list.cards[0].setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(page.list.cards[0], Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert effects(window) == ["compressor", "trim", "limiter"]
    qtbot.keyClick(page.list.cards[1], Qt.Key.Key_Down)
    assert page.form._title.text() == "Limiter"
    qtbot.keyClick(page.list.cards[2], Qt.Key.Key_Delete)
    assert effects(window) == ["compressor", "trim"]
    qtbot.keyClick(page.list.cards[0].switch, Qt.Key.Key_Space)
    assert [slot.bypass for slot in window.desk.chain("vocals")] == [True, False]
    assert not window.player.playing
    qtbot.mouseClick(page.list.cards[1].remove, LEFT)
    assert effects(window) == ["compressor"]


def test_a_drag_of_a_slider_is_one_step_of_the_history_and_undo_shows_the_old_value(window, page):
    put(window, "compressor")
    steps = len(window.studio.session.history.steps)
    slider = page.form.form._controls["threshold_db"]
    for position in (20, 30, 40):
        slider._slider.setValue(position)
    slot = window.desk.chain("vocals")[0]
    assert dict(slot.values) == {"threshold_db": -40.0}
    assert len(window.studio.session.history.steps) == steps + 1
    window.studio.undo()
    assert slider.value == -24.0
    assert page.form.form._controls["threshold_db"] is slider  # the form was not made anew under the hand


def test_a_band_of_the_equalizer_is_dragged_widened_and_put_back(qtbot, window, page):
    put(window, "eq")
    picture = page.form.picture
    start = picture.place_of("Bell 2").toPoint()
    drag(qtbot, picture, start, start + QPoint(30, -30))
    values = window.desk.chain("vocals")[0].resolved()
    assert values["peak2_hz"] > 600
    assert 3.0 < values["peak2_db"] < 7.0
    assert page.form.form.values()["peak2_db"] == values["peak2_db"]
    at = picture.place_of("Bell 2")
    wheel = QWheelEvent(
        at, picture.mapToGlobal(at), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(picture, wheel)
    assert window.desk.chain("vocals")[0].resolved()["peak2_q"] == pytest.approx(1.3, abs=0.05)
    start = picture.place_of("Low cut").toPoint()
    drag(qtbot, picture, start, start + QPoint(60, 0))
    assert window.desk.chain("vocals")[0].resolved()["low_cut_hz"] > 40
    qtbot.mouseDClick(picture, LEFT, pos=picture.place_of("Bell 2").toPoint())
    assert "peak2_db" not in dict(window.desk.chain("vocals")[0].values)


def test_every_effect_can_be_shown(window, page):
    for info in infos():
        put(window, info.id)
        kind = effect(info.id)
        assert page.form.form.values() == ChainSlot.of(info.id).resolved()
        assert page.form.sidechain.isVisible() == info.sidechain
        assert page.form.fit.isVisible() == (type(kind).fitted is not Effect.fitted)
        assert page.form.picture.isVisible() == (kind.curve(ChainSlot.of(info.id).resolved(), RATE) is not None)
        page.form.picture.grab()


def test_another_stem_controls_an_effect(window, page):
    put(window, "gate")
    box = page.form.sidechain
    assert [box.itemData(index) for index in range(box.count())] == ["", "drums", "bass", "guitar", "piano", "residual"]
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert window.desk.chain("vocals")[0].sidechain == "drums"
    window.studio.undo()
    assert box.currentData() == ""


def test_measure_sets_the_threshold_from_the_pauses(qtbot, window, page):
    put(window, "trim", "gate")
    window.desk.set_effect_value("vocals", 0, "gain_db", 12.0, "Trim")
    page.list.chosen.emit(1)
    qtbot.mouseClick(page.form.fit, LEFT)
    qtbot.waitUntil(lambda: bool(window.desk.chain("vocals")[1].values), timeout=20000)
    threshold_db = window.desk.chain("vocals")[1].resolved()["threshold_db"]
    assert -70.0 < threshold_db < -10.0
    assert page.form.form.values()["threshold_db"] == threshold_db
    window.studio.undo()
    assert not window.desk.chain("vocals")[1].values


def test_the_vocal_stem_preset_comes_first_and_is_fitted(qtbot, window, page):
    assert shipped_presets()[0].title == "Vocal stem"
    entry(page.preset_menu.menu, "Vocal stem").trigger()
    qtbot.waitUntil(lambda: len(window.desk.chain("vocals")) == 5, timeout=30000)
    gate = window.desk.chain("vocals")[1]
    assert gate.effect == "gate"
    assert gate.resolved()["threshold_db"] != preset("vocal-stem").chain[1].resolved()["threshold_db"]
    window.studio.undo()
    assert not window.desk.chain("vocals")


def test_a_preset_of_ones_own_is_kept_offered_and_deleted(monkeypatch, window, page):
    put(window, "trim", "plate")
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("Mein “Hall” / №1", True))
    entry(page.preset_menu.menu, "Save as preset…").trigger()
    entry(page.preset_menu.menu, "Save as preset…").trigger()  # the same name again takes its place
    assert [each.title for each in own_presets()] == ["Mein “Hall” / №1"]
    window.studio.select_lane("bass")
    entry(page.preset_menu.menu, "Mein “Hall” / №1").trigger()
    assert effects(window, "bass") == ["trim", "plate"]
    away = entry(page.preset_menu.menu, "Delete preset").menu()
    away.actions()[0].trigger()
    assert not own_presets()


def test_effects_are_copied_to_another_stem(window, page):
    window.desk.set_chain("vocals", (ChainSlot.of("trim", {"gain_db": -3.0}), ChainSlot.of("plate")), "Test")
    entry(page.preset_menu.menu, "Copy effects").trigger()
    window.studio.select_lane("drums")
    entry(page.preset_menu.menu, "Paste effects").trigger()
    assert window.desk.chain("drums") == window.desk.chain("vocals")
    QApplication.clipboard().setText("not a chain")
    entry(page.preset_menu.menu, "Paste effects").trigger()
    assert window.notices.notices()
    assert window.desk.chain("drums") == window.desk.chain("vocals")


def test_the_comparison_is_one_toggle(qtbot, window, page):
    window.desk.set_chain("vocals", (ChainSlot.of("trim", {"gain_db": -9.0}),), "Test")
    qtbot.mouseClick(page.compare, LEFT)
    qtbot.waitUntil(lambda: window.desk.bypassed == "vocals", timeout=10000)
    assert page.compare.isChecked()
    qtbot.mouseClick(page.compare, LEFT)
    assert window.desk.bypassed is None
    assert not page.compare.isChecked()
    window.actions_by_id["compare_effects"][1].trigger()
    qtbot.waitUntil(page.compare.isChecked, timeout=10000)


def test_a_hollow_stem_is_found_and_the_plate_added(qtbot, window, page):
    window.studio.select_lane("guitar")
    qtbot.mouseClick(page.hollow.check, LEFT)
    qtbot.waitUntil(lambda: page.work.report is not None, timeout=20000)
    assert page.work.report.verdict == "hollow"
    assert "mono" in page.hollow.advice.text()
    qtbot.mouseClick(page.hollow.picture, LEFT, pos=QPoint(page.hollow.picture.width() // 2, 20))
    assert window.player.position == pytest.approx(4 * RATE, abs=RATE)
    qtbot.mouseClick(page.hollow.plate, LEFT)
    assert effects(window, "guitar")[-1] == "plate"
    assert not page.hollow.advice.isVisible()  # the advice was about another sound
    window.studio.select_lane("bass")
    qtbot.mouseClick(page.hollow.check, LEFT)
    qtbot.waitUntil(lambda: page.work.report is not None, timeout=20000)
    assert page.work.report.verdict == "solid"
    assert not page.hollow.plate.isVisible()


def test_what_plays_is_seen_in_meters_curve_and_spectrum(qtbot, window, page):
    chain = (ChainSlot.of("compressor", {"threshold_db": -50.0}), ChainSlot.of("eq"))
    window.desk.set_chain("vocals", chain, "Test")
    page.list.chosen.emit(0)
    qtbot.mouseClick(window.transport.play, LEFT)
    qtbot.waitUntil(lambda: page.form.reduction.reduction_db > 5.0, timeout=10000)
    assert page.list.cards[0].meter.reduction_db > 5.0
    qtbot.waitUntil(lambda: page.form.picture._level_db > -25.0, timeout=10000)
    page.list.chosen.emit(1)
    qtbot.waitUntil(lambda: np.max(page.form.picture._spectrum_db, initial=-80.0) > -45.0, timeout=10000)
    loudest = int(np.argmax(page.form.picture._spectrum_db)) / len(page.form.picture._spectrum_db)
    assert 20 * 1000**loudest == pytest.approx(110, rel=0.15)
    window.inspector.show_page("Song")
    assert window.player.meters._watched is None


def test_the_compressors_dot_lies_where_its_level_is(window, page):
    put(window, "compressor")
    picture = page.form.picture
    picture.show_sound(-20.0, np.zeros(0), RATE)
    scale = picture._scale()
    x, y = scale.value_at(scale.point(-20.0, -30.0))
    assert (x, y) == pytest.approx((-20.0, -30.0))
    out_db = float(np.interp(-20.0, picture._curve.x, picture._curve.y))
    assert picture.grab().toImage().pixelColor(scale.point(-20.0, out_db).toPoint()) == picture._colour


def test_nothing_is_cut_off_in_a_small_window(window, page):
    for info in infos():
        put(window, info.id)
        QApplication.processEvents()
        scroll = page.findChild(QScrollArea)
        pane = scroll.widget()
        assert pane.minimumSizeHint().width() <= scroll.viewport().width()
        assert pane.width() <= scroll.viewport().width()


def test_effects_survive_the_end_of_the_program(six_stems, open_page):
    with open_page(six_stems, "Effects") as window:
        chain = (ChainSlot.of("gate", {"threshold_db": -33.0}, bypass=True, sidechain="drums"), ChainSlot.of("eq"))
        window.desk.set_chain("vocals", chain, "Test")
        window.desk.set_chain(MIX, (ChainSlot.of("limiter"),), "Test")
    with open_page(six_stems, "Effects") as window:
        assert window.desk.chain("vocals") == chain
        assert window.desk.chain(MIX) == (ChainSlot.of("limiter"),)
        assert not window.inspector.page("Effects").list.cards[0].switch.isChecked()


def test_handles_stay_within_the_picture(window, page):
    window.desk.set_chain("vocals", (ChainSlot.of("eq", {"peak1_db": 24.0, "peak1_hz": 20.0}),), "Test")
    picture = page.form.picture
    place = picture.place_of("Bell 1")
    assert picture.rect().contains(place.toPoint())
    assert isinstance(place, QPointF)


def test_effects_that_are_not_here_are_named_and_the_others_go_on(qtbot, window, page):
    missing = "plugin:/nowhere/Fine Hall.vst3"
    chain = (ChainSlot(missing), ChainSlot("from-the-future"), ChainSlot.of("trim", {"gain_db": -6.0}))
    window.desk.set_chain(window.desk.place, chain, "Chain of another machine")
    qtbot.waitUntil(lambda: page.list.cards[0].info.title == "Fine Hall (missing)", timeout=20000)
    assert [card.info.title for card in page.list.cards] == ["Fine Hall (missing)", "from-the-future (missing)", "Trim"]
    for index in (1, 0, 2):
        page.list.cards[index].focus()
        page.list.chosen.emit(index)
        QApplication.processEvents()
    assert page.form._kind is not None
    page.list.removed.emit(0)
    assert [slot.effect for slot in window.desk.chain(window.desk.place)] == ["from-the-future", "trim"]
