"""One attempt, from locks to outcome; the face is ``attempt.py``."""
