"""One look tells how a point is: ``status.json``, the page of a point, the page over all points."""
