"""What forecasters are made of: reading of series, statistical paths, their mixture, windows, bands."""
