"""When: the slots of a schedule, its zone, its hours and its grace time; the face is ``plan.py``."""
