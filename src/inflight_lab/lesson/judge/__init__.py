"""A judge for any limiter, on a virtual clock.

>>> from inflight_lab.lesson.judge import judge
>>> print(judge(MyLimiter))
"""

from inflight_lab.lesson.judge.judging import judge as judge
