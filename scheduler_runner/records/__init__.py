"""The ledger: ticks, slots and runs of one user on record; the face is ``ledger.py``."""
