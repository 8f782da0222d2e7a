"""Which folders and files are understood, of which camera, day and hour: each kind, a further one, and what is none."""

import os
import re
import shutil
from datetime import datetime

import pytest

from scheduler_runner.tasks.cameras import layouts
from scheduler_runner.tasks.cameras.layouts import LAYOUTS, Group, Layout, Uniview, XiaomiFlat, XiaomiHours
from scheduler_runner.tasks.cameras.passed_over import PassedOver
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot
from tests.linking import link_file, link_folder
from tests.tasks.conftest import refuse_to_read

MAC = "78DF72A1B2C3"
MOMENT = datetime(2026, 11, 23, 14, 5, 59)


def make(root, *paths: str) -> None:
    """Make files, and folders where a path ends in a slash."""
    for path in paths:
        folder = root / path if path.endswith("/") else (root / path).parent
        folder.mkdir(parents=True, exist_ok=True)
        if not path.endswith("/"):
            (root / path).write_bytes(b"x")


def read(root) -> "list[tuple[str, str, str, str, list[str]]]":
    """Return kind, camera, day, hour and names of each group below a root."""
    reader = RecordingRoot(str(root))
    return [
        (group.kind, group.uid, group.day, group.hour, sorted(entry.name for entry in reader.recordings(group)))
        for group in reader.groups()
    ]


def passed_over(root) -> PassedOver:
    """Read all that is below a root; return what nobody understood."""
    reader = RecordingRoot(str(root))
    for group in reader.groups():
        reader.recordings(group)
    return reader.passed_over()


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: type(layout).__name__)
def test_every_layout_understands_what_it_lays_out(tmp_path, layout):
    path = layout.path(MAC, MOMENT)
    make(tmp_path, path)
    reader = RecordingRoot(str(tmp_path))
    (group,) = reader.groups()
    (entry,) = reader.recordings(group)
    assert (group.kind, group.uid, group.day, group.hour) == (layout.kind, MAC, "20261123", "14")
    assert group.recorded_at(entry.name) == MOMENT
    assert entry.path == str(tmp_path / path)
    assert group.layout is layout
    assert passed_over(tmp_path) == PassedOver()


def test_hours_of_both_layouts_come_oldest_first(tmp_path):
    make(
        tmp_path,
        "unv_camera/sklad/20261123/09/",
        "unv_camera/sklad/20261123/08/",
        "unv_camera/zal/20261122/23/",
        f"xiaomi_camera_videos/{MAC}/2026112307/",
        f"xiaomi_camera_videos/{MAC}/2026112309/",
        f"xiaomi_camera_videos/{MAC}/2026112122/",
    )
    assert [(day, hour, kind) for kind, _, day, hour, _ in read(tmp_path)] == [
        ("20261121", "22", "xiaomi"),
        ("20261122", "23", "unv"),
        ("20261123", "07", "xiaomi"),
        ("20261123", "08", "unv"),
        ("20261123", "09", "unv"),
        ("20261123", "09", "xiaomi"),
    ]


def test_flat_folder_is_split_by_its_recordings_start_beside_folders_of_hours(tmp_path):
    names = [
        "00_20261122235500_20261123000500.mp4",
        "00_20261123000500_20261123001500.mp4",
        "00_20261123140500_20261123150500.mp4",
        "00_20261123143000_20261123144000~0a1b2c3d.mp4",
    ]
    make(tmp_path, *(f"xiaomi_camera_videos/{MAC}/{name}" for name in names))
    make(tmp_path, f"xiaomi_camera_videos/{MAC}/2026112314/04M22S_1751868262.mp4")
    assert read(tmp_path) == [
        ("xiaomi", MAC, "20261122", "23", [names[0]]),
        ("xiaomi", MAC, "20261123", "00", [names[1]]),
        ("xiaomi", MAC, "20261123", "14", names[2:]),
        ("xiaomi", MAC, "20261123", "14", ["04M22S_1751868262.mp4"]),
    ]


def test_hours_of_a_day_come_oldest_first_and_a_leap_day_is_one(tmp_path):
    hours = [f"{number:02d}" for number in range(24)]
    make(tmp_path, *(f"unv_camera/sklad/20280229/{hour}/" for hour in (*hours[12:], *reversed(hours[:12]))))
    reader = RecordingRoot(str(tmp_path))
    (day,) = reader.days()
    assert [group.hour for group in reader.groups_of(day)] == hours


def test_flat_folder_has_each_day_once_with_its_own_recordings(tmp_path):
    days = [f"202611{day}" for day in range(10, 20)]
    for hour in ("23", "09", "15"):
        make(tmp_path, *(f"XiaomiCamera_00_{MAC}/00_{day}{hour}0500_{day}{hour}1500.mp4" for day in reversed(days)))
    reader = RecordingRoot(str(tmp_path))
    found = reader.days()
    assert [day.day for day in found] == days
    for day in found:
        assert [group.hour for group in reader.groups_of(day)] == ["09", "15", "23"]
        assert reader.first_recording(day).name.startswith(f"00_{day.day}09")


def test_lenses_of_one_camera_are_groups_of_their_own(tmp_path):
    make(tmp_path, *(f"XiaomiCamera_11_{MAC}/{lens}/10_20261123140500_20261123141500.mp4" for lens in "019"))
    assert [(uid, hour) for _, uid, _, hour, _ in read(tmp_path)] == [(MAC, "14")] * 3


def test_flat_folder_is_listed_once_and_hours_only_when_they_are_asked_for(tmp_path, monkeypatch):
    make(tmp_path, *(f"XiaomiCamera_00_{MAC}/00_202611{day}140500_20261123141500.mp4" for day in range(10, 20)))
    make(tmp_path, *(f"unv_camera/sklad/202611{day}/14/14-05-00.jpg" for day in range(10, 20)))
    listed = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(os.path.basename(path)) or scandir(path))
    reader = RecordingRoot(str(tmp_path))
    days = reader.days()
    assert sorted(listed) == ["", f"XiaomiCamera_00_{MAC}", "sklad", "unv_camera"]
    listed.clear()
    for day in days:
        for group in reader.groups_of(day):
            reader.recordings(group)
    assert sorted(listed) == sorted([*(f"202611{day}" for day in range(10, 20)), *["14"] * 10])


def test_group_of_one_root_is_found_in_another(tmp_path):
    make(tmp_path / "local", f"XiaomiCamera_00_{MAC}/00_20261123140500_20261123141500.mp4")
    make(tmp_path / "network", f"XiaomiCamera_00_{MAC}/00_20261123140500_20261123141500.mp4")
    make(tmp_path / "network", f"XiaomiCamera_00_{MAC}/00_20261123150500_20261123151500.mp4")
    (group,) = RecordingRoot(str(tmp_path / "local")).groups()
    copies = RecordingRoot(str(tmp_path / "network")).recordings(group)
    assert [entry.name for entry in copies] == ["00_20261123140500_20261123141500.mp4"]


def test_link_in_a_flat_folder_of_another_root_is_no_copy(tmp_path):
    path = f"XiaomiCamera_00_{MAC}/00_20261123140500_20261123141500.mp4"
    make(tmp_path / "local", path)
    make(tmp_path / "network", f"XiaomiCamera_00_{MAC}/")
    link_file(tmp_path / "network" / path, tmp_path / "local" / path)
    (group,) = RecordingRoot(str(tmp_path / "local")).groups()
    assert RecordingRoot(str(tmp_path / "network")).recordings(group) == []


class Hik(Layout):
    """A further kind, as somebody would add it: a tree of dates, all of a day in one folder."""

    kind = "hik"
    levels = tuple(map(re.compile, ("hikvision", "(?P<uid>.+)", "(?P<day>[0-9]{8})")))
    name = re.compile("(?P<hour>[0-2][0-9])(?P<minute>[0-9]{2})(?P<second>[0-9]{2})")
    suffixes = (".dav",)

    def path(self, uid, moment):
        """See :class:`Layout`."""
        return os.path.join("hikvision", uid, f"{moment:%Y%m%d}", f"{moment:%H%M%S}.dav")


def test_further_kind_is_one_class(tmp_path, monkeypatch):
    monkeypatch.setattr(layouts, "LAYOUTS", (*LAYOUTS, Hik()))
    path = layouts.layout_of("hik").path("yard", MOMENT)
    make(tmp_path, path)
    (group,) = RecordingRoot(str(tmp_path)).groups()
    assert (group.kind, group.uid, group.day) == ("hik", "yard", "20261123")
    assert group.recorded_at(os.path.basename(path)) == MOMENT
    assert group.began_at == MOMENT.replace(hour=0, minute=0, second=0)
    assert layouts.kinds() == ["unv", "xiaomi", "hik"]


def test_folder_below_that_of_a_day_need_not_tell_the_hour(tmp_path, monkeypatch):
    deep = Hik()
    deep.levels = (*Hik.levels, re.compile("video"), re.compile("main"))
    monkeypatch.setattr(layouts, "LAYOUTS", (deep,))
    make(tmp_path, "hikvision/yard/20261123/video/main/140559.dav")
    reader = RecordingRoot(str(tmp_path))
    (group,) = reader.groups()
    assert (group.day, group.hour, group.began_at) == ("20261123", "", datetime(2026, 11, 23))
    assert [entry.name for entry in reader.recordings(group)] == ["140559.dav"]


@pytest.mark.parametrize(
    ("pattern", "name", "moment"),
    [("(?P<hour>[0-2][0-9])h", "14h.dav", "14:00:00"), ("(?P<minute>[0-5][0-9])m", "05m.dav", "00:05:00")],
)
def test_what_neither_path_nor_name_tells_is_the_beginning(pattern, name, moment):
    layout = Hik()
    layout.name = re.compile(pattern)
    assert f"{Group('20261123', '', 'hik', 'yard', '', layout).recorded_at(name):%H:%M:%S}" == moment


@pytest.mark.parametrize(
    "path",
    [
        "unv_camera/sklad/20261323/09/09-00-00.jpg",
        "unv_camera/sklad/2026-11-23/09/09-00-00.jpg",
        "unv_camera/sklad/20261123/24/24-00-00.jpg",
        "unv_camera/sklad/20261123/9/09-00-00.jpg",
        "unv_camera/sklad/２０２６１１２３/09/09-00-00.jpg",
        "unv_camera/sklad/20261123/09-00-00.jpg",
        "unv_camera/sklad/20261123/09/09-00-00.avi",
        "unv_camera/sklad/20261123/09/more/09-00-00.jpg",
        "unv_camera/notes.txt",
        f"xiaomi_camera_videos/{MAC}/20261123/x.mp4",
        f"xiaomi_camera_videos/{MAC}/2026112324/x.mp4",
        f"xiaomi_camera_videos/{MAC}/00_20261323140500_20261323141500.mp4",
        "XiaomiCamera_00_sklad/00_20261123140500_20261123141500.mp4",
        f"XiaomiCamera_01_{MAC}/0/video.mp4",
        "unv_camera2/sklad/20261123/09/09-00-00.jpg",
        "unv_camera/sklad/20270229/09/09-00-00.jpg",
        "unv_camera/sklad/20261123~/09/09-00-00.jpg",
        f"XiaomiCamera_001_{MAC}/00_20261123140500_20261123141500.mp4",
        f"XiaomiCamera_00_{MAC[1:]}/00_20261123140500_20261123141500.mp4",
        f"XiaomiCamera_00_{MAC[1:]}G/00_20261123140500_20261123141500.mp4",
        f"XiaomiCamera_00_{MAC}/x00_20261123140500_20261123141500.mp4",
        f"XiaomiCamera_00_{MAC}/video_20261123140500_20261123141500.mp4",
        f"XiaomiCamera_00_{MAC}/00_20261123140500_2026112314150.mp4",
        "00_20261123140500_20261123141500.mp4",
        "xiaomi_camera_videos/00_20261123140500_20261123141500.mp4",
        f"XiaomiCamera_01_{MAC}/10/00_20261123140500_20261123141500.mp4",
        f"XiaomiCamera_00_{MAC}0/00_20261123140500_20261123141500.mp4",
        f"XiaomiCamera_00_{MAC}/00_20261123140500_20261123141500.avi",
        f"XiaomiCamera_00_{MAC}/00_20261123140500.mp4",
        f"XiaomiCamera_00_{MAC}/00_20261123246000_20261123250000.mp4",
        "other/sklad/20261123/09/09-00-00.jpg",
        "picture.jpg",
    ],
)
def test_what_no_layout_understands_is_counted_with_an_example(tmp_path, path):
    make(tmp_path, path, f"unv_camera/sklad/{MOMENT:%Y%m%d/%H/%H-%M-%S}.jpg")
    assert [names for *_, names in read(tmp_path) if names] == [["14-05-59.jpg"]]
    assert passed_over(tmp_path) == PassedOver(1, path.replace("/", os.sep))


def test_rubbish_and_what_is_ours_is_passed_over_in_silence(tmp_path):
    hour = "unv_camera/sklad/20261123/14"
    names = [
        "Thumbs.db",
        "desktop.ini",
        ".DS_Store",
        "._a.jpg",
        "a.mp4.tmp",
        "b.mp4.crdownload",
        "@eaDir/a.jpg/thumb.jpg",
    ]
    names += [".a.jpg.pc.7.partial", ".14-05-59.jpg", "A.MP4.TMP"]
    make(tmp_path, f"XiaomiCamera_00_{MAC}/00_20261123140500_20261123141500.mp4.tmp")
    make(tmp_path, *(f"{hour}/{name}" for name in names), "$RECYCLE.BIN/x.jpg", ".pvz-owner.json", ".probe.pc.7")
    make(tmp_path, "unv_camera/sklad/20261123/Thumbs.db", "unv_camera/desktop.ini", "empty/deep/")
    assert passed_over(tmp_path) == PassedOver()
    assert [names for *_, names in read(tmp_path)] == [[]]


@pytest.mark.parametrize(
    ("name", "is_rubbish", "is_passed_over"),
    [
        *((name, True, True) for name in ("Thumbs.db", "ehthumbs.db", "desktop.ini", ".DS_Store", "@eaDir", "._a.jpg")),
        *((f"a.mp4{end}", True, True) for end in (".tmp", ".part", ".partial", ".crdownload", ".DOWNLOAD")),
        *((name, False, True) for name in ("System Volume Information", "$RECYCLE.BIN", "lost+found", "#recycle")),
        *((name, False, True) for name in ("@Recycle", "_report", ".pvz-owner.json", "~a.jpg")),
        *((name, False, False) for name in ("a.jpg", "a.avi", "tmp", "thumbs", "report")),
    ],
)
def test_rubbish_and_what_belongs_to_the_system_is_known_by_its_name(name, is_rubbish, is_passed_over):
    assert (layouts.is_rubbish(name), layouts.is_passed_over(name)) == (is_rubbish, is_passed_over)


@pytest.mark.parametrize(
    ("layout", "name", "is_so"),
    [
        (XiaomiFlat(), "00_20261123140500_20261123141500.mp4", True),
        (XiaomiFlat(), "00_20261123130500_20261123141500.mp4", False),  # of another hour
        (XiaomiFlat(), "00_20261122140500_20261122141500.mp4", False),
        (XiaomiFlat(), "00_20261123140500_20261123141500.mp4.tmp", False),
        (XiaomiFlat(), "video.mp4", False),
        (XiaomiHours(), "video.mp4", True),
        (XiaomiHours(), "Thumbs.db", False),
    ],
)
def test_group_has_the_recordings_of_its_hour(layout, name, is_so):
    assert Group("20261123", "14", layout.kind, MAC, "", layout).has_name(name) is is_so


def test_counting_of_what_is_strange_ends(tmp_path):
    make(tmp_path, *(f"archive/{number:03d}/a.jpg" for number in range(300)))
    found = passed_over(tmp_path)
    assert not found.is_complete
    assert 100 < found.files < 300
    assert found.remarks()[0].startswith(f"Не распознано: не менее чем {found.files} файл")


def test_root_that_is_missing_is_an_error_and_an_empty_one_is_none(tmp_path):
    assert RecordingRoot(str(tmp_path)).days() == []
    for note in (None, lambda *_: None):
        with pytest.raises(FileNotFoundError):
            RecordingRoot(str(tmp_path / "none"), note).days()


def test_day_that_was_cleaned_away_meanwhile_has_no_groups_but_one_of_a_lost_root_is_an_error(tmp_path):
    root = tmp_path / "root"
    make(root, "unv_camera/sklad/20261122/14/14-05-59.jpg", "unv_camera/sklad/20261123/14/14-05-59.jpg")
    reader = RecordingRoot(str(root))
    first, second = reader.days()
    shutil.rmtree(root / first.folder)
    assert reader.groups_of(first) == []
    shutil.rmtree(root)
    with pytest.raises(FileNotFoundError):
        reader.groups_of(second)


def test_folder_that_cannot_be_read_is_an_error_where_nobody_notes_it(tmp_path, monkeypatch):
    make(tmp_path, "unv_camera/sklad/20261123/14/14-05-59.jpg")
    broken = refuse_to_read(monkeypatch, tmp_path / "unv_camera" / "sklad")
    with pytest.raises(OSError, match="corrupted"):
        RecordingRoot(str(tmp_path)).days()
    told = []
    assert RecordingRoot(str(tmp_path), lambda path, error: told.append((path, error.strerror))).days() == []
    assert told == [(broken, "the folder is corrupted")]


def test_link_is_no_first_recording(tmp_path):
    make(tmp_path / "elsewhere", "a.jpg")
    make(tmp_path / "root", "unv_camera/sklad/20261123/14/")
    link_file(tmp_path / "root/unv_camera/sklad/20261123/14/14-05-59.jpg", tmp_path / "elsewhere" / "a.jpg")
    reader = RecordingRoot(str(tmp_path / "root"))
    (day,) = reader.days()
    assert reader.first_recording(day) is None


@pytest.mark.parametrize(
    "link", ["unv_camera", "unv_camera/sklad", "unv_camera/sklad/20261123", "unv_camera/sklad/20261123/14",
             "unv_camera/sklad/20261123/14/14-05-59.jpg"],
)  # fmt: skip
def test_no_link_is_followed_below_a_root_and_each_is_named(tmp_path, link):
    make(tmp_path / "elsewhere", "unv_camera/sklad/20261123/14/14-05-59.jpg")
    make(tmp_path / "root", "unv_camera/zal/20261123/14/14-05-59.jpg".replace("unv_camera", "UNV_Camera"))
    (tmp_path / "root" / link).parent.mkdir(parents=True, exist_ok=True)
    make_link = link_file if link.endswith(".jpg") else link_folder
    make_link(tmp_path / "root" / link, tmp_path / "elsewhere" / link)
    reader = RecordingRoot(str(tmp_path / "root"))
    assert [entry.name for group in reader.groups() for entry in reader.recordings(group)] == ["14-05-59.jpg"]
    assert reader.passed_over() == PassedOver(links=(os.path.normpath(link),))


def test_root_may_be_a_link(tmp_path):
    make(tmp_path / "elsewhere", "unv_camera/sklad/20261123/14/14-05-59.jpg")
    link_folder(tmp_path / "root", tmp_path / "elsewhere")
    assert [names for *_, names in read(tmp_path / "root")] == [["14-05-59.jpg"]]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("09-04-22.jpg", True),
        ("A.MP4", True),
        ("A.JPEG", True),
        ("x.ts", True),
        ("x.jpg.tmp", False),
        (".x.jpg", False),
        ("x", False),
    ],
)
def test_recording_is_told_by_its_name(name, is_one):
    assert Uniview().is_recording_name(name) is is_one


@pytest.mark.parametrize(
    ("layout", "name", "moment"),
    [
        (Uniview(), "14-05-59.jpg", "14:05:59"),
        (Uniview(), "14-05-59_motion.mp4", "14:05:59"),
        (Uniview(), "23-05-59.jpg", "14:05:59"),  # the folder has the hour
        (Uniview(), "14-65-59.jpg", "14:00:00"),
        (Uniview(), "14-05-60.jpg", "14:00:00"),
        (Uniview(), "yard-14-05-59.jpg", "14:00:00"),
        (Uniview(), "snapshot.jpg", "14:00:00"),
        (XiaomiHours(), "04M22S_1751868262.mp4", "14:04:22"),
        (XiaomiHours(), "x.mp4", "14:00:00"),
        (XiaomiHours(), "04M22.mp4", "14:00:00"),
    ],
)
def test_time_of_a_recording_is_its_paths(layout, name, moment):
    group = Group("20261123", "14", layout.kind, "sklad", "", layout)
    assert f"{group.recorded_at(name):%Y-%m-%d %H:%M:%S}" == f"2026-11-23 {moment}"


@pytest.mark.parametrize(
    ("folder", "is_so"),
    [
        (".", True),
        ("unv_camera", True),
        ("unv_camera/SKLAD/20261123", True),
        ("unv_camera/zal", False),
        ("unv_camera2", False),
        ("xiaomi_camera_videos", False),
    ],
)
@pytest.mark.parametrize("uid", ["sklad", "Sklad"])
def test_folder_may_hold_a_cameras_recordings(folder, is_so, uid):
    assert layouts.may_hold("unv", uid, folder.replace("/", os.sep)) is is_so
