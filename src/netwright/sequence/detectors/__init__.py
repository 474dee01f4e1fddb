"""What watches series and films: faults, anomalies, events."""
