"""How a file is written: its kind, its depth or bit rate, its sample rate."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from stemstudio.audio.formats import FORMATS, Format
from stemstudio.ui.settings import Settings

_KINDS = (
    # title, format, container
    ("WAV", "wav", ""),
    ("FLAC", "flac", ""),
    ("AIFF", "aiff", ""),
    ("Apple Lossless (M4A)", "alac", ""),
    ("MP3", "mp3", ""),
    ("AAC (M4A)", "m4a", ""),
    ("Opus", "opus", ""),
    ("Ogg Vorbis", "ogg", ""),
    ("DJ stems (.stem.mp4), AAC", "m4a", "ni-stem"),
    ("DJ stems (.stem.mp4), lossless", "alac", "ni-stem"),
    ("Stems and mix in one file (.mka)", "flac", "mka"),
)
_BITS = {24: "24 bit", 16: "16 bit", 32: "32 bit float (adds up exactly)"}
_KBPS = (96, 128, 160, 192, 256, 320)
_RATES = (44100, 48000, 88200, 96000)


class FormatForm(QWidget):
    """Three boxes in a row; the second offers what the first can be."""

    changed = Signal()

    def __init__(self, settings: Settings, song_rate: int, has_stems: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind, self.quality, self.rate = QComboBox(self), QComboBox(self), QComboBox(self)
        self.kind.setAccessibleName("Format")
        self.quality.setAccessibleName("Quality")
        self.rate.setAccessibleName("Sample rate")
        self.kind.setToolTip("DJ stems are one file with the mix and four stems, as Native Instruments defined it.")
        for title, name, container in _KINDS:
            if has_stems or not container:
                self.kind.addItem(title, f"{name}:{container}" if container else name)
        self.rate.addItem(f"{song_rate / 1000:g} kHz (song)", 0)
        for rate in _RATES:
            if rate != song_rate:
                self.rate.addItem(f"{rate / 1000:g} kHz", rate)
        self.kind.setCurrentIndex(max(self.kind.findData(settings.export_format), 0))
        self.rate.setCurrentIndex(max(self.rate.findData(settings.export_rate), 0))
        self._wanted = {"bits": settings.export_bits, "kbps": settings.export_kbps}
        self._fill_qualities()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for box, share in ((self.kind, 4), (self.quality, 4), (self.rate, 2)):
            layout.addWidget(box, share)
        self.kind.currentIndexChanged.connect(self._on_kind_changed)
        self.quality.currentIndexChanged.connect(self._on_quality_changed)
        self.rate.currentIndexChanged.connect(self._on_rate_changed)

    def values(self) -> dict[str, Any]:
        """Return what was chosen, as fields of `ExportChoice`."""
        lossy = self._format.lossy
        name, _, container = str(self.kind.currentData()).partition(":")
        return {
            "format": name,
            "container": container,
            "bits": 24 if lossy else self.quality.currentData(),
            "kbps": self.quality.currentData() if lossy else None,
            "sample_rate": self.rate.currentData() or None,
        }

    def remembered(self) -> dict[str, Any]:
        """Return what was chosen, as fields of `Settings`."""
        return {
            "export_format": self.kind.currentData(),
            "export_bits": self._wanted["bits"],
            "export_kbps": self._wanted["kbps"],
            "export_rate": self.rate.currentData(),
        }

    @property
    def _format(self) -> Format:
        return FORMATS[str(self.kind.currentData()).partition(":")[0]]

    def _fill_qualities(self) -> None:
        kind = self._format
        self.quality.blockSignals(True)
        self.quality.clear()
        if kind.lossy:
            for kbps in _KBPS:
                self.quality.addItem(f"{kbps} kbit/s", kbps)
            wanted = self._wanted["kbps"] or kind.kbps
        else:
            for bits, title in _BITS.items():
                if bits in kind.bits:
                    self.quality.addItem(title, bits)
            wanted = self._wanted["bits"]
        self.quality.setCurrentIndex(max(self.quality.findData(wanted), 0))
        self.quality.setToolTip(
            "More sounds better and takes more room." if kind.lossy else "16 bit is dithered; players take 16 and 24."
        )
        self.quality.blockSignals(False)

    @Slot()
    def _on_kind_changed(self) -> None:
        self._fill_qualities()
        self.changed.emit()

    @Slot()
    def _on_quality_changed(self) -> None:
        self._wanted["kbps" if self._format.lossy else "bits"] = self.quality.currentData()
        self.changed.emit()

    @Slot()
    def _on_rate_changed(self) -> None:
        self.changed.emit()
