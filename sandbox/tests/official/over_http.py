"""slack_bolt over HTTP, with its own server and its own check of every signature; and slack_sdk's SignatureVerifier."""

import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from people import People, until

base = sys.argv[1]
people = People(base)
SECRET = "sandbox-signing-secret"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def serve_over(url):
    urls = {"events": [url], "interactivity": [url], "commands": [url]}
    assert people.do("request_urls", "", **urls) == urls


app = App(client=WebClient("xoxb-sandbox", base_url=f"{base}/api/"), signing_secret=SECRET)


@app.message("hello")
def greet(say):
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    say(text="Hi", blocks=[{"type": "actions", "elements": [button]}])


@app.action("go")
def go(ack, respond):
    ack()
    respond(text="gone", replace_original=False)


@app.command("/weather")
def weather(ack):
    ack("Rain.")


@app.event("message")
def others(event):
    pass


port = free_port()
threading.Thread(target=lambda: app.start(port=port, path="/slack/events"), daemon=True).start()


def listening():
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


until("the server", listening)
serve_over(f"http://127.0.0.1:{port}/slack/events")

dm = people.get("state", user="U0ANA")["conversations"][-1]["id"]
people.do("say", "U0ANA", channel=dm, text="hello there")


def messages():
    return people.get("messages", user="U0ANA", channel=dm)["messages"]


greeting = until("the greeting", lambda: next((m for m in messages() if m["bot"]), None))
assert people.do("act", "U0ANA", channel=dm, ts=greeting["ts"], action_id="go") == {"acked": True, "warning": None}
until("the private line", lambda: any(m["ephemeral"] and m["text"] == "gone" for m in messages()))
assert people.do("command", "U0ANA", channel=dm, command="/weather", text="") == {"acked": True, "warning": None}
until("the weather", lambda: "Rain." in people.texts("U0ANA", dm))

# Every request as slack_sdk sees it, and none of them if a byte, the time or the secret is another.
seen = []


class Keep(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        seen.append((body, dict(self.headers)))
        self.send_response(200)
        self.end_headers()
        if "url_verification" in body:
            self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


keeping = HTTPServer(("127.0.0.1", 0), Keep)
threading.Thread(target=keeping.serve_forever, daemon=True).start()
serve_over(f"http://127.0.0.1:{keeping.server_port}/")
people.do("say", "U0ANA", channel=dm, text="räksmörgås & <more>")
people.do("act", "U0ANA", channel=dm, ts=greeting["ts"], action_id="go")
people.do("command", "U0ANA", channel=dm, command="/weather", text="in Malmö")
until("four requests", lambda: len(seen) == 4)
for body, headers in seen:
    assert SignatureVerifier(SECRET).is_valid_request(body, headers), body
    assert not SignatureVerifier(SECRET).is_valid_request(body + " ", headers)
    assert not SignatureVerifier("another").is_valid_request(body, headers)
    late = {**headers, "x-slack-request-timestamp": "1000000000", "X-Slack-Request-Timestamp": "1000000000"}
    assert not SignatureVerifier(SECRET).is_valid_request(body, late)
