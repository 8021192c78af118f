"""One sentence that says how a run ended, and why.

The page says the same in JavaScript, ``js/sentence``, where it also says what happens
before and in a run.  ``tests/plot/sentences.json`` holds both to the same words.
"""

from inflight_lab.plot.sentence.finished import finished_sentence

__all__ = ["finished_sentence"]
