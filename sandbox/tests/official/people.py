"""The people's side: the JSON that the sandbox's page uses."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request


class People:
    def __init__(self, base):
        self.base = base

    def get(self, path, **query):
        query = {("as" if name == "user" else name): value for name, value in query.items()}
        with urllib.request.urlopen(f"{self.base}/sandbox/{path}?{urllib.parse.urlencode(query)}") as answer:
            return json.load(answer)

    def do(self, path, user, **body):
        request = urllib.request.Request(
            f"{self.base}/sandbox/{path}",
            data=json.dumps({"as": user, **body}).encode(),
            headers={"content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def texts(self, user, channel, **more):
        return [message["text"] for message in self.get("messages", user=user, channel=channel, **more)["messages"]]


def until(what, true, seconds=10):
    """Waits until something holds, and returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"never came: {what}")
