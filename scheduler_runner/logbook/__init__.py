"""What is written for people: log files, and what is masked in them; the face is ``log_files.py``."""
