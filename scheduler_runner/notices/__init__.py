"""From an outcome to a message that reached somebody; the face is ``teller.py``."""
