import threading

from stemstudio.playback.silent_clock import SilentClock


def test_a_song_goes_on_without_a_device(engine, song, until):
    clock = SilentClock(engine)
    engine.set_source(song, song.frames - 10000)
    engine.play()
    clock.start()
    clock.start()  # nothing happens
    assert clock.running
    until(lambda: not engine.playing)
    assert engine.position == song.frames
    clock.stop()
    clock.stop()
    assert "silent clock" not in [thread.name for thread in threading.enumerate()]
    engine.seek(0)
    until(lambda: engine.settled)
    before = engine.taken
    clock.start()
    until(lambda: engine.taken > before)
    clock.stop()
    assert engine.position == 0
