"""A web server of its own process that is told of alarms: `python -m tests.integration.receiver <port file> <log> <answers>`.

It writes what it gets to the log, one JSON object a line, and answers with the statuses that stand in the file `answers`, one a line, the
last one for ever; `slow` in place of a status holds the line and says nothing.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path


def main(port_file: Path, log: Path, answers: Path) -> None:
    numbers = count()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told = answers.read_text().split()
            status = told[min(next(numbers), len(told) - 1)]
            with log.open("a") as out:
                out.write(json.dumps({"status": status, "body": body, "headers": {k.lower(): v for k, v in self.headers.items()}}) + "\n")
            if status == "slow":
                time.sleep(60)
            self.send_response(int(status))
            self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    port_file.write_text(str(server.server_port))
    server.serve_forever()


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
