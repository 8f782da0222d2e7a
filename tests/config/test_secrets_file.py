import os
import time

import pytest

from config.secrets_file import parse_secrets, read_secrets, secrets_path
from scheduler_runner.errors import ConfigError
from tests.conftest import INI, entry


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lines_are_names_and_values(encoding):
    text = '# for the bot\r\nBOT_TOKEN = 123:AA\r\n\r\nNAS_PASSWORD="a b=c"\nEMPTY_SECRET=\n'
    found = {"BOT_TOKEN": "123:AA", "NAS_PASSWORD": "a b=c", "EMPTY_SECRET": ""}
    assert parse_secrets(text.encode(encoding), "f") == found


@pytest.mark.parametrize("line", ["BOT_TOKEN", "LANGUAGE=ru", "=x", "swordfish"])
def test_line_that_is_no_secret_is_refused_by_its_number_and_never_shown(line):
    with pytest.raises(ConfigError, match="line 2: NAME=value would be right") as caught:
        parse_secrets(f"A_TOKEN=1\n{line}\n".encode(), "f")
    assert "swordfish" not in str(caught.value)


def test_missing_file_is_none_and_a_folder_is_refused(tmp_path):
    assert read_secrets(str(tmp_path / "none.env")) == {}
    with pytest.raises(ConfigError, match="cannot be read"):
        read_secrets(str(tmp_path))


def test_path_is_each_accounts_own_beside_the_ini(tmp_path):
    ini = str(tmp_path / "pvz.ini")
    assert secrets_path("secrets/{user}.env", "Operator", ini) == os.path.join(str(tmp_path), "secrets/operator.env")
    assert secrets_path("", "operator", ini) == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX's pipes")
def test_pipe_or_another_accounts_file_is_not_read_nor_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.env")
    started = time.monotonic()
    with pytest.raises(ConfigError):
        read_secrets(str(tmp_path / "pipe.env"))
    assert time.monotonic() - started < 15
    if os.geteuid() == 0:
        (tmp_path / "theirs.env").write_text("BOT_TOKEN=1")
        os.chown(tmp_path / "theirs.env", 12345, 12345)
        with pytest.raises(ConfigError, match="another account"):
            read_secrets(str(tmp_path / "theirs.env"))


@pytest.mark.slow
def test_runner_masks_what_the_file_holds_and_gives_it_to_who_asks(project):
    secrets = project.root / "secrets"
    secrets.mkdir()
    (secrets / "operator.env").write_text("NAS_PASSWORD = swordfish7\n")
    text = INI.replace("[scheduler]", "[scheduler]\nsecrets_file = secrets/{user}.env")
    (project.root / "pvz_config.ini").write_text(text, "utf-8")
    show = "import os; print('given', os.environ.get('NAS_PASSWORD', 'nothing'))"
    project.schedule(entry("Asks", show, secrets=["NAS_PASSWORD"]), entry("Other", show))
    assert project.run("--user", "operator").returncode == 0
    assert "given ***" in project.log("demo_Asks")
    assert "given nothing" in project.log("demo_Other")
    (secrets / "operator.env").write_text("swordfish7\n")
    ended = project.run("--user", "operator")
    assert ended.returncode == 3
    assert "line 1" in ended.stderr
    assert "swordfish7" not in ended.stderr + project.log()
