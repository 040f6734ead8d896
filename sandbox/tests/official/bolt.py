"""slack_bolt over Socket Mode: typed messages, say, buttons, modals with errors, respond."""

import sys

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from people import People, until

base = sys.argv[1]
people = People(base)
app = App(client=WebClient("xoxb-sandbox", base_url=f"{base}/api/"))
closed = []


def plain(text):
    return {"type": "plain_text", "text": text}


FORM = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("Form"),
    "submit": plain("Send"),
    "notify_on_close": True,
    "blocks": [
        {"type": "input", "block_id": "what", "label": plain("What"), "element": {"type": "plain_text_input", "action_id": "text"}},
        {"type": "actions", "block_id": "more", "elements": [{"type": "button", "action_id": "more", "text": plain("More")}]},
    ],
}


@app.message("hello")
def greet(message, say):
    button = {"type": "button", "action_id": "open", "text": plain("Open")}
    section = {"type": "section", "text": {"type": "mrkdwn", "text": f"Hi <@{message['user']}>"}, "accessory": button}
    say(text="Hi", blocks=[section])


@app.action("open")
def open_form(ack, body, client, respond):
    ack()
    client.views_open(trigger_id=body["trigger_id"], view=FORM)
    respond(text="opened", response_type="ephemeral", replace_original=False)


@app.action("more")
def more(ack, body, client):
    ack()
    view = {**FORM, "blocks": FORM["blocks"] + [{"type": "section", "text": plain("more")}]}
    client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=view)


@app.view("form")
def submitted(ack, body, client, view):
    text = view["state"]["values"]["what"]["text"]["value"]
    if text == "bad":
        ack(response_action="errors", errors={"what": "Not that."})
        return
    ack()
    client.chat_postMessage(channel=body["user"]["id"], text=f"You said {text}")


@app.view_closed("form")
def form_closed(ack, body):
    ack()
    closed.append(body["view"]["id"])


@app.event("message")
def others(event):
    pass


handler = SocketModeHandler(app, "xapp-sandbox")
handler.client.web_client.base_url = f"{base}/api/"
handler.connect()
until("a connection", handler.client.is_connected)

dm = people.get("state", user="U0ANA")["conversations"][-1]["id"]
people.do("say", "U0ANA", channel=dm, text="hello there")


def messages():
    return people.get("messages", user="U0ANA", channel=dm)["messages"]


greeting = until("the greeting", lambda: next((m for m in messages() if m["bot"]), None))
assert people.do("act", "U0ANA", channel=dm, ts=greeting["ts"], action_id="open") == {"acked": True, "warning": None}
view = until("the form", lambda: people.get("view", user="U0ANA")["view"])
until("the private line", lambda: any(m["ephemeral"] and m["text"] == "opened" for m in messages()))

people.do("act", "U0ANA", view_id=view["id"], action_id="more")
until("the longer form", lambda: len(people.get("view", user="U0ANA")["view"]["view"]["blocks"]) == 3)


def send(text):
    return people.do("submit", "U0ANA", view_id=view["id"], values={"what": {"text": text}})


assert send("") == {"errors": {"what": "Please complete this required field."}}
assert send("bad") == {"errors": {"what": "Not that."}}
assert send("good & <well>") == {"closed": True}
until("the answer", lambda: "You said good & <well>" in people.texts("U0ANA", dm))

people.do("act", "U0ANA", channel=dm, ts=greeting["ts"], action_id="open")
again = until("the form", lambda: people.get("view", user="U0ANA")["view"])
people.do("close", "U0ANA", view_id=again["id"])
until("the news of it", lambda: closed == [again["id"]])

edited = people.do("say", "U0BEN", channel="C0SUPPORT", text="hello all")
until("an answer in the channel", lambda: "Hi" in people.texts("U0BEN", "C0SUPPORT"))
people.do("edit", "U0BEN", channel="C0SUPPORT", ts=edited["ts"], text="bye all")
people.do("delete", "U0BEN", channel="C0SUPPORT", ts=edited["ts"])
assert people.texts("U0BEN", "C0SUPPORT") == ["Hi"]
handler.close()
