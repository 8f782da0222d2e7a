import os

import pytest

from scheduler_runner.tasks.cameras.layouts import HourFolder, days_of_cameras, hour_folders, is_recording_name


def make(root, *paths: str) -> None:
    for path in paths:
        (root / path).mkdir(parents=True)


def test_hours_of_both_layouts_come_oldest_first(tmp_path):
    make(
        tmp_path,
        "unv_camera/sklad/20261123/09",
        "unv_camera/sklad/20261123/08",
        "unv_camera/zal/20261122/23",
        "xiaomi_camera_videos/78DF72A1B2C3/2026112309",
        "xiaomi_camera_videos/78DF72A1B2C3/2026112122",
    )
    assert [(hour.day, hour.hour, hour.kind) for hour in hour_folders(str(tmp_path))] == [
        ("20261121", "22", "xiaomi"),
        ("20261122", "23", "unv"),
        ("20261123", "08", "unv"),
        ("20261123", "09", "unv"),
        ("20261123", "09", "xiaomi"),
    ]
    for hour in hour_folders(str(tmp_path)):
        assert os.path.isdir(tmp_path / hour.path)


@pytest.mark.parametrize(
    "path",
    [
        "unv_camera/sklad/20261323/09",
        "unv_camera/sklad/2026112/09",
        "unv_camera/sklad/20261123/24",
        "unv_camera/sklad/20261123/9",
        "unv_camera/sklad/２０２６１１２３/09",
        "xiaomi_camera_videos/78DF72A1B2C3/20261123",
        "xiaomi_camera_videos/78DF72A1B2C3/2026112324",
        "other/sklad/20261123/09",
    ],
)
def test_what_looks_otherwise_is_none_of_ours(tmp_path, path):
    make(tmp_path, path)
    assert list(hour_folders(str(tmp_path))) == []


def test_root_that_is_missing_is_an_error_and_an_empty_one_is_none(tmp_path):
    assert days_of_cameras(str(tmp_path)) == []
    with pytest.raises(OSError):
        days_of_cameras(str(tmp_path / "none"))


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_no_link_is_followed(tmp_path):
    make(tmp_path, "elsewhere/20261123/09")
    (tmp_path / "unv_camera").mkdir()
    (tmp_path / "unv_camera" / "sklad").symlink_to(tmp_path / "elsewhere")
    assert list(hour_folders(str(tmp_path))) == []


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("09-04-22.jpg", True), ("A.MP4", True), ("x.ts", True), ("x.jpg.tmp", False), (".x.jpg", False), ("x", False)],
)
def test_recording_is_told_by_its_name(name, is_one):
    assert is_recording_name(name) is is_one


@pytest.mark.parametrize(
    ("kind", "name", "moment"),
    [
        ("unv", "14-05-59.jpg", "14:05:59"),
        ("unv", "14-05-59_motion.mp4", "14:05:59"),
        ("unv", "snapshot.jpg", "14:00:00"),
        ("xiaomi", "04M22S_1751868262.mp4", "14:04:22"),
        ("xiaomi", "x.mp4", "14:00:00"),
    ],
)
def test_time_of_a_recording_is_its_paths(kind, name, moment):
    hour = HourFolder("20261123", "14", kind, "sklad")
    assert f"{hour.recorded_at(name):%Y-%m-%d %H:%M:%S}" == f"2026-11-23 {moment}"
