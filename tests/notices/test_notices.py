"""Notices of real ticks, in processes of their own, to a real server."""

import json
import os
import re
import subprocess
import sys
import time

import psutil
import pytest

from scheduler_runner.system.locks import try_lock
from tests.bot_api import BROKEN, FORBIDDEN, HANG, HANG_SECONDS, OK, TOKEN, BotApi, free_port
from tests.conftest import INI, entry, just_now
from tests.waiting import UNTIL_GO, wait_until

RAN = "import os; open(os.path.join(os.environ['BASE_DIR'], 'ran'), 'a').write('x')"
FAILS = "print('облако недоступно'); raise SystemExit(3)"
# Generous, for a PC under load; where a server hangs, few.
SECONDS = 60
FEW_SECONDS = 3


@pytest.fixture
def api():
    with BotApi() as api:
        yield api


@pytest.fixture
def point(project, api):
    """Return a project whose notices go to the server."""
    return tell(project, api.url)


def tell(project, url: str, more: str = "", token: str = TOKEN):
    telegram = f"[telegram]\nchat_id = -100\napi_url = {url}\nsend_seconds = {SECONDS}\ndigest_time = off\nquiet_hours = off\n{more}"
    (project.root / "pvz_config.ini").write_text(INI + telegram, "utf-8")
    project.environ.update(TELEGRAM_BOT_TOKEN=token, NO_PROXY="127.0.0.1")
    return project


def wait_at_most(project, seconds: int) -> None:
    """Set how long ticks and senders wait."""
    ini = project.root / "pvz_config.ini"
    ini.write_text(re.sub(r"send_seconds = \d+", f"send_seconds = {seconds}", ini.read_text("utf-8")), "utf-8")


def tick(project, code: int = 0, **environ) -> float:
    started = time.monotonic()
    run = project.run("--user", "operator", **environ)
    assert run.returncode == code, run.stderr + project.log()
    return time.monotonic() - started


def texts(api) -> "list[str]":
    return [message.text.replace("<b>", "").replace("</b>", "") for message in api.delivered]


def now_due(project) -> None:
    """Forget the slots, and let every chat's pause be over: as if time had passed."""
    for lock in (project.logs / "operator" / "locks").glob("demo_*.lock"):
        os.utime(lock, (1.5, 1.5))
    ledger = project.ledger()
    ledger.file.write(lambda connection: connection.execute("DELETE FROM slots"))
    ledger.file.write(lambda connection: connection.execute("UPDATE runs SET slot = NULL"))
    ledger.file.write(lambda connection: connection.execute("UPDATE tasks SET decided_until = 0"))
    ledger.file.write(lambda connection: connection.execute("UPDATE chats SET next_at = 0"))
    ledger.close()


def written_files(project) -> "list":
    return [path for path in project.logs.rglob("*") if path.is_file()]


@pytest.mark.slow
def test_failure_and_recovery_are_told_once_each(point, api):
    point.schedule(entry("Job", FAILS))
    tick(point, 1)
    tick(point)
    assert len(api.messages) == 1
    assert texts(api)[0].startswith(
        "182 test: сбой: Job\nПрограмма завершилась с ошибкой\nПоследние слова программы: облако недоступно\n"
    )
    now_due(point)
    tick(point, 1)
    point.schedule(entry("Job", RAN))
    now_due(point)
    tick(point)
    tick(point)
    assert [text.split("\n")[0] for text in texts(api)] == [
        "182 test: сбой: Job",
        "182 test: снова работает: Job",
    ]
    assert "2 неудачи" in texts(api)[1]


@pytest.mark.slow
def test_last_attempt_is_told_not_the_first(point, api):
    point.schedule(entry("Job", FAILS, retries=1, retry_delay=1))
    tick(point, 1)
    assert api.messages == []
    ledger = point.ledger()
    ledger.file.write(lambda connection: connection.execute("UPDATE runs SET ended_at = ended_at - 5"))
    ledger.close()
    tick(point, 1)
    assert "попытка 2" in texts(api)[0]


@pytest.mark.slow
def test_sender_whose_lock_cannot_be_made_says_so_in_one_sentence(point, api):
    (point.logs / "operator" / "locks" / "sender.lock").mkdir(parents=True)
    point.schedule(entry("Job", FAILS))
    tick(point, 1)
    assert "notices have to wait: cannot lock" in point.log()
    assert "Traceback" not in point.log()
    assert api.messages == []


def test_run_by_hand_tells_nobody_and_changes_no_state(point, api):
    point.schedule(entry("Job", FAILS, schedule="once", at="2099-01-01 00:00"))
    assert point.run("--user", "operator", "--task", "Job").returncode == 1
    tick(point)
    assert api.messages == []


@pytest.mark.slow
def test_run_by_hand_does_not_send_what_waits(point, api):
    api.answers.append(BROKEN)
    point.schedule(entry("Job", FAILS))
    tick(point, 1)
    now_due(point)
    assert point.run("--user", "operator", "--task", "Job").returncode == 1
    assert senders(point) == []
    assert len(api.messages) == 1


def senders(project) -> "list[psutil.Process]":
    """Return the senders of this project that run."""
    found = []
    for process in psutil.process_iter():
        try:
            if "scheduler_runner.sender" in process.cmdline() and process.cwd() == str(project.root):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


@pytest.mark.slow
def test_failure_is_told_when_the_run_ends_not_when_the_tick_ends(point, api):
    point.schedule(entry("Long", UNTIL_GO), entry("Job", FAILS))
    runner = point.start("--user", "operator")
    try:
        wait_until(lambda: api.delivered)
        assert runner.poll() is None
        assert "сбой: Job" in texts(api)[0]
    finally:
        (point.root / "go").touch()
        runner.communicate(timeout=60)
    assert runner.returncode == 1


@pytest.mark.slow
def test_what_waits_is_sent_before_anything_is_started(point, api):
    api.answers.append(BROKEN)
    point.schedule(entry("Job", FAILS))
    tick(point, 1)
    now_due(point)
    # It takes its runner down, as a want of memory or a driver would: no tick ever gets to its end.
    kills = "import os; os.kill(os.getppid(), 9)"
    point.schedule(entry("Killer", kills, **just_now()))
    assert point.run("--user", "operator").returncode != 0
    _wait_for_sender(point, api, 2)
    assert "сбой: Job" in texts(api)[0]


@pytest.mark.slow
@pytest.mark.parametrize("answer", [BROKEN, FORBIDDEN])
def test_notice_that_fails_or_hangs_changes_neither_outcome_nor_exit_code_and_comes_later(point, api, answer):
    point.schedule(entry("Bad", FAILS), entry("Good", RAN))
    wait_at_most(point, FEW_SECONDS if answer == HANG else SECONDS)
    api.answers.append(answer)
    tick(point, 1)
    ledger = point.ledger()
    outcomes = {task: ledger.last_runs(f"demo_{task}", 1)[0].outcome for task in ("Bad", "Good")}
    ledger.close()
    assert outcomes == {"Bad": "failed", "Good": "succeeded"}
    _wait_for_sender(point, api, 1)
    wait_at_most(point, SECONDS)
    now_due(point)
    point.schedule(entry("Other", "pass", schedule="once", at="2020-01-01 00:00"))
    tick(point)
    _wait_for_sender(point, api, 2)
    assert "сбой: Bad" in texts(api)[0]


@pytest.mark.slow
def test_tick_waits_for_a_server_that_hangs_no_longer_than_send_seconds(point, api):
    point.schedule(entry("Job", FAILS))
    api.always = HANG
    wait_at_most(point, FEW_SECONDS)
    assert tick(point, 1) < HANG_SECONDS / 2
    _wait_for_sender(point, api, 1)
    assert f"no answer within send_seconds = {FEW_SECONDS}" in point.log() or "may have arrived" in point.log()


@pytest.mark.slow
def test_tick_waits_for_a_sender_that_hangs_no_longer_either(point):
    (point.root / "telegram.py").write_text("open('hangs', 'w').close()\n" + UNTIL_GO)
    point.schedule(entry("Job", FAILS))
    wait_at_most(point, FEW_SECONDS)
    tick(point, 1)
    wait_until((point.root / "hangs").exists)
    assert len(senders(point)) == 1
    (point.root / "go").touch()
    _wait_for_sender(point)


def _wait_for_sender(point, api=None, messages: int = 0) -> None:
    """Wait until the server has got so many messages, and the sender has ended by itself: its lock is free then."""
    path = str(point.logs / "operator" / "locks" / "sender.lock")

    def is_free() -> bool:
        try:
            lock = try_lock(path) if api is None or len(api.messages) >= messages else None
        except OSError:  # held, says Wine, with whatever error number was left
            lock = None
        if lock is not None:
            lock.release()
        return lock is not None

    wait_until(is_free)


@pytest.mark.slow
@pytest.mark.parametrize(
    "package",
    [
        "raise RuntimeError('broken wheel')",
        "import os; os._exit(9)",
        "import os; os.abort()",
        UNTIL_GO,
    ],
    ids=["breaks", "exits", "crashes", "hangs"],
)
def test_library_that_breaks_crashes_or_hangs_costs_nothing_but_the_notice(point, api, package):
    point.schedule(entry("Job", FAILS))
    broken = point.root / "telegram.py"
    broken.write_text(package)
    wait_at_most(point, FEW_SECONDS if package == UNTIL_GO else SECONDS)
    tick(point, 1)
    ledger = point.ledger()
    assert ledger.last_runs("demo_Job", 1)[0].outcome == "failed"
    assert ledger.has_notices()
    ledger.close()
    (point.root / "go").touch()
    _wait_for_sender(point)
    wait_at_most(point, SECONDS)
    broken.unlink()
    now_due(point)
    point.schedule(entry("Other", "pass", schedule="once", at="2020-01-01 00:00"))
    tick(point)
    _wait_for_sender(point, api, 1)
    assert "сбой: Job" in texts(api)[0]


@pytest.mark.slow
def test_sender_that_hangs_in_the_system_ends_by_itself(point):
    (point.root / "telegram.py").write_text("import time; time.sleep(600)")
    point.schedule(entry("Job", FAILS))
    code = "from scheduler_runner.sender import main; raise SystemExit(main(['--user', 'operator'], 2))"
    tick(point, 1, TELEGRAM_BOT_TOKEN="")
    now_due(point)
    ledger = point.ledger()
    ledger.file.write(
        lambda connection: connection.execute(
            "INSERT INTO outbox (kind, at, task, facts, can_wait) VALUES ('failing', 1, 'demo_Job', '{}', 0)"
        )
    )
    ledger.close()
    run = subprocess.run([sys.executable, "-c", code], cwd=point.root, env=point.environ, check=False, timeout=60)
    assert run.returncode == 1


@pytest.mark.slow
def test_token_is_in_no_file_that_ticks_left_whatever_the_server_says(point, api):
    point.schedule(entry("Job", _leaks(point, TOKEN)))
    answers = (OK, BROKEN, FORBIDDEN, HANG, {"ok": False, "error_code": 401, "description": "Unauthorized"})
    for number, answer in enumerate(answers, 1):
        api.answers.append(answer)
        wait_at_most(point, FEW_SECONDS if answer == HANG else SECONDS)
        point.run("--user", "operator", "--detailed-logs")
        _wait_for_sender(point, api, number)
        now_due(point)
        _forget_health(point)
    assert len(api.messages) == 5
    assert point.log("demo_Job").count("***") >= 5
    files = written_files(point)
    assert any(path.name == "ledger.sqlite3" for path in files)
    for path in files:
        content = path.read_bytes()
        assert TOKEN.encode() not in content, path
        assert TOKEN.partition(":")[2].encode() not in content, path


def _leaks(project, *secrets: str) -> str:
    """Return a program that prints secrets which it found somewhere."""
    (project.root / "leak.txt").write_text("\n".join(secrets))
    return "print(open('leak.txt').read()); raise SystemExit(1)"


def _forget_health(project) -> None:
    ledger = project.ledger()
    ledger.file.write(lambda connection: connection.execute("DELETE FROM levels"))
    ledger.close()


@pytest.mark.slow
def test_token_of_a_file_and_other_secrets_are_in_no_file_either(project, api):
    secrets = ("swordfish-proxy", "11111111-2222-3333")
    (project.root / "token.txt").write_text(TOKEN)
    more = f"token_file = token.txt\nproxy = http://user:{secrets[0]}@127.0.0.1:{free_port()}\n"
    more += f"[healthchecks]\nping_url = {api.url}/gone/{secrets[1]}\n"
    tell(project, f"http://127.0.0.1:{free_port()}", more, token="")
    project.schedule(entry("Job", _leaks(project, TOKEN, secrets[0], f"{api.url}/gone/{secrets[1]}")))
    tick(project, 1)
    _wait_for_sender(project)
    assert "ping not sent reason=refused with HTTP status 404" in project.log()
    assert "notice not sent" in project.log()
    for path in written_files(project):
        for secret in (TOKEN, *secrets):
            assert secret.encode() not in path.read_bytes(), path


def test_without_a_token_everything_works_and_it_is_said_once(project):
    project.schedule(entry("Job", FAILS))
    tick(project, 1)
    tick(project)
    assert (
        project.log().count("nobody is told of failures: there is neither [telegram] nor [vk] nor TELEGRAM_BOT_TOKEN")
        == 1
    )
    assert not (project.logs / "operator" / "locks" / "sender.lock").exists()


@pytest.mark.slow
def test_chat_without_a_token_says_what_is_missing_once(project, api):
    tell(project, api.url, token="")
    project.schedule(entry("Job", RAN))
    tick(project)
    tick(project)
    assert project.log().count("nobody is told of failures: there is no bot's token (variable TELEGRAM_BOT_TOKEN,") == 1


@pytest.mark.slow
def test_wrong_settings_are_exit_code_3_stop_no_task_and_are_told(project, api):
    tell(project, api.url, "remind_hours = often\n")
    project.schedule(entry("Job", RAN))
    tick(project, 3)
    assert (project.root / "ran").exists()
    told = "[telegram] remind_hours = 'often' is wrong: a whole number from 1 to 168 would be right"
    assert told in project.log()
    russian = "[telegram] remind_hours = 'often' — неверно: верно было бы целое число от 1 до 168"
    assert russian in texts(api)[0]
    tick(project, 3)
    assert len(api.messages) == 1


@pytest.mark.slow
def test_broken_configuration_is_told_once_and_again_when_it_is_another(point, api):
    point.schedule(entry("Job", RAN))
    point.configure("SCHEDULE = [", domain="other")
    tick(point, 3)
    tick(point, 3)
    assert len(api.messages) == 1
    assert (
        "182 test: ошибка в настройках\nscheduler_runner/tasks/other/config/demo_config.py: это не Python"
        in texts(api)[0]
    )
    point.configure("SCHEDULE = [{}]", domain="third")
    tick(point, 3)
    assert len(api.messages) == 2
    assert "third" in texts(api)[1]
    assert "other" not in texts(api)[1]
    point.configure("SCHEDULE = []", domain="other")
    point.configure("SCHEDULE = []", domain="third")
    tick(point)
    point.configure("SCHEDULE = [", domain="other")
    tick(point, 3)
    assert len(api.messages) == 3


@pytest.mark.slow
def test_secret_in_a_configuration_problem_is_told_to_nobody(point, api):
    point.schedule(entry("Job", RAN, schedule="swordfish"))
    tick(point, 3, DB_PASSWORD="swordfish")
    assert "неизвестное расписание '***'" in texts(api)[0]
    assert all(b"swordfish" not in path.read_bytes() for path in written_files(point))


@pytest.mark.slow
def test_unreadable_ini_is_told_with_token_and_chat_of_the_environment_once_in_hours(point, api):
    point.schedule(entry("Job", RAN))
    (point.root / "pvz_config.ini").write_text("no ini at all")
    environ = {"TELEGRAM_CHAT_ID": "-77", "TELEGRAM_API_URL": api.url, "PVZ_ID": "182"}
    for _ in range(3):
        tick(point, 3, **environ)
    (message,) = api.delivered
    assert message.chat == "-77"
    assert texts(api)[0].startswith("182: ошибка в настройках\n")
    mark = point.logs / "operator" / "locks" / "direct_notice.lock"
    os.utime(mark, (time.time() - 4 * 3600 - 1,) * 2)
    _to_whole_seconds(mark)
    tick(point, 3, **environ)
    assert len(api.delivered) == 2


def _to_whole_seconds(path) -> None:
    seconds = int(path.stat().st_mtime)
    os.utime(path, (seconds, seconds))


@pytest.mark.slow
def test_unsound_ini_is_told_with_what_it_says_of_telegram(point, api):
    point.schedule(entry("Job", RAN))
    ini = point.root / "pvz_config.ini"
    ini.write_text(ini.read_text().replace("ENV_MODE = test", ""))
    tick(point, 3)
    assert api.delivered[0].chat == "-100"
    assert "в [DEFAULT] нет ENV_MODE" in texts(api)[0]


def test_dry_run_and_wrong_command_line_tell_nobody(point, api):
    point.schedule(entry("Job", RAN))
    (point.root / "pvz_config.ini").write_text("no ini at all")
    environ = {"TELEGRAM_CHAT_ID": "-77", "TELEGRAM_API_URL": api.url}
    assert point.run("--user", "operator", "--dry-run", COLUMNS="500", **environ).returncode == 3
    assert point.run("--user", "operator", "--task", "Job", **environ).returncode == 3
    assert point.run("--user", "../x", **environ).returncode == 2
    assert api.messages == []


@pytest.mark.slow
def test_damaged_ledger_is_told_once(point, api):
    point.schedule(entry("Job", RAN))
    tick(point)
    (point.logs / "operator" / "ledger.sqlite3").write_bytes(b"damaged" * 1000)
    tick(point)
    tick(point)
    (text,) = texts(api)
    assert text.startswith("182 test: журнал учёта был повреждён\n")


@pytest.mark.slow
def test_ledger_that_cannot_be_written_is_told_directly_once_in_hours_with_what_failed(point, api):
    point.schedule(entry("Job", RAN))
    tick(point)
    ledger = point.ledger()
    ledger.file.write(lambda connection: connection.execute("PRAGMA user_version = 99"))
    ledger.close()
    point.schedule(entry("Other", FAILS, **just_now()))  # in an hour's first minute, Job's slot is decided already
    for _ in range(2):
        assert point.run("--user", "operator").returncode in (1, 5)
    (text,) = texts(api)
    assert text.startswith("182 test: журнал учёта не записывается\n")
    assert "сбой: Other" in text
    assert "(schema 99, this one knows" in text


@pytest.mark.slow
def test_logs_that_cannot_be_written_at_all_are_told_once_in_hours_and_the_task_runs(point, api):
    point.schedule(entry("Job", RAN, **just_now()))
    point.logs.write_text("a file in the folder's place")
    environ = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(point.root))
    for _ in range(2):
        assert point.run("--user", "operator", **environ).returncode == 5
    (text,) = texts(api)
    assert text.startswith("182 test: журнал учёта не записывается\n")
    assert (point.root / "ran").exists()


@pytest.mark.slow
def test_direct_notice_that_could_not_be_sent_is_tried_again(point, api):
    point.schedule(entry("Job", RAN))
    (point.root / "pvz_config.ini").write_text("no ini at all")
    environ = {"TELEGRAM_CHAT_ID": "-77", "TELEGRAM_API_URL": api.url}
    api.answers.append(BROKEN)
    tick(point, 3, **environ)
    tick(point, 3, **environ)
    assert len(api.delivered) == 1


@pytest.mark.slow
def test_digest_comes_once_a_day_from_one_user_and_reads_the_others_untouched(project, api):
    tell(project, api.url, "notify_user = system\n")
    ini = project.root / "pvz_config.ini"
    ini.write_text(ini.read_text("utf-8").replace("digest_time = off", "digest_time = 00:00"), "utf-8")
    result = "import json, os; json.dump({'metrics': {'copied': 412, 'copied_bytes': 1024}}, open(os.environ['SCHEDULER_RESULT_FILE'], 'w'))"
    project.schedule(entry("Job", result), entry("Update", "pass", user="system"))
    tick(project)
    assert api.messages == []
    before = {path: path.read_bytes() for path in (project.logs / "operator").iterdir() if path.is_file()}
    for _ in range(2):
        assert project.run("--user", "system").returncode == 0
    (text,) = texts(api)
    assert text.startswith("182 test: всё в порядке: 2 запуска, скопировано 412 файлов, 1,0 КБ, свободно ")
    assert "\n" not in text
    assert {path: path.read_bytes() for path in (project.logs / "operator").iterdir() if path.is_file()} == before


@pytest.mark.slow
def test_digest_that_could_not_be_sent_calls_nothing_well_that_fails_since(project, api):
    tell(project, api.url, "notify_user = operator\n")
    ini = project.root / "pvz_config.ini"
    ini.write_text(ini.read_text("utf-8").replace("digest_time = off", "digest_time = 00:00"), "utf-8")
    project.schedule(entry("Job", RAN))
    api.always = BROKEN
    tick(project)
    api.always = OK
    project.schedule(entry("Job", FAILS))
    now_due(project)
    tick(project, 1)
    (text,) = texts(api)
    assert text.startswith("182 test: сбой: Job\n")
    assert "неполадки: Job" in text
    assert "всё в порядке" not in text


@pytest.mark.slow
def test_ping_says_well_then_fail_at_most_every_so_often(point, api):
    with open(point.root / "pvz_config.ini", "a", encoding="utf-8") as ini:
        ini.write(f"[healthchecks]\nping_url = {api.url}/ping/uuid-of-point\n")
    point.schedule(entry("Job", RAN))
    tick(point)
    tick(point)
    assert api.pings == [("/ping/uuid-of-point", "182 test: всё в порядке")]
    point.schedule(entry("Job", FAILS))
    now_due(point)
    mark = point.logs / "operator" / "locks" / "sender.lock"
    os.utime(mark, (int(time.time()) - 900,) * 2)
    tick(point, 1)
    assert api.pings[1:] == [("/ping/uuid-of-point/fail", "182 test: сбой: Job")]
    assert all(b"uuid-of-point" not in path.read_bytes() for path in written_files(point))


@pytest.mark.slow
def test_ping_alone_needs_no_telegram(project, api):
    ini = INI + f"[healthchecks]\nping_url = {api.url}/ping/uuid\n"
    (project.root / "pvz_config.ini").write_text(ini)
    project.schedule(entry("Job", RAN))
    tick(project)
    assert [path for path, _ in api.pings] == ["/ping/uuid"]


@pytest.mark.slow
def test_tick_with_nothing_to_send_imports_neither_telegram_nor_http(point, api):
    with open(point.root / "pvz_config.ini", "a", encoding="utf-8") as ini:
        ini.write(f"[healthchecks]\nping_url = {api.url}/ping/uuid\n")
    point.schedule(entry("Job", FAILS))
    tick(point, 1)
    code = (
        "import sys; from scheduler_runner.runner import main; main(['--user', 'operator']);"
        "print([name for name in sys.modules if name.split('.')[0] in"
        " ('telegram', 'httpx', 'httpcore', 'http', 'urllib', 'asyncio', 'ssl', 'socket', 'subprocess', 'json')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=point.root, env=point.environ, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
    assert len(api.messages) == 1


@pytest.mark.slow
def test_notices_wait_in_the_ledger_in_words_that_hold_no_secret(point, api):
    api.always = BROKEN
    point.schedule(entry("Job", _leaks(point, "swordfish")))
    tick(point, 1, DB_PASSWORD="swordfish")
    ledger = point.ledger()
    ((facts,),) = ledger.file.read(lambda connection: connection.execute("SELECT facts FROM outbox").fetchall())
    ledger.close()
    assert json.loads(facts)["reason"] == "exit code 1: ***"
