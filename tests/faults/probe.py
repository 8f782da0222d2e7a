"""What the tasks of a round do, and their evidence, which the product knows nothing of: a file for each run.

``probe.py NAME SEED GROUP``. What a run does is by chance, the same for one seed, task, slot and attempt; whether a task
fails lasts for days. A lock of its own tells where another run of the task, or of its group, is at work.
"""

import os
import random
import sys
import time

BAD, TRY_LATER = 3, 75
HANGS_SECONDS = 60


def main() -> int:
    name, seed, *groups = sys.argv[1:]
    _find_room()
    run = os.environ["SCHEDULER_RUN_ID"]
    slot = os.environ.get("SCHEDULER_SLOT", "")
    with open(os.path.join(os.environ["FAULTS_EVIDENCE"], run), "a", encoding="utf-8") as evidence:

        def note(what: str, **facts: object) -> None:
            known = {
                "what": what,
                "task": name,
                "slot": slot,
                "step": int(os.environ["FAULTS_STEP"]),
                "at": time.time(),
            }
            evidence.write(f"{known | facts!r}\n")
            evidence.flush()

        note("begin")
        guards = [_guard(each) for each in (name, *groups)]
        for each, guard in zip((name, *groups), guards):
            if guard is None:
                note("overlap", with_=each)
        code = _work(name, random.Random(f"{seed} {name} {slot}"), random.Random(f"{seed} {name} {slot[:10]}"))
        note("end", code=code)
    return code


def _work(name: str, chance: random.Random, mood: random.Random) -> int:
    """Do what this slot's chance says; ``mood`` is that of the day."""
    is_bad = mood.random() < 0.3
    time.sleep(chance.choice([0, 0, 0.05, 0.3, 0.8]))
    if name == "Hangs" and is_bad:
        time.sleep(HANGS_SECONDS)
    if name == "Leaves":
        import subprocess  # late: the others are many

        subprocess.Popen([sys.executable, "-S", "-c", f"import time; time.sleep({HANGS_SECONDS})"], close_fds=False)
    if name == "Waits" and chance.random() < 0.5:
        return TRY_LATER
    _leave_result(chance)
    return BAD if name in ("Again", "Often", "Noon", "First") and is_bad else 0


def _leave_result(chance: random.Random) -> None:
    """Leave a result as scripts do, at times one that is none."""
    path = os.environ.get("SCHEDULER_RESULT_FILE")
    content = chance.choice(
        [None, '{"metrics": {"files": 1}}', '{"metrics": {"files": NaN}}', '{"summary"', "\x00" * 99]
    )
    if path and content:
        try:
            with open(f"{path}.part", "w", encoding="utf-8") as file:
                file.write(content)
            os.replace(f"{path}.part", path)
        except OSError:
            pass  # a full disk, or no rights


if sys.platform == "win32":
    import msvcrt

    def _guard(name: str) -> "object | None":
        file = open(os.path.join(os.environ["FAULTS_EVIDENCE"], f"{name}.guard"), "a+b")
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return None
        return file

    def _find_room() -> None:
        """Nothing: there is room."""

else:
    import fcntl
    import resource

    def _guard(name: str) -> "object | None":
        """Return a lock that this process holds, and the helpers that it leaves."""
        file = open(os.path.join(os.environ["FAULTS_EVIDENCE"], f"{name}.guard"), "a+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        os.set_inheritable(file.fileno(), True)
        return file

    def _find_room() -> None:
        """Evidence lies on a disk that is not full."""
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


if __name__ == "__main__":
    sys.exit(main())
