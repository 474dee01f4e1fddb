"""Foundations: errors, devices and threads, seeds, safe files. Open a module of it by name."""
