"""The job for pictures: where they come from, what is checked, what the report shows of them."""
