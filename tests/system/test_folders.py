import os

import pytest

from scheduler_runner.system.folders import NotOurs, ensure_plain_folder, require_own_folder
from tests.linking import link_folder

root_only = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give folders away"
)


def test_folder_is_made_with_those_above_it(tmp_path):
    ensure_plain_folder(str(tmp_path / "logs" / "operator" / "locks"), below=str(tmp_path / "logs"))
    assert (tmp_path / "logs" / "operator" / "locks").is_dir()


def test_folder_that_is_not_there_is_nobodys(tmp_path):
    require_own_folder(str(tmp_path / "none"))


def test_link_on_the_way_is_refused_but_not_above_it(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link_folder(tmp_path / "logs", tmp_path / "elsewhere")
    ensure_plain_folder(str(tmp_path / "logs" / "operator"), below=str(tmp_path / "logs"))
    link_folder(tmp_path / "elsewhere" / "system", tmp_path)
    with pytest.raises(NotOurs, match="system is a link"):
        ensure_plain_folder(str(tmp_path / "logs" / "system" / "locks"), below=str(tmp_path / "logs"))


@root_only
def test_another_accounts_folder_is_refused_anywhere_below(tmp_path):
    (tmp_path / "system" / "locks").mkdir(parents=True)
    os.chown(tmp_path / "system", 12345, 12345)
    with pytest.raises(NotOurs, match="belongs to another account"):
        ensure_plain_folder(str(tmp_path / "system" / "locks"), below=str(tmp_path))
    with pytest.raises(NotOurs):
        ensure_plain_folder(str(tmp_path / "system"))
    ensure_plain_folder(str(tmp_path / "system"), is_anyones=True)
