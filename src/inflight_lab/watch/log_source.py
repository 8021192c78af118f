"""What the live plot of a watched run reads."""

from inflight_lab.plot.source import PlotSource
from inflight_lab.runs.run import Run
from inflight_lab.watch.request_log import RequestLog


class LogSource(PlotSource):
    """Reads the timeline of ``log``, which takes in what is new before each reading."""

    def __init__(self, log: RequestLog) -> None:
        super().__init__(None, log.timeline, log.quota_to_draw)
        self._log = log

    def read(self) -> Run:
        """What happened since the last time, with the latest."""
        self._log.catch_up()
        return super().read()
