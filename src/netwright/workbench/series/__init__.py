"""Jobs of series: forecasts with bands, backtested from rolling origins beside plain references."""
