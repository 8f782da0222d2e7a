"""apt-get and dpkg themselves, in a root of the test's own: nothing of this machine's packages changes."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from config.base_config import PATH_CONFIG
from scheduler_runner.system.programs import Finished
from scheduler_runner.tasks.system_updates import UpdateOS, apt_updates, pending_restart
from scheduler_runner.tasks.system_updates.apt_updates import AptUpdates, parsed_upgrades, trouble_of
from scheduler_runner.tasks.system_updates.update_values import Kind, Trouble, Update
from tests.conftest import fill

if sys.platform != "linux" or not shutil.which("apt-get"):
    pytest.skip("apt-get is Debian's", allow_module_level=True)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can install packages")

SIMULATED = """Reading package lists...
Inst curl [7.88.1-10+deb12u14] (7.88.1-10+deb12u15 Debian:12.15/oldstable [amd64]) []
Inst libcurl4:i386 [7.88.1-10+deb12u14] (7.88.1-10+deb12u15 Debian:12.15/oldstable [i386])
Inst openssh-client [1:9.2p1-2+deb12u6] (1:9.2p1-2+deb12u10 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64])
Inst linux-image-6.1.0-99-amd64 (6.1.99 Debian-Security:12/oldstable-security [amd64])
Conf curl (7.88.1-10+deb12u15 Debian:12.15/oldstable [amd64])
"""
FILES = """Need to get 1 MB
'http://x/openssh-client_9.2p1-2%2bdeb12u10_amd64.deb' openssh-client_1%3a9.2p1-2+deb12u10_amd64.deb 991492 SHA256:00
'http://x/curl_7.88.1-10%2bdeb12u15_amd64.deb' curl_7.88.1-10+deb12u15_amd64.deb 315344 SHA256:00
"""


def test_simulated_upgrade_is_read_with_sizes_and_importance():
    curl, foreign, ssh = parsed_upgrades(SIMULATED, FILES)
    assert (curl.id, curl.size_bytes, curl.is_important) == ("curl", 315344, False)
    assert curl.title == "curl 7.88.1-10+deb12u14 -> 7.88.1-10+deb12u15"
    assert (foreign.id, foreign.size_bytes) == ("libcurl4:i386", 0)
    assert (ssh.size_bytes, ssh.is_important) == (991492, True)


@pytest.mark.parametrize(
    ("err", "kind", "told"),
    [
        ("E: Could not get lock /var/lib/dpkg/lock-frontend.", Kind.BUSY, "идёт другая установка обновлений"),
        ("E: Unable to lock directory /var/lib/apt/lists/", Kind.BUSY, "идёт другая установка обновлений"),
        ("E: You don't have enough free space in /x/.", Kind.HOPELESS, "нет места на диске"),
        ("E: Failed to fetch http://x  Could not resolve 'x'", Kind.HOPELESS, "нет связи с сервером обновлений"),
        ("E: Failed to fetch http://x/a.deb  404  Not Found [IP: ::1 80]", Kind.FAILED, "не скачивается"),
        (
            "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'",
            Kind.HOPELESS,
            "прошлая установка была прервана, нужна команда dpkg --configure -a",
        ),
        ("E: Sub-process /usr/bin/dpkg returned an error code (1)", Kind.FAILED, "ошибка apt: E: Sub-process"),
        ("", Kind.FAILED, "ошибка apt: 100"),
    ],
)
def test_failure_of_apt_is_understood_and_its_words_are_kept(err, kind, told):
    trouble = trouble_of(Finished(100, "Reading package lists...\n", f"{err}\n", 0.1), "install")
    assert trouble.kind is kind
    assert trouble.told.startswith(told)
    assert err in str(trouble)


@dataclass
class AptRoot:
    """A Debian of a few made-up packages, with archives of its own. ``apt.conf`` leads apt-get there."""

    root: Path

    def __post_init__(self) -> None:
        for folder in ("apt.conf.d", "preferences.d", "sources.list.d", "trusted.gpg.d"):
            (self.root / "etc/apt" / folder).mkdir(parents=True)
        for folder in (
            "lib/dpkg/info",
            "lib/dpkg/updates",
            "lib/apt/lists/partial",
            "cache/apt/archives/partial",
            "log/apt",
        ):
            (self.root / "var" / folder).mkdir(parents=True)
        self.status.touch()
        self.configuration.write_text(
            f'Dir "{self.root}";\nDir::Etc "{self.root}/etc/apt";\nDir::State::status "{self.status}";\n'
            f'DPkg::Options {{ "--root={self.root}"; "--force-script-chrootless"; }};\nAPT::Sandbox::User "root";\nAcquire::Retries "0";\n'
        )

    @property
    def configuration(self) -> Path:
        return self.root / "apt.conf"

    @property
    def status(self) -> Path:
        return self.root / "var/lib/dpkg/status"

    @property
    def downloads(self) -> Path:
        return self.root / "var/cache/apt/archives"

    def version(self, package: str) -> str:
        query = ["dpkg-query", f"--root={self.root}", "-W", "-f=${Version}", package]
        return subprocess.run(query, capture_output=True, text=True, check=True).stdout

    def package(self, folder: Path, name: str, version: str, *, script: str = "", **more: str) -> Path:
        tree = self.root / "tree" / f"{name}_{version}"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "usr/share" / name).mkdir(parents=True)
        (tree / "usr/share" / name / "version").write_text(version)
        fields = {"Package": name, "Version": version, "Architecture": "all", "Maintainer": "T <t@example.org>"}
        control = "".join(f"{key}: {value}\n" for key, value in {**fields, **more, "Description": "made up"}.items())
        (tree / "DEBIAN/control").write_text(control)
        if script:
            (tree / "DEBIAN/postinst").write_text(f"#!/bin/sh\n{script}\n")
            (tree / "DEBIAN/postinst").chmod(0o755)
        (tree / "etc").mkdir()
        (tree / "etc" / name).write_text(f"as version {version} has it\n")
        (tree / "DEBIAN/conffiles").write_text(f"/etc/{name}\n")
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}_{version}_all.deb"
        build = ["dpkg-deb", "--root-owner-group", "--build", str(tree), str(file)]
        subprocess.run(build, check=True, capture_output=True)
        return file

    def install(self, name: str, version: str = "1") -> None:
        file = self.package(self.root / "old", name, version)
        subprocess.run(["dpkg", f"--root={self.root}", "-i", str(file)], check=True, capture_output=True)

    def offer(self, name: str, version: str = "2", suite: str = "stable-security", **more: str) -> None:
        archive = self.root / "archives" / suite
        file = self.package(archive, name, version, **more)
        content = file.read_bytes()
        fields = subprocess.run(["dpkg-deb", "-f", str(file)], capture_output=True, text=True, check=True).stdout
        entry = f"{fields}Filename: ./{file.name}\nSize: {len(content)}\nSHA256: {sha256(content).hexdigest()}\n\n"
        index = archive / "Packages"
        index.write_text((index.read_text() if index.exists() else "") + entry)
        digest = f"{sha256(index.read_bytes()).hexdigest()} {index.stat().st_size} Packages"
        date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
        (archive / "Release").write_text(
            f"Origin: Debian\nLabel: Debian\nSuite: {suite}\nDate: {date}\nSHA256:\n {digest}\n"
        )
        self.source(f"copy:{archive}", suite)

    def source(self, uri: str, name: str) -> None:
        (self.root / "etc/apt/sources.list.d" / f"{name}.list").write_text(f"deb [trusted=yes] {uri} ./\n")


@pytest.fixture
def apt(tmp_path, monkeypatch) -> AptRoot:
    apt = AptRoot(tmp_path / "debian")
    monkeypatch.setenv("APT_CONFIG", str(apt.configuration))
    return apt


@pytest.fixture
def script(ini, tmp_path, monkeypatch):
    """Return a function that runs the script in this process, as the runner would; it returns code and result."""
    (tmp_path / "logs").mkdir()
    ini("[DEFAULT]\nPVZ_ID = 182\nENV_MODE = production\n")
    result = tmp_path / "result.json"
    monkeypatch.setenv("SCHEDULER_RESULT_FILE", str(result))
    monkeypatch.setitem(PATH_CONFIG, "LOGS_ROOT", str(tmp_path / "logs"))
    monkeypatch.setattr(pending_restart, "PLACE", str(tmp_path))

    def run(*arguments: str, least_free_bytes: int = 64 * 1024) -> "tuple[int, dict]":
        system = AptUpdates(lock_seconds=1, least_free_bytes=least_free_bytes)
        code = UpdateOS.main(arguments, lambda: system)
        return code, json.loads(result.read_text("utf-8"))

    return run


@pytest.fixture
def two_updates(apt) -> AptRoot:
    apt.install("pvz-important")
    apt.install("pvz-other")
    apt.offer("pvz-important")
    apt.offer("pvz-other", suite="stable")
    return apt


@contextlib.contextmanager
def held(lock: Path):
    """Hold a lock as dpkg does, from another process: its own would let this one's children in."""
    code = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        yield
        process.communicate(b"\n", timeout=20)


@pytest.mark.slow
@needs_root
def test_check_and_dry_run_tell_and_change_nothing(two_updates, script):
    code, result = script("--check")
    assert (code, result["summary"]) == (0, "Доступно обновлений: 2, важных: 1 (pvz-important).")
    code, result = script("--dry-run", "--all")
    assert code == 0
    assert "Было бы установлено: 2 (pvz-important, pvz-other)." in result["summary"]
    assert [two_updates.version(name) for name in ("pvz-important", "pvz-other")] == ["1", "1"]
    assert not list(two_updates.downloads.glob("*.deb"))


@pytest.mark.slow
@needs_root
def test_security_update_is_installed_and_the_rest_with_all(two_updates, script):
    code, result = script()
    assert (code, result["summary"]) == (0, "Установлено обновлений: 1 (pvz-important).")
    assert [two_updates.version(name) for name in ("pvz-important", "pvz-other")] == ["2", "1"]
    assert (two_updates.root / "usr/share/pvz-important/version").read_text() == "2"
    code, result = script("--all")
    assert result["summary"] == "Установлено обновлений: 1 (pvz-other)."
    assert script("--all")[1]["summary"] == "Обновлений нет."
    assert not list(two_updates.downloads.rglob("*.deb"))


@pytest.mark.slow
@needs_root
def test_what_others_have_downloaded_stays(two_updates, script):
    others = two_updates.downloads / "somebodys_1_all.deb"
    others.write_text("not ours")
    assert script()[0] == 0
    assert list(two_updates.downloads.rglob("*.deb")) == [others]


@pytest.mark.slow
@needs_root
def test_configuration_that_was_changed_is_kept_and_nobody_is_asked(two_updates, script):
    configuration = two_updates.root / "etc/pvz-important"
    configuration.write_text("as this point needs it\n")
    assert script()[0] == 0
    assert configuration.read_text() == "as this point needs it\n"
    assert two_updates.version("pvz-important") == "2"


@pytest.mark.slow
@needs_root
def test_no_package_is_removed_for_another(two_updates):
    two_updates.offer("pvz-important", "3", Conflicts="pvz-other")
    AptUpdates().search()
    with pytest.raises(Trouble):
        AptUpdates().install(Update("pvz-important", "pvz-important", "", is_important=True))
    assert [two_updates.version(name) for name in ("pvz-important", "pvz-other")] == ["1", "1"]


@pytest.mark.slow
@needs_root
def test_excluded_package_stays(two_updates, script):
    assert script("--all", "--exclude", "pvz-important")[1]["summary"] == "Установлено обновлений: 1 (pvz-other)."
    assert two_updates.version("pvz-important") == "1"


@pytest.mark.slow
@needs_root
@pytest.mark.parametrize("lock", ["lib/dpkg/lock-frontend", "lib/apt/lists/lock", "cache/apt/archives/pvz/lock"])
def test_held_lock_is_waited_for_and_then_left_for_a_later_tick(two_updates, script, lock):
    (two_updates.downloads / "pvz").mkdir()
    with held(two_updates.root / "var" / lock):
        code, result = script()
    assert code == 75
    assert "идёт другая установка обновлений" in result["summary"]
    assert two_updates.version("pvz-important") == "1"
    assert script()[0] == 0


@needs_root
def test_no_network_is_a_failure_and_not_no_updates(apt, script):
    apt.source("http://127.0.0.1:9/debian", "away")
    code, result = script()
    assert (code, result["summary"]) == (1, "Поиск обновлений не удался: нет связи с сервером обновлений.")


@pytest.mark.slow
@needs_root
def test_one_archive_of_several_that_is_away_is_a_remark(two_updates, script):
    two_updates.source("http://127.0.0.1:9/debian", "away")
    code, result = script()
    assert code == 10
    assert result["summary"] == "Установлено обновлений: 1 (pvz-important). Часть источников обновлений не ответила."


@needs_root
def test_network_that_goes_away_after_the_search_leaves_the_package_as_it_is(two_updates, script):
    (two_updates.root / "archives/stable-security/pvz-important_2_all.deb").unlink()
    code, result = script()
    assert code == 1
    assert result["summary"] == "Не установлено: 1 (pvz-important): не скачивается."
    assert two_updates.version("pvz-important") == "1"


@pytest.mark.slow
@needs_root
def test_disk_without_space_is_told_before_anything_is_downloaded(two_updates, script, small_disk):
    with open(two_updates.configuration, "a") as file:
        file.write(f'Dir::Cache::archives "{small_disk}";\n')
    (small_disk / "partial").mkdir()
    code, result = script(least_free_bytes=1024 * 1024)
    assert code == 1
    assert "мало места на диске: свободно 256,0 КБ, нужно 1,0 МБ" in result["summary"]
    assert script("--dry-run", least_free_bytes=1024 * 1024)[0] == 1
    assert not list(small_disk.glob("*.deb"))


@pytest.mark.slow
@needs_root
def test_disk_that_fills_up_during_a_download_is_told(two_updates, small_disk):
    with open(two_updates.configuration, "a") as file:
        file.write(f'Dir::Cache::archives "{small_disk}";\n')
    (small_disk / "partial").mkdir()
    system = AptUpdates(lock_seconds=1)
    (update,) = (each for each in system.search().updates if each.is_important)
    fill(small_disk)
    with pytest.raises(Trouble) as caught:
        system.download(update, 60)
    assert (caught.value.kind, caught.value.told) == (Kind.HOPELESS, "нет места на диске")


@pytest.mark.slow
@needs_root
def test_package_whose_script_fails_keeps_no_other_back_and_is_told_each_time(apt, script):
    for name in ("pvz-a", "pvz-b"):
        apt.install(name)
    apt.offer("pvz-a", script="echo my script breaks >&2; exit 3")
    apt.offer("pvz-b")
    code, result = script()
    assert code == 1
    assert "Установлено обновлений: 1 (pvz-b). Не установлено: 1 (pvz-a)" in result["summary"]
    assert apt.version("pvz-b") == "2"
    for mode in ((), ("--check",)):
        code, result = script(*mode)
        assert code == 1
        assert "Установлено не до конца: pvz-a: нужна команда dpkg --configure -a." in result["summary"]
        assert "Обновлений нет" not in result["summary"] or mode


@pytest.mark.slow
@needs_root
def test_held_and_kept_back_security_updates_wait_for_a_person(apt, script):
    for name in ("pvz-held", "pvz-kept", "pvz-other"):
        apt.install(name)
    apt.offer("pvz-held")
    apt.offer("pvz-kept", Depends="nowhere (>= 3)")
    apt.offer("pvz-other", suite="stable", Depends="nowhere (>= 3)")
    selections = ["dpkg", f"--root={apt.root}", "--set-selections"]
    subprocess.run(selections, input="pvz-held hold\n", text=True, check=True)
    code, result = script()
    assert code == 10
    assert result["summary"] == ("Ждут человека: pvz-held (удержан вручную), pvz-kept (не сходятся зависимости).")


@needs_root
def test_archive_without_a_signature_is_told_as_such(two_updates, script):
    source = two_updates.root / "etc/apt/sources.list.d/stable-security.list"
    source.write_text(source.read_text().replace("[trusted=yes] ", ""))
    code, result = script()
    assert code == 10
    assert "Подпись источника обновлений не проверяется" in result["summary"]
    assert two_updates.version("pvz-important") == "1"


def test_security_is_a_matter_of_the_archive_and_no_piece_of_a_name():
    line = (
        "Inst tool [1] (2 Acme:1/acme-insecurity-nightly [amd64])\nInst lib [1] (2 Ubuntu:24.04/noble-security [amd64])"
    )
    assert [update.is_important for update in parsed_upgrades(line, "")] == [False, True]


def test_what_apt_writes_while_it_waits_for_a_lock_is_no_failure():
    wrote = "Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1\n"
    failed = Finished(100, wrote, "E: Sub-process /usr/bin/dpkg returned an error code (1)\n", 1.0)
    assert trouble_of(failed, "install").kind is Kind.FAILED


def test_system_without_apt_get_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(apt_updates, "system_program", lambda name: str(tmp_path / name))
    assert UpdateOS.system_here() is None
    with pytest.raises(Trouble) as caught:
        AptUpdates().install(Update("a", "a", "a", is_important=True))
    assert caught.value.told == "не запускается apt-get"


@needs_root
@pytest.mark.slow
def test_package_of_the_distributions_archive_is_upgraded(apt, script):
    """The real archive, into the test's root: a small package without scripts, of which an older one is made up."""
    name = "krb5-locales"
    own_status = _status_here(name)
    apt.install(name, "0.1")
    for source in ("sources.list", "sources.list.d", "trusted.gpg.d"):
        if (path := Path("/etc/apt", source)).is_dir():
            shutil.copytree(path, apt.root / "etc/apt" / source, dirs_exist_ok=True)
        elif path.exists():
            shutil.copy(path, apt.root / "etc/apt" / source)
    try:
        offered = {update.name for update in AptUpdates().search().updates}
    except Trouble as trouble:
        pytest.skip(f"the archive is not reached: {trouble}")
    if name not in offered:
        pytest.skip(f"the archive has no {name}")
    code, result = script("--all")
    assert code in (0, 10), result["summary"]
    assert result["summary"].startswith(f"Установлено обновлений: 1 ({name}).")
    assert apt.version(name) not in ("", "0.1")
    assert list((apt.root / "usr/share/locale").rglob("*.mo"))
    assert _status_here(name) == own_status


def _status_here(package: str) -> str:
    """Return what this machine's own dpkg knows of a package; of others, it may install some meanwhile."""
    query = ["dpkg-query", "-W", "-f=${Status} ${Version}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout
