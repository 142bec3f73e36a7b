"""The embedded world: procedural clips with exact tracks, and the mini models trained on them."""
