"""What says that the PC waits for a restart, on either system."""

import sys

import pytest

from scheduler_runner.tasks.system_updates.pending_restart import restart_reasons


@pytest.mark.skipif(sys.platform != "win32", reason="Windows only")
@pytest.mark.parametrize(
    "key",
    [
        r"Component Based Servicing\RebootPending",
        r"Component Based Servicing\RebootInProgress",
        r"Component Based Servicing\PackagesPending",
        r"WindowsUpdate\Auto Update\RebootRequired",
    ],
)
def test_key_of_the_registry_means_a_restart_is_due(registry, key):
    assert restart_reasons(registry("Other")) == []
    assert restart_reasons(registry(key)) == [key]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
def test_flag_of_packages_means_a_restart_is_due_and_names_them(tmp_path):
    assert restart_reasons(str(tmp_path)) == []
    (tmp_path / "reboot-required").touch()
    assert restart_reasons(str(tmp_path)) == ["reboot-required"]
    (tmp_path / "reboot-required.pkgs").write_text("linux-image\ndbus\ndbus\n")
    assert restart_reasons(str(tmp_path)) == ["dbus", "linux-image"]
