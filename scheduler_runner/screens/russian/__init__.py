"""What commands show, in Russian: a module of rows for each command, ``common`` for what several say.

One glossary: tick = запуск планировщика, slot = плановое время, drift = расхождение, ledger = журнал учёта,
grace = допуск, outcome = итог. Sentences are built so that nothing is declined.
"""
