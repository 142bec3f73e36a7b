"""The leaderboard that opens from disk: static pages made from run records, nothing computed that tables do not show.

Records may come from strangers. Their texts are escaped wherever they stand, only ``http`` and ``https`` addresses are
links, no name of theirs is a file's name as it came, and each page's Content-Security-Policy admits its own script and
style alone.
"""
