from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

FIELDS = {
    "id", "network", "stems", "installed", "bytes", "sha256", "code_licence", "weights_licence", "training_data",
    "source", "scores",
}  # fmt: skip
CARD = """
title = "A test"
network = "htdemucs"
backend = "htdemucs"
stems = ["vocals", "drums", "bass", "other"]
[[files]]
file = "test.th"
url = "{url}"
sha256 = "{sha256}"
bytes = 9
[licence]
code = "MIT"
weights = "research only"
use = "Only for tests."
[training]
data = "none"
source = "here"
"""


def test_all_models_are_listed_with_the_fields_of_the_contract(studio):
    for arguments in (("models", "--json"), ("models", "list", "--json")):
        said = studio(*arguments)
        assert said.code == 0
        listed = {each["id"]: each for each in said.last["models"]}
        assert all(set(each) >= FIELDS for each in listed.values())
        assert listed["stemstudio-small"]["installed"]
        assert not listed["htdemucs"]["installed"]
    assert "umxl" in studio("models").out


def test_one_is_shown_with_its_licence_and_where_its_files_belong(studio, home):
    said = studio("models", "show", "umxl")
    assert "CC-BY-NC-SA-4.0" in said.out
    assert str(home) in said.out
    assert studio("models", "show", "umxl", "--json").last["models"][0]["id"] == "umxl"


def test_what_is_missing_or_unknown_is_told(studio, tmp_path):
    for arguments in (
        ["show", "nothing"], ["verify", "htdemucs"], ["get"], ["import", tmp_path / "none.th"],
        ["remove", "stemstudio-small"],
    ):  # fmt: skip
        said = studio("models", *arguments)
        assert said.code == 3
        assert said.err.count("\n") == 1
    assert studio("models", "verify", "stemstudio-small").code == 0


@pytest.fixture
def test_model(home: Path):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "9")
            self.end_headers()
            self.wfile.write(b"nine byte")

        def log_message(self, *_):
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    folder = home / "data" / "models"
    folder.mkdir(parents=True)
    url = f"http://127.0.0.1:{server.server_port}/x.th"
    (folder / "test.toml").write_text(CARD.format(url=url, sha256=hashlib.sha256(b"nine byte").hexdigest()))
    yield folder
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_model_is_got_verified_and_removed(studio, test_model):
    said = studio("models", "get", "test")
    assert said.code == 0
    assert said.out.index("Only for tests.") < said.out.index("installed")
    assert (test_model / "test.th").read_bytes() == b"nine byte"
    assert "the published file" in studio("models", "verify", "test").out
    (test_model / "test.th").write_bytes(b"Nine byte")
    assert studio("models", "verify", "test").code == 3
    assert studio("models", "remove", "test").code == 0
    assert not (test_model / "test.th").exists()


def test_the_model_the_device_and_a_lone_stem_reach_the_method():
    from stemstudio.cli.plan import Plan
    from stemstudio.core.errors import BadInput

    plan = Plan.of(backend_id="htdemucs", model="htdemucs-ft", stems=("bass",), device="cpu")
    assert (plan.model, plan.stems) == ("htdemucs-ft", ("bass",))
    assert [plan.values[name] for name in ("model", "only", "device")] == ["htdemucs-ft", "bass", "cpu"]
    assert Plan.of(backend_id="openunmix").model == "umxhq"
    with pytest.raises(BadInput, match="htdemucs-ft"):
        Plan.of(backend_id="htdemucs", model="umxl")
