"""What a student's page runs, as a notebook would its one cell.

To import it does nothing.
"""

from IPython.display import HTML, display

from inflight_lab.panel.panel import Panel
from inflight_lab.runners import semaphore
from inflight_lab.server import PracticeServer

if __name__ == "__main__":  # as in every kernel
    display(HTML("<style>.ifl-panel { zoom: 1.4 }</style>"))  # for the back of the room
    server = PracticeServer(latency=0.3, quota="sliding-window", rate=100, seed=1)
    server.start()
    display(Panel(semaphore.make_many_requests, server=server, count=500, limit=3))
