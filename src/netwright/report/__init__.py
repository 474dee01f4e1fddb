"""One self-contained page on one job."""
