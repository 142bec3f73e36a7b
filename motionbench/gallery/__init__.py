"""A run to look at: one folder that opens from disk, the reference and the methods' videos side by side on one clock.

Every video is one picture that holds all its frames, drawn on a canvas, not a ``<video>``. The clock names a frame and
every canvas in view draws that frame in the same callback, so that videos are together to the frame by construction:
players seek to time stamps, each on its own, drift while they play, and a browser runs only some tens of them. Small
frames stay exact to the pixel, as no codec of a browser keeps RGB. A page from disk may not read other files as data:
what the page lists is in the page itself, and points are scripts that call back. Pictures and points are loaded for
rows in view only.
"""
