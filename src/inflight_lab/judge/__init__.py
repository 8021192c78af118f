"""A judge for any limiter, on a virtual clock.

>>> from inflight_lab.judge import compare, judge
>>> print(judge(MyLimiter))
>>> print(compare({"mine": MyLimiter, "yours": YourLimiter}))
"""

from inflight_lab.judge.judging import compare as compare
from inflight_lab.judge.judging import judge as judge
