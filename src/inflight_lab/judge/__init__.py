"""A judge for any limiter, on a virtual clock.

>>> from inflight_lab.judge import judge
>>> print(judge(MyLimiter))
"""

from inflight_lab.judge.judging import judge as judge
