"""A watched run as one HTML file: what stood out, and the run, which plays."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from inflight_lab.commands.watch.noting.request_log import RequestLog
from inflight_lab.lesson.plot.recorded_runs import page_parts, player_html
from inflight_lab.lesson.plot.source import PlotSource
from inflight_lab.lesson.runs.run import Run
from inflight_lab.lesson.runs.terms import QuotaPolicy, Terms
from inflight_lab.lesson.runs.timeline import Timeline

PAGE = Template(Path(__file__).with_suffix(".html").read_text(encoding="utf-8"))


def terms_in(log: RequestLog) -> Terms:
    """What the newest answers say is allowed, as the picture draws it."""
    quota = log.quota_of(log.requests[-100:])
    return Terms(QuotaPolicy("sliding-window", *quota) if quota else None)


class RunPage:
    """The page of the run in ``log``, which is recorded from its first request on.

    ``path`` is the file that `write` makes, and ``title`` what stands on top.
    """

    def __init__(self, log: RequestLog, path: str, *, title: str) -> None:
        self._log = log
        self._path = Path(path).resolve()  # the script may change the folder
        self._title = escape(title)
        self._source: PlotSource | None = None
        log.timeline = Timeline()
        log.at_first_request = self._begin

    def _begin(self) -> None:
        log = self._log
        self._source = PlotSource(None, log.timeline, lambda: terms_in(log))

    def write(self, lines: Sequence[str]) -> None:
        """Write what was said, the summary first, with the run beside it.

        Raises ``OSError`` if the file cannot be written.
        """
        summary, *findings = lines
        page = PAGE.substitute(
            title=self._title,
            summary=escape(summary),
            findings="\n".join(_item(finding) for finding in findings),
            picture=self._picture(),
        )
        self._path.write_text(page, encoding="utf-8")

    def _picture(self) -> str:
        if self._source is None:
            return ""
        run = Run()
        run.append(self._source.end())
        try:
            return player_html({"": run}, "") + page_parts()
        except ValueError as error:  # it is too long to be drawn
            return f"<p>There is no picture of this run: {escape(str(error))}</p>"


def _item(finding: str) -> str:
    """A list item; a command stands in a block of its own, to be copied."""
    text, _, command = finding.partition("\n  ")
    block = f"<pre>{escape(command.strip())}</pre>" if command else ""
    return f"<li>{escape(text)}{block}</li>"
