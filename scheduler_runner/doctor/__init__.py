"""What is not as it should be at this point, each with its cure; the face is ``checks.py``."""
