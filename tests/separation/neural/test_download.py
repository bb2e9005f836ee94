"""Downloads from a server on this machine that behaves, drops connections, lies about sizes or sends wrong bytes."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from stemstudio.core.errors import BadInput, Cancelled, NoRoom, NotReady
from stemstudio.core.progress import Progress
from stemstudio.separation.neural import download as module
from stemstudio.separation.neural.download import download
from stemstudio.separation.neural.library import ModelFile

CONTENT = bytes(range(256)) * 8000  # 2 MB


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:  # noqa: C901 - a table of misbehaviours
    """Serves CONTENT as `behaviour` says, and notes the ranges that were asked for."""
    monkeypatch.setattr(module, "_WAIT_S", 0.0)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    state = SimpleNamespace(behaviour="good", ranges=[], asked=0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: C901, PLR0912 - a table of misbehaviours
            state.asked += 1
            wanted = self.headers.get("Range")
            state.ranges.append(wanted)
            first = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and state.behaviour != "no ranges" else 0
            body = CONTENT[first:]
            length = len(body)
            match state.behaviour:
                case "missing":
                    self.send_error(404)
                    return
                case "broken":
                    self.send_error(503)
                    return
                case "past the end" if first:
                    self.send_error(416)
                    return
                case "drops":
                    body = body[:300_000]
                case "dead":
                    body = b""
                case "wrong bytes":
                    body = bytes(length)
                case "web page":
                    body = b"<html>Please log in</html>"
                    length = len(body)
                case "says too little":
                    length = 1000
                case "says a terabyte":
                    length = 1 << 40
                case "endless":
                    length = None
            self.send_response(206 if first else 200)
            if first:
                self.send_header("Content-Range", f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}")
            if length is not None:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            try:
                self.wfile.write(body)
                while state.behaviour == "endless":
                    self.wfile.write(CONTENT)
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            return

    class Quiet(ThreadingHTTPServer):
        daemon_threads = False

    listening = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.url = f"http://127.0.0.1:{listening.server_port}/weights.th"
    yield state
    state.behaviour = "good"
    listening.shutdown()
    thread.join()
    listening.server_close()


@pytest.fixture
def file(server: SimpleNamespace, tmp_path: Path) -> ModelFile:
    wanted = hashlib.sha256(CONTENT).hexdigest()
    return ModelFile(tmp_path / "models" / "weights.th", server.url, wanted, len(CONTENT), {})


def part_of(file: ModelFile) -> Path:
    return file.path.with_name("weights.th.part")


@pytest.mark.parametrize("behaviour", ["good", "no ranges", "drops"])
def test_a_file_arrives_whole(server: SimpleNamespace, file: ModelFile, behaviour: str) -> None:
    server.behaviour = behaviour
    progress = Progress()
    download(file, progress)
    assert file.path.read_bytes() == CONTENT
    assert not part_of(file).exists()
    assert progress.fraction > 0
    if behaviour == "drops":
        assert server.ranges[:3] == [None, "bytes=300000-", "bytes=600000-"]


def test_an_earlier_try_is_gone_on_with(server: SimpleNamespace, file: ModelFile) -> None:
    file.path.parent.mkdir()
    part_of(file).write_bytes(CONTENT[:1_500_000])
    download(file, Progress())
    assert server.ranges == ["bytes=1500000-"]
    assert file.path.read_bytes() == CONTENT


@pytest.mark.parametrize("behaviour", ["no ranges", "past the end"])
def test_an_earlier_try_that_cannot_be_gone_on_with_is_begun_anew(
    server: SimpleNamespace, file: ModelFile, behaviour: str
) -> None:
    file.path.parent.mkdir()
    part_of(file).write_bytes(b"x" * 3_000_000)
    server.behaviour = behaviour
    download(file, Progress())
    assert file.path.read_bytes() == CONTENT


@pytest.mark.parametrize("behaviour", ["wrong bytes", "web page", "says too little"])
def test_what_is_not_the_published_file_is_deleted(server: SimpleNamespace, file: ModelFile, behaviour: str) -> None:
    server.behaviour = behaviour
    with pytest.raises(BadInput, match="not the published file"):
        download(file, Progress())
    assert list(file.path.parent.iterdir()) == []


@pytest.mark.parametrize("behaviour", ["says a terabyte", "endless"])
def test_a_file_far_too_large_is_not_taken(server: SimpleNamespace, file: ModelFile, behaviour: str) -> None:
    server.behaviour = behaviour
    with pytest.raises(BadInput, match="far more"):
        download(file, Progress())
    assert list(file.path.parent.iterdir()) == []


@pytest.mark.parametrize(("behaviour", "asked"), [("missing", 1), ("broken", module.TRIES), ("dead", module.TRIES)])
def test_it_gives_up_and_says_what_to_put_where(
    server: SimpleNamespace, file: ModelFile, behaviour: str, asked: int
) -> None:
    server.behaviour = behaviour
    with pytest.raises(NotReady) as told:
        download(file, Progress())
    assert all(word in told.value.todo for word in (server.url, "weights.th", str(file.path.parent)))
    assert server.asked == asked
    assert not file.path.exists()


def test_offline_it_says_what_to_put_where(server: SimpleNamespace, file: ModelFile) -> None:
    nobody = ModelFile(file.path, "http://127.0.0.1:9/weights.th", file.sha256, file.size_bytes, {})
    with pytest.raises(NotReady, match="could not be downloaded") as told:
        download(nobody, Progress())
    assert str(file.path.parent) in told.value.todo


def test_a_proxy_of_the_environment_is_asked(
    server: SimpleNamespace, file: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url.rpartition("/")[0])
    far_away = ModelFile(file.path, "http://models.invalid/weights.th", file.sha256, file.size_bytes, {})
    download(far_away, Progress())
    assert file.path.read_bytes() == CONTENT


def test_only_the_web_is_asked(file: ModelFile) -> None:
    with pytest.raises(NotReady, match="no address"):
        download(ModelFile(file.path, "file:///etc/passwd", "", 0, {}), Progress())


def test_a_full_disk_is_seen_before_it_is_full(
    server: SimpleNamespace, file: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(NoRoom, match="2 MB"):
        download(file, Progress())
    assert not file.path.exists()


def test_a_stop_keeps_what_came(server: SimpleNamespace, file: ModelFile) -> None:
    class Stopping(Progress):
        def update(self, fraction: float, message: str = "") -> None:
            super().update(fraction, message)
            if fraction > 0.3:
                self.cancel()

    with pytest.raises(Cancelled):
        download(file, Stopping())
    assert 0 < part_of(file).stat().st_size < len(CONTENT)
    download(file, Progress())
    assert file.path.read_bytes() == CONTENT
