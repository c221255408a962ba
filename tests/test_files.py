"""Files are written whole or not at all, and JSON that cannot be read is named with the reason."""

import os
import stat

import pytest
import torch

from course_lib import files
from course_lib.datasets.eight_bits import from_levels, to_levels


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_breaks_off_changes_nothing(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error), files.written_whole(path) as unfinished:
        unfinished.write_text("half")
        assert path.read_text() == "old" and unfinished.parent == tmp_path and unfinished.name.startswith(".")
        raise error
    assert path.read_text() == "old" and [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_whole_file_takes_the_old_ones_place_and_rights(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with files.written_whole(path) as unfinished:
        unfinished.write_text("first")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    path.chmod(0o640)
    with files.written_whole(path) as unfinished:
        unfinished.write_text("second")
    assert path.read_text() == "second" and stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [entry.name for entry in path.parent.iterdir()] == ["a.txt"]


def test_two_who_write_at_once_do_not_mix(tmp_path):
    path = tmp_path / "a.txt"
    with files.written_whole(path) as one, files.written_whole(path) as other:
        one.write_text("one"), other.write_text("other")
    assert path.read_text() == "one"


def test_json_comes_back(tmp_path):
    path, content = tmp_path / "new" / "a.json", {"b": [1, 2.5, None], "a": "ไทย"}
    files.write_json(path, content)
    assert files.read_json(path) == content and "ไทย" in path.read_text("utf-8")
    assert path.read_text("utf-8").startswith('{\n "b"') and path.read_text("utf-8").endswith("}\n")
    files.write_json(path, content, indent=2, sort_keys=True)
    assert path.read_text("utf-8").startswith('{\n  "a"')
    with pytest.raises(TypeError):
        files.write_json(path, {"a": object()})
    assert files.read_json(path) == content


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "must be a JSON file; it cannot be read: Expecting"),
        (b"\xff{}", "must be a JSON file; it cannot be read: 'utf-8'"),
        (b"[1]", "must hold a JSON object; it holds a list$"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path, data, said):
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"a.json {said}"):
        files.read_json(path)
    with pytest.raises(FileNotFoundError, match=r"b.json is missing: there is no such file$"):
        files.read_json(tmp_path / "b.json")
    with pytest.raises(FileNotFoundError, match=r"is missing: make it$"):
        files.read_json(tmp_path, "make it")


def test_levels_are_the_nearest_and_there_is_one_rule_for_it():
    levels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_levels(from_levels(levels)), levels)
    almost = (torch.arange(256) + 0.49).clamp(max=255) / 127.5 - 1
    assert torch.equal(to_levels(almost), levels)
    assert torch.equal(to_levels(almost + 0.02 / 127.5)[:255], levels[1:])
    assert to_levels(torch.tensor([-9.0, 9.0])).tolist() == [0, 255]
    assert to_levels(almost.half()).dtype == torch.uint8
