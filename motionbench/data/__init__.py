"""Suites, clips and pixels: where cases come from."""
