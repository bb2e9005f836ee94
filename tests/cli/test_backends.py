from __future__ import annotations

from stemstudio.separation.registry import backend_ids, default_backend

FIELDS = {"id", "title", "family", "stems", "params", "ready", "missing", "reference"}


def test_every_method_is_listed_with_the_fields_of_the_contract(studio):
    said = studio("backends", "--json")
    assert said.code == 0
    assert said.last["event"] == "done"
    listed = said.last["backends"]
    assert [each["id"] for each in listed] == list(backend_ids())
    for each in listed:
        assert set(each) >= FIELDS
        assert each["ready"] is (each["missing"] is None)
        assert each["stems"]
        for spec in each["params"]:
            assert {"name", "kind", "default", "low", "high", "choices", "unit", "help"} <= set(spec)
    assert [each["id"] for each in listed if each["default"]] == [default_backend()]


def test_a_person_reads_names_ranges_and_whether_it_is_ready(studio):
    said = studio("backends").out
    for backend_id in backend_ids():
        assert f"{backend_id}" in said
    assert "--set margin=1..10" in said
    assert "ready" in said
