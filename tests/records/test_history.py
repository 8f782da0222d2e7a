"""What is asked of a ledger, where its order is not that of the clock."""

from scheduler_runner.records.history import History


def test_ticks_of_a_time_are_all_there_although_a_clock_was_ahead_meanwhile(ledger):
    for at in (100.0, 300.0, 4e9, 600.0, 900.0, 1200.0):
        ledger.note_idle_tick(at, at + 1, 1, 3)
    history = History(ledger.file.path)
    found = history.ticks(200.0, 700.0)
    history.close()
    assert [tick.started_at for tick in found] == [100.0, 300.0, 4e9, 600.0, 900.0]
    assert {(tick.boot, tick.exit_code) for tick in found} == {(0, 3)}
