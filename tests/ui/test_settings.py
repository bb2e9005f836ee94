import json
from pathlib import Path

import pytest

from stemstudio.project.folders import config_folder
from stemstudio.ui.settings import RECENT_LIMIT, Settings, device_spec, load_settings, save_settings, with_recent


def test_what_is_saved_is_loaded():
    settings = with_recent(Settings(theme="light", range_db=60.0), Path("a b/ö.wav"))
    save_settings(settings)
    assert load_settings() == settings


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"theme": "pink"}', '{"range_db": "loud"}', '{"range_db": NaN}', '{"follow_playhead": 1}'],
)
def test_broken_settings_give_the_defaults(text):
    config_folder().mkdir(parents=True)
    (config_folder() / "settings.json").write_text(text)
    assert load_settings() == Settings()


def test_one_wrong_field_does_not_cost_the_others():
    config_folder().mkdir(parents=True)
    (config_folder() / "settings.json").write_text(json.dumps({"theme": "light", "colour_map": 3, "unknown": 1}))
    assert load_settings() == Settings(theme="light")


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(home):
    home.parent.mkdir(parents=True, exist_ok=True)
    home.write_text("a file where the folder should be")
    save_settings(Settings(theme="light"))
    assert load_settings() == Settings()


def test_recent_files_are_few_and_each_is_there_once():
    settings = Settings()
    for number in range(20):
        settings = with_recent(settings, Path(f"{number}.wav"))
    settings = with_recent(settings, Path("15.wav"))
    assert len(settings.recent) == RECENT_LIMIT
    assert settings.recent[:2] == ("15.wav", "19.wav")
    assert len(set(settings.recent)) == RECENT_LIMIT


def test_a_device_that_is_unplugged_stays_chosen():
    spec = device_spec(Settings(audio_device="usb"), (("hdmi", "HDMI"),))
    assert [choice for choice, _ in spec.choices] == ["", "hdmi", "usb"]


def test_choices_that_are_none_give_their_defaults():
    save_settings(Settings(theme="light", transform="wavelet", frame="7", ruler="miles", comparison="?", gamma=9.0))
    assert load_settings() == Settings(theme="light")
