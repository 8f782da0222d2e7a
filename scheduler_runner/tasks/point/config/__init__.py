"""When the point's page is written."""
