"""The effects of a place, one card under the other; the hand puts them in order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from stemstudio.effects.chain import Chain
from stemstudio.effects.effect import EffectInfo
from stemstudio.ui.panels.effect_card import EffectCard


class ChainList(QWidget):
    """Shows a chain; says what a person wants of it.

    Signals
    -------
    chosen(int), removed(int)
    switched(int, bool)
    moved(int, int)
        From one place in the chain to another.
    """

    chosen = Signal(int)
    removed = Signal(int)
    switched = Signal(int, bool)
    moved = Signal(int, int)

    def __init__(self, info: Callable[[str], EffectInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._info = info
        self.cards: list[EffectCard] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)

    def show_chain(self, chain: Chain, selected: int) -> None:
        """Show `chain`, one of its effects being selected."""
        if [card.info for card in self.cards] != [self._info(slot.effect) for slot in chain]:
            self._rebuild(chain)
        for index, (card, slot) in enumerate(zip(self.cards, chain, strict=True)):
            card.show_slot(slot, index + 1, len(chain), selected=index == selected)

    def show_reductions(self, reductions_db: tuple[float, ...]) -> None:
        """Show how much each effect turns down; silence for those that say nothing."""
        for index, card in enumerate(self.cards):
            card.meter.set_reduction(reductions_db[index] if index < len(reductions_db) else 0.0)

    def _rebuild(self, chain: Chain) -> None:
        focused = next((index for index, card in enumerate(self.cards) if card.hasFocus()), None)
        for card in self.cards:
            card.blockSignals(True)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = [self._card(slot.effect) for slot in chain]
        for card in self.cards:
            self._column.addWidget(card)
        if focused is not None and self.cards:
            self.cards[min(focused, len(self.cards) - 1)].focus()

    def _card(self, effect_id: str) -> EffectCard:
        card = EffectCard(self._info(effect_id), self)
        card.chosen.connect(partial(self._on_chosen, card))
        card.removed.connect(partial(self._on_removed, card))
        card.switched.connect(partial(self._on_switched, card))
        card.stepped.connect(partial(self._on_stepped, card))
        card.dragged.connect(partial(self._on_dragged, card))
        card.dropped.connect(partial(self._on_dropped, card))
        return card

    # Places in the chain are those in `cards`; during a drag the layout is ahead of them.

    def _on_chosen(self, card: EffectCard) -> None:
        self.chosen.emit(self.cards.index(card))

    def _on_removed(self, card: EffectCard) -> None:
        self.removed.emit(self.cards.index(card))

    def _on_switched(self, card: EffectCard, on: bool) -> None:
        self.switched.emit(self.cards.index(card), on)

    def _on_stepped(self, card: EffectCard, step: int, moves: bool) -> None:
        index = self.cards.index(card)
        to = index + step
        if not 0 <= to < len(self.cards):
            return
        if moves:
            self._move(index, to)
        else:
            self.chosen.emit(to)
        self.cards[to].focus()

    def _on_dragged(self, card: EffectCard, place: QPoint) -> None:
        """Let the card change places with the one whose middle it has reached."""
        at = self._column.indexOf(card)
        to = sum(other.geometry().center().y() < place.y() for other in self.cards if other is not card)
        if to != at:
            self._column.removeWidget(card)
            self._column.insertWidget(to, card)
            self._column.activate()
        card.raise_()

    def _on_dropped(self, card: EffectCard) -> None:
        index, to = self.cards.index(card), self._column.indexOf(card)
        if index != to:
            self._move(index, to)

    def _move(self, index: int, to: int) -> None:
        """Order the cards first, so that what the chain shows next are the same cards."""
        card = self.cards.pop(index)
        self.cards.insert(to, card)
        self._column.removeWidget(card)
        self._column.insertWidget(to, card)
        self.moved.emit(index, to)
