"""Streams: batches of acts appended exactly once, and their sections judged again as they grow.

intake.py     a body of rows → checked pieces on disk, and the books of what was rejected
appended.py   batches: written, then committed; back-pressure; which rows are not judged yet
segments.py   all rows of a stream, sorted by section in Parquet segments that are merged
follow.py     one pass: the sections that were touched, judged by themselves
follower.py   the process that makes one pass after another
"""
