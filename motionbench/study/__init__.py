"""A blind preference study: people see two methods' videos side by side and say which is better.

``make`` writes a folder for the raters, who never see which method made a video, and a key that stays with the
organiser; ``collect`` reads the raters' files and the key. A *showing* is one screen: a question, two videos, and what
the question is asked of. All raters judge the same pairs of videos, each in an order of their own.
"""
