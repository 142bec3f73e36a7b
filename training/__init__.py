"""Scripts that made the mini weights. Not installed; run them from the checkout: ``python -m training.NAME``."""
