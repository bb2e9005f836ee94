from stemstudio.cli import main


def test_a_run_that_is_not_there_gets_one_line(tmp_path, capsys):
    assert main(["train", str(tmp_path / "run.toml")]) == 3
    assert capsys.readouterr().err.count("\n") == 1
