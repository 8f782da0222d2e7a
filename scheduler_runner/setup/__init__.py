"""Setting a point up and keeping it so: the entry in Task Scheduler, rights, and what a doctor looks at."""
