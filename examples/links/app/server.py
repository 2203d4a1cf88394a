"""A list of links, kept in a database: a small application that is no Java."""

import html
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pymysql

HERE = f"{os.environ['HOTSITE_SITE']}/{os.environ['HOTSITE_NODE']}"


def query(sql, values=()):
    connection = pymysql.connect(
        host=os.environ["DB_HOST"],
        port=int(os.environ["DB_PORT"]),
        user=os.environ["DB_USER"],
        password=os.environ["DB_PASSWORD"],
        database=os.environ["DB_NAME"],
        ssl={"ca": os.environ["DB_CA"]},
        charset="utf8mb4",
        connect_timeout=3,
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


class Links(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            query("SELECT 1")
            self.answer(200, "ok\n", "text/plain")
        elif self.path == "/":
            rows = query("SELECT url, title FROM links ORDER BY id DESC LIMIT 100")
            items = "".join(
                f'<li><a href="{html.escape(url)}">{html.escape(title)}</a></li>' for url, title in rows
            )
            self.answer(200, PAGE.format(items=items, here=html.escape(HERE)))
        else:
            self.answer(404, "not here\n", "text/plain")

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        form = parse_qs(self.rfile.read(min(length, 10_000)).decode())
        url, title = form.get("url", [""])[0], form.get("title", [""])[0]
        if not url.startswith(("http://", "https://")) or not title:
            self.answer(422, "url and title are needed\n", "text/plain")
            return
        query("INSERT INTO links (url, title) VALUES (%s, %s)", (url[:500], title[:200]))
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except pymysql.MySQLError as error:
            print(f"database: {error}", file=sys.stderr)
            self.answer(503, "the database does not answer, or is read-only\n", "text/plain")

    def answer(self, status, text, kind="text/html"):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        """Requests are the balancer's to log."""


PAGE = """<!doctype html><title>Links</title><h1>Links</h1>
<form method="post"><input name="url" type="url" placeholder="https://" required>
<input name="title" placeholder="title" required><button>Add</button></form>
<ul>{items}</ul><footer>answered by <strong>{here}</strong></footer>"""

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("", int(os.environ["PORT"])), Links).serve_forever()
