import codecs
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.launcher import pvz
from scheduler_runner.errors import ConfigError
from scheduler_runner.setup.crontab import crontab_line
from scheduler_runner.setup.task_entry import SETTINGS, Logon, Wish, split_arguments, wanted_entry
from scheduler_runner.setup.task_xml import from_xml, to_xml
from tests.setup.conftest import ACCOUNT, PYTHONW, ROOT, WISH, on_posix

# In the shape of Windows' own exports: defaults left out, times as hours, comments and a document type of no use.
EXPORTED = r"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.4" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Date>2026-11-20T10:11:12.1234567</Date>
    <Author>ПУНКТ-182\Оператор</Author>
    <URI>\PVZ scheduler\operator</URI>
  </RegistrationInfo>
  <Triggers>
    <TimeTrigger>
      <Repetition>
        <Interval>PT1H</Interval>
      </Repetition>
      <StartBoundary>2026-01-01T00:00:00+03:00</StartBoundary>
    </TimeTrigger>
    <BootTrigger>
      <Enabled>false</Enabled>
    </BootTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>S-1-5-18</UserId>
      <RunLevel>HighestAvailable</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <Enabled>True</Enabled>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>"C:\PVZ\.venv\Scripts\pythonw.exe"</Command>
      <Arguments>-m scheduler_runner.runner --user=operator</Arguments>
    </Exec>
  </Actions>
</Task>
"""


@pytest.mark.parametrize("logon", list(Logon))
@pytest.mark.parametrize("config", ["", r"C:\мой 'пункт' & ко\pvz.ini"])
def test_entry_survives_its_xml(logon, config):
    wish = Wish("operator", ACCOUNT, logon, 7, config, is_highest=logon is Logon.PASSWORD)
    entry = wanted_entry(wish, PYTHONW, 'D:\\a "b" <c>\\')
    assert from_xml(to_xml(entry)) == entry
    assert (entry.user, entry.config) == ("operator", config)


def test_file_is_what_schtasks_takes():
    content = to_xml(wanted_entry(WISH, PYTHONW, ROOT))
    assert content.startswith(codecs.BOM_UTF16_LE)
    text = content.decode("utf-16")
    assert text.startswith('<?xml version="1.0" encoding="UTF-16"?>\r\n')
    assert "\n" not in text.replace("\r\n", "")
    assert f"<WorkingDirectory>{ROOT}</WorkingDirectory>" in text
    assert f"<Command>{PYTHONW}</Command>" in text
    assert "<Duration>" not in text
    assert "<LogonType>InteractiveToken</LogonType>" in text
    assert f"<UserId>{ACCOUNT}</UserId>" in text


def test_system_is_written_by_its_sid_without_a_kind_of_logon_and_starts_at_boot():
    text = to_xml(wanted_entry(Wish("system", ACCOUNT, Logon.SYSTEM), PYTHONW, ROOT)).decode("utf-16")
    assert "<UserId>S-1-5-18</UserId>" in text
    assert "<LogonType>" not in text
    assert "<RunLevel>HighestAvailable</RunLevel>" in text
    assert "<BootTrigger>" in text and "<LogonTrigger>" not in text


def test_what_an_export_leaves_out_is_as_task_scheduler_takes_it():
    entry = from_xml(EXPORTED)
    assert entry.settings == {name: setting.default for name, setting in SETTINGS.items()}
    assert (entry.every_minutes, entry.starts, entry.logon, entry.is_highest) == (60, (), Logon.SYSTEM, True)
    assert (entry.command, entry.user, entry.working_dir) == (r"C:\PVZ\.venv\Scripts\pythonw.exe", "operator", "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<Interval>PT1H</Interval>", "<Interval>PT1H</Interval><Duration>P1D</Duration>"),
        ("<TimeTrigger>", "<TimeTrigger><Enabled>false</Enabled>"),
        ("<TimeTrigger>", "<TimeTrigger><EndBoundary>2027-01-01T00:00:00</EndBoundary>"),
        ("<Interval>PT1H</Interval>", ""),
    ],
)
def test_repetition_that_ends_is_none(old, new):
    assert from_xml(EXPORTED.replace(old, new)).every_minutes is None


def test_broken_xml_is_told_with_its_name():
    with pytest.raises(ConfigError, match=r"\\PVZ scheduler\\operator is no XML"):
        from_xml("<Task", r"\PVZ scheduler\operator")


@given(st.lists(st.text(st.sampled_from('a \\"\tя'), max_size=8), max_size=4))
def test_words_of_a_command_line_come_back(words):
    assert split_arguments(subprocess.list2cmdline(words)) == words


PVZ = pvz()


def test_command_that_asks_again_names_what_is_not_usual():
    wish = Wish("system", ACCOUNT, Logon.S4U, 10, r"C:\a b\pvz.ini", is_highest=True)
    assert wish.command() == (
        f"{PVZ} install --user system --logon s4u --account {ACCOUNT} --every 10 --highest "
        r'--config "C:\a b\pvz.ini"'
    )
    assert Wish("system", "S-1-5-18", Logon.SYSTEM).command() == f"{PVZ} install --user system"


@on_posix
@pytest.mark.parametrize(("every", "minutes"), [(1, "*"), (5, "*/5"), (60, "0")])
def test_crontab_line_survives_a_shell(every, minutes, tmp_path):
    root = tmp_path / "п 'v' \"z\" 100%"
    root.mkdir()
    line = crontab_line(Wish("operator", "", every_minutes=every, config="/a b.ini"), "echo", str(root))
    assert line.startswith(f"{minutes} * * * * cd ")
    assert "100\\%" in line
    command = line.split(" ", 5)[5].replace("\\%", "%")
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert ran.stdout == "-m scheduler_runner.runner --user operator --config /a b.ini\n"


def test_privileged_entry_alone_refuses_what_others_could_change():
    assert wanted_entry(Wish("system", "", Logon.SYSTEM), PYTHONW, ROOT).arguments.endswith("--user system --protected")
    assert "--protected" in wanted_entry(Wish("operator", ACCOUNT, is_highest=True), PYTHONW, ROOT).arguments
    assert "--protected" not in wanted_entry(Wish("operator", ACCOUNT), PYTHONW, ROOT).arguments
    unprotected = Wish("system", "", Logon.SYSTEM, is_protected=False)
    assert "--protected" not in wanted_entry(unprotected, PYTHONW, ROOT).arguments
    assert crontab_line(Wish("system", "", Logon.SYSTEM), "python", "/").endswith("--user system --protected")
