"""Series: read with their times, cut into windows, differenced, scaled, described by calendar and season."""
