"""What a student's page runs, as a notebook would its one cell.

Importing it does nothing.
"""

from pathlib import Path

from IPython.display import HTML, display

from inflight_lab import publish
from inflight_lab.panel.panel import Panel
from inflight_lab.runners import semaphore
from inflight_lab.server import PracticeServer

HERE = Path(publish.__file__).parent
"""A cell has no file of its own."""


def around_the_panel() -> HTML:
    """How the page looks, and what it says when its server has ended."""
    style = (HERE / "student_page.css").read_text(encoding="utf-8")
    script = (HERE / "student_page.js").read_text(encoding="utf-8")
    return HTML(f'<style>{style}</style><script type="module">{script}</script>')


if __name__ == "__main__":  # as in every kernel
    display(around_the_panel())
    server = PracticeServer(latency=0.3, quota="sliding-window", rate=100, seed=1)
    server.start()
    display(Panel(semaphore.make_many_requests, server=server, count=120, limit=3))
