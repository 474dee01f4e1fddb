"""Mask R-CNN: proposals of regions, and for each a class, a box and a mask."""
