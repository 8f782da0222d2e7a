import os
import sys

import pytest

from config.base_config import PATH_CONFIG
from config.hours import Hours
from scheduler_runner.errors import ConfigError
from scheduler_runner.tasks.cameras.settings import load_camera_settings, recording_roots

PRODUCTION = "[DEFAULT]\nPVZ_ID = СОСНОВКА_10\nENV_MODE = production\n"
WINDOWS_ONLY = pytest.mark.skipif(sys.platform != "win32", reason="a whole path elsewhere")
TEST = "[DEFAULT]\nPVZ_ID = 182\nENV_MODE = test\n"


def test_defaults_hold_where_the_ini_says_nothing(ini):
    settings = load_camera_settings(str(ini(PRODUCTION)))
    assert settings.local_roots == ("D:/camera",)
    assert settings.network_root == "O:/cameras/СОСНОВКА_10"
    assert (settings.retention_local_days, settings.retention_network_days) == (8, 120)
    assert settings.hours == Hours(((540, 1260),) * 7)
    assert (settings.min_free_gb, settings.bandwidth_limit_mb) == (20, 0)


def test_point_in_test_mode_has_its_roots_in_the_sandbox_whatever_the_ini_says(ini):
    settings = load_camera_settings(str(ini(TEST + "[cameras]\nlocal_roots = D:/real\nnetwork_root = O:/real\n")))
    sandbox = os.path.join(PATH_CONFIG["BASE_DIR"], "sandbox")
    assert settings.local_roots == (os.path.join(sandbox, "D_camera"),)
    assert settings.network_root == os.path.join(sandbox, "O_cameras", "182")


def test_recordings_root_of_a_test_point_is_made_and_a_real_ones_is_not(ini, tmp_path, monkeypatch):
    monkeypatch.setitem(PATH_CONFIG, "BASE_DIR", str(tmp_path))
    (root,) = recording_roots(load_camera_settings(str(ini(TEST))))
    assert os.path.isdir(root)
    real = tmp_path / "disk" / "camera"
    settings = load_camera_settings(str(ini(PRODUCTION + f"[cameras]\nlocal_roots = {real}\n")))
    assert recording_roots(settings) == (str(real),)
    assert not real.exists()


def test_several_roots_and_cameras_are_read(ini):
    text = (
        "[cameras]\nlocal_roots = D:/camera\n  E:/camera\n[camera unv_001]\nkind = unv\nuid = sklad\n"
        "area = склад\nplace = над стеллажами\n[camera x]\nkind = xiaomi\nuid = 78DF72A1B2C3\n"
    )
    settings = load_camera_settings(str(ini(PRODUCTION + text)))
    assert settings.local_roots == ("D:/camera", "E:/camera")
    assert [camera.title for camera in settings.cameras] == ["unv_001 (склад, над стеллажами)", "x"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("local_roots = camera", "whole paths such as D:/camera"),
        ("local_roots = D:/", "a folder, not a whole drive"),
        ("local_roots = D:/camera/..", "a folder, not a whole drive"),
        ("local_roots = D:camera", "whole paths such as D:/camera"),
        pytest.param("local_roots = /camera", "whole paths such as D:/camera", marks=WINDOWS_ONLY),
        ("network_root = O:/cameras/{pvz_id}", "{PVZ_ID} for the point's name"),
        ("network_root = O:/cameras/<PVZ_ID>", "{PVZ_ID} for the point's name"),
        ("network_root = O:/cameras/%PVZ_ID%", "{PVZ_ID} for the point's name"),
        ("local_roots = D:/camera, E:/camera", "whole paths such as D:/camera, each on a line of its own, indented"),
        ("local_roots = D:/camera\nE:/camera", "[cameras] e is unknown: an indented line for a further root"),
        ("min_files = 1\nmin_files = 2", "line 6: [cameras] min_files is there twice: once would be right"),
        ("network_root = O:/", "a folder, not a whole drive"),
        ("retention_local_days = 0", "a whole number of days from 1 to 3650"),
        ("copy_until = 25:00", "a time of the day from 00:00 to 23:59, such as 09:30, or off"),
        ("retention_network_days = many", "a whole number of days"),
        ("working_hours = 9-21", "hours of one day such as 09:00-21:00, within 00:00-24:00"),
        ("working_hours = 09:00-25:00", "hours of one day such as 09:00-21:00, within 00:00-24:00"),
        ("working_hours = пн-сб 09:00-21:00", "so вс with its hours, or `вс закрыто`, as well would be right"),
        ("closed_days = 32.12", "[cameras] closed_days = '32.12' is wrong: a date such as 31.12"),
        ("working_hours = 21:00-09:00", "hours of one day such as 09:00-21:00, within 00:00-24:00"),
        ("min_free_gb = -1", "a number from 0 to 999999"),
        ("min_free_gb = nan", "a number from 0 to 999999"),
        ("min_files = 0", "a whole number from 1 to 100000"),
        ("lookback_local_hours = 2.5", "a whole number of hours from 1 to 240"),
        ("retention_local_day = 30", "[cameras] retention_local_day is unknown: retention_local_days would be right"),
        ("[camera a]\nkind = unv\nuid = a\nplase = x", "[camera a] plase is unknown: place would be right"),
        ("[camers]\nretention_local_days = 30", "section [camers] is unknown: [cameras], or [camera ID]"),
        ("[Camera b]\nkind = unv\nuid = b", "section [Camera b] is unknown"),
        ("[camera_b]\nkind = unv\nuid = b", "section [camera_b] is unknown"),
        ("[camera]\nkind = unv", "section [camera] is unknown: [cameras], or [camera ID]"),
        ("local_roots = D:/camera\nnetwork_root = D:/camera", "a folder apart from local_roots (D:/camera)"),
        ("local_roots = D:/camera\nnetwork_root = d:\\Camera\\copies", "a folder apart from local_roots"),
        ("local_roots = D:/x/camera\nnetwork_root = D:/x", "a folder apart from local_roots"),
        ("local_roots = D:/cam\0era", "whole paths such as D:/camera"),
        ("local_roots = D:/camera\n  D:/camera/.", "a folder apart from the others"),
        ("[ camera b]\nkind = unv\nuid = b", "section [ camera b] is unknown"),
        ("[unv_001]\nkind = unv\nuid = b", "section [unv_001] is unknown"),
        ("[camera ]\nkind = unv\nuid = b", "section [camera ] has no ID"),
        ("[camera a]\nkind = unv\nuid = ..", "the name of the camera's folder"),
        ("[camera a]\nkind = xiaomi\nuid = 78:df:72:a1:b2:c3", "78DF72A1B2C3 would be right"),
        ("[cam b]\nkind = unv\nuid = b", "section [cam b] is unknown"),
        ("[camera: b]\nkind = unv\nuid = b", "section [camera: b] is unknown"),
        ("[camera a]\nkind = unv\nuid = A\n[camera b]\nkind = unv\nuid = a", "a folder that no other camera has"),
        ("[camera a]\nkind = unv\nuid = a\n[camera  A]\nkind = unv\nuid = b", "[camera  A] is there twice"),
        ("[camera a]\nkind = hik\nuid = a", "one of unv, xiaomi"),
        ("[camera a]\nkind = unv\nuid = a/b", "the name of the camera's folder"),
        ("[camera a]\nkind = unv", "the name of the camera's folder"),
        ("[camera a]\nkind = unv\nuid = z\n[camera b]\nkind = unv\nuid = z", "a folder that no other camera has"),
    ],
)
def test_wrong_value_is_told_in_one_sentence_with_section_and_key(ini, text, told):
    path = ini(f"{PRODUCTION}[cameras]\n{text}\n")
    with pytest.raises(ConfigError) as caught:
        load_camera_settings(str(path))
    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_place_of_two_lines_is_told_in_one(ini):
    path = ini(f"{PRODUCTION}[camera a]\nkind = unv\nuid = a\nplace = над\n  входом\n")
    assert load_camera_settings(str(path)).cameras[0].title == "a (над входом)"


def test_marks_in_the_points_name_are_its_own(ini):
    path = ini(PRODUCTION.replace("СОСНОВКА_10", "50%"))
    assert load_camera_settings(str(path)).network_root == "O:/cameras/50%"
