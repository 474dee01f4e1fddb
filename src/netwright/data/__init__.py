"""What happens to samples before a network sees them."""
