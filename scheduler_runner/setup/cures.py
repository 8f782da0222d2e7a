"""What people are to do with the system around the program: each has its own tools for it."""

import sys

from scheduler_runner.phrases import Phrase

if sys.platform == "win32":
    SET_CLOCK = Phrase("set the clock: w32tm /resync, or the settings of date and time")
    SET_ZONE = Phrase("set the PC's time zone (tzutil /l lists them), or mend timezone in [scheduler]")
    LET_WRITE = Phrase(
        "give the account the right to modify this folder (Properties, Security), or mend local_roots in [cameras]"
    )
    WAIT_FOR_TICK = Phrase("wait for the next full five minutes, or start its entry in Task Scheduler, then ask again")
    LOOK_AT_STARTS = Phrase("if the PC was on, look at the date and at Task Scheduler")

    def reach_network_root(is_privileged: bool) -> Phrase:
        """Return how the network root comes to answer."""
        cure = Phrase(
            "log on to it in Explorer, make its folder where it has none yet, or mend network_root in [cameras]"
        )
        if not is_privileged:
            return cure
        told = "{cure}; an administrator's console has no mapped drives, so ask in an ordinary one"
        return Phrase(told, cure=cure)

else:
    SET_CLOCK = Phrase("set the clock: timedatectl set-ntp true")
    SET_ZONE = Phrase("set the PC's time zone (timedatectl list-timezones), or mend timezone in [scheduler]")
    LET_WRITE = Phrase("give the account the right to write to this folder, or mend local_roots in [cameras]")
    WAIT_FOR_TICK = Phrase("wait for the next full five minutes, then ask again; cron must be running")
    LOOK_AT_STARTS = Phrase("if the PC was on, look at the date and at cron")

    def reach_network_root(is_privileged: bool) -> Phrase:
        """Return how the network root comes to answer."""
        return Phrase("mount it, make its folder where it has none yet, or mend network_root in [cameras]")
