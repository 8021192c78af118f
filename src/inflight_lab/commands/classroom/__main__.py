"""The command ``inflight-lab class``: a class at one practice server, until Ctrl+C."""

import argparse
import errno
import sys
import threading
from collections.abc import Sequence

from inflight_lab.commands.classroom.class_room import PORT, ClassRoom

ABOUT = """\
Serves one practice API with one quota to the phones of a class, and a page that shows
all their requests on the wall.  Only your own network can reach it, and only until you
press Ctrl+C."""
HOW = """\
Phones open    {url}
{code}
The wall       {wall}
               (for the projector, on this computer only)

Ctrl+C closes the class."""
WHY_NOT = {
    errno.EADDRINUSE: "port {} is taken, maybe by another class: close that one, or "
    "give another --port",
    errno.EACCES: "port {} is not for everybody: give another --port, 1024 or more",
}
"""What keeps a class from its port."""


def main(arguments: Sequence[str]) -> None:
    """Serve until Ctrl+C."""
    parser = argparse.ArgumentParser("inflight-lab class", description=ABOUT)
    parser.add_argument(
        "--address",
        help="the IP address of this computer that phones can reach; default: found",
    )
    parser.add_argument("--port", type=int, default=PORT, help="default: %(default)s")
    options = parser.parse_args(arguments)
    try:
        room = ClassRoom(**vars(options)).start()
    except OSError as error:
        why_not = WHY_NOT.get(error.errno or 0, str(error))
        parser.error(why_not.format(options.port))
    except (TypeError, ValueError) as error:
        parser.error(str(error))
    with room:
        code = printable(room.qr_in_text())
        print(HOW.format(url=room.url, wall=room.wall, code=code), flush=True)
        threading.Event().wait()


def printable(code: str) -> str:
    """The QR code, or nothing where the output has no such characters."""
    try:
        code.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return ""
    return code
