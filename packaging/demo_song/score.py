"""The song on paper: tempo, chords, melody and words. Everything else plays what stands here.

Times are in beats from the start; pitches are MIDI note numbers (69 = A4 = 440 Hz).
"""

from __future__ import annotations

from dataclasses import dataclass

TITLE = "Sum to One"
SAMPLE_RATE = 44_100
SECONDS = 30.0
FRAMES = int(SECONDS * SAMPLE_RATE)
BEAT_S = 0.6  # 100 beats a minute: twelve bars, and half a bar for the last chord to ring
BAR_BEATS = 4
CHORUS_BEAT = 32.0
END_BEAT = 48.0
SWING_BEATS = 0.02
"""How late the second and fourth sixteenth of each beat are."""


def seconds(beat: float) -> float:
    """Time of `beat`, swung."""
    sixteenth = beat * 4
    late = SWING_BEATS if sixteenth == int(sixteenth) and int(sixteenth) % 2 else 0.0
    return (beat + late) * BEAT_S


def hertz(note: float) -> float:
    """Frequency of a MIDI note number."""
    return float(440.0 * 2 ** ((note - 69) / 12))


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord that sounds from `start` for `beats`: the bass's root and the other voices."""

    start: float
    beats: float
    root: int
    voices: tuple[int, ...]


CHORDS = (
    # Verse: B minor 9, G major 7, D, A suspended and resolved; then E minor 7 leads on.
    Chord(0, 4, 35, (62, 66, 69, 73)),
    Chord(4, 4, 31, (59, 62, 66, 71)),
    Chord(8, 4, 38, (57, 62, 64, 66)),
    Chord(12, 2, 33, (57, 62, 64, 69)),
    Chord(14, 2, 33, (57, 61, 64, 69)),
    Chord(16, 4, 35, (62, 66, 69, 73)),
    Chord(20, 4, 31, (59, 62, 66, 71)),
    Chord(24, 4, 28, (59, 62, 67, 71)),
    Chord(28, 2, 33, (62, 64, 69, 74)),
    Chord(30, 2, 33, (61, 64, 69, 73)),
    # Chorus: G, A, F sharp minor 7, B minor 7, E minor 7, A suspended, home to D.
    Chord(32, 4, 31, (62, 66, 71, 74)),
    Chord(36, 4, 33, (61, 64, 69, 76)),
    Chord(40, 2, 30, (61, 64, 66, 73)),
    Chord(42, 2, 35, (62, 66, 69, 74)),
    Chord(44, 2, 28, (59, 62, 67, 74)),
    Chord(46, 1, 33, (62, 64, 69, 74)),
    Chord(47, 1, 33, (61, 64, 69, 73)),
    Chord(48, 2, 38, (57, 62, 64, 66, 69, 74)),
)


@dataclass(frozen=True, slots=True)
class Syllable:
    """What is sung: sounds by their ARPAbet names (the vowels begin on the beat) and (beat, beats, note) each."""

    sounds: str
    notes: tuple[tuple[float, float, int], ...]

    @property
    def start(self) -> float:
        """Beat of the first note."""
        return self.notes[0][0]

    @property
    def end(self) -> float:
        """Beat at which the last note ends."""
        beat, beats, _ = self.notes[-1]
        return beat + beats


def _sung(sounds: str, *notes: tuple[float, float, int]) -> Syllable:
    return Syllable(sounds, notes)


PHRASES: tuple[tuple[Syllable, ...], ...] = (
    # Morning on a silver sea,
    (
        _sung("M AO R", (1.0, 0.5, 66)),
        _sung("N IH NG", (1.5, 0.5, 66)),
        _sung("AA N", (2.0, 0.5, 64)),
        _sung("AH", (2.5, 0.5, 62)),
        _sung("S IH L", (3.0, 0.75, 64)),
        _sung("V ER", (3.75, 0.75, 66)),
        _sung("S IY", (4.5, 1.25, 71), (5.75, 1.2, 69)),
    ),
    # all the sounds are one to me.
    (
        _sung("AO L", (9.0, 0.5, 69)),
        _sung("DH AH", (9.5, 0.5, 69)),
        _sung("S AE UH N Z", (10.0, 0.75, 66)),
        _sung("AA R", (10.75, 0.25, 64)),
        _sung("W AH N", (11.0, 0.75, 66)),
        _sung("T UW", (11.75, 0.75, 64)),
        _sung("M IY", (12.5, 1.0, 64), (13.5, 0.5, 62), (14.0, 1.1, 61)),
    ),
    # Now I lift them one by one,
    (
        _sung("N AE UH", (17.0, 0.5, 66)),
        _sung("AA IH", (17.5, 0.5, 66)),
        _sung("L IH F T", (18.0, 0.5, 69)),
        _sung("DH EH M", (18.5, 0.5, 66)),
        _sung("W AH N", (19.0, 0.75, 69)),
        _sung("B AA IH", (19.75, 0.75, 71)),
        _sung("W AH N", (20.5, 1.25, 74), (21.75, 1.2, 71)),
    ),
    # like the colours of the sun.
    (
        _sung("L AA IH K", (25.0, 0.5, 71)),
        _sung("DH AH", (25.5, 0.5, 71)),
        _sung("K AH", (26.0, 0.75, 69)),
        _sung("L ER Z", (26.75, 0.25, 67)),
        _sung("AH V", (27.0, 0.75, 69)),
        _sung("DH AH", (27.75, 0.75, 71)),
        _sung("S AH N", (28.5, 1.5, 69), (30.0, 1.2, 73)),
    ),
    # Oh, take the song apart,
    (
        _sung("OW UH", (32.0, 1.0, 74), (33.0, 0.5, 73)),
        _sung("T EH IH K", (33.5, 0.5, 71)),
        _sung("DH AH", (34.0, 0.5, 69)),
        _sung("S AO NG", (34.5, 1.0, 71)),
        _sung("AH", (35.5, 0.5, 69)),
        _sung("P AA R T", (36.0, 1.5, 73), (37.5, 0.5, 71), (38.0, 0.6, 69)),
    ),
    # and it will sum to one:
    (
        _sung("AE N D", (39.0, 0.5, 69)),
        _sung("IH T", (39.5, 0.5, 71)),
        _sung("W IH L", (40.0, 0.75, 73)),
        _sung("S AH M", (40.75, 1.0, 73)),
        _sung("T UW", (41.75, 0.5, 71)),
        _sung("W AH N", (42.25, 0.75, 74), (43.0, 0.6, 71)),
    ),
    # still it sums to one.
    (
        _sung("S T IH L", (44.0, 0.5, 67)),
        _sung("IH T", (44.5, 0.5, 69)),
        _sung("S AH M Z", (45.0, 1.0, 71)),
        _sung("T UW", (46.0, 1.0, 71), (47.0, 1.0, 73)),
        _sung("W AH N", (48.0, 1.5, 74)),
    ),
)

_SCALE = (2, 4, 6, 7, 9, 11, 1)  # D major


def third_below(note: int) -> int:
    """Return the note a third below in D major, for the second voice of the chorus."""
    degree = _SCALE.index(note % 12)
    lower = _SCALE[(degree - 2) % 7]
    return note - (note - lower) % 12
