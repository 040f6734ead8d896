"""slack_sdk's WebClient: post, update, history, replies, ephemerals, errors, paging, 429."""

import sys

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.models.blocks import ActionsBlock, ButtonElement, ContextBlock, HeaderBlock, SectionBlock

from people import People

base = sys.argv[1]
people = People(base)
client = WebClient("xoxb-sandbox", base_url=f"{base}/api/")


def refused(call, **args):
    try:
        call(**args)
    except SlackApiError as error:
        return error.response["error"]
    raise AssertionError("it was not refused")


who = client.auth_test()
assert who["user_id"] == "U0BOT" and who["team_id"] == "T0SANDBOX", who

blocks = [
    HeaderBlock(text="Morning"),
    SectionBlock(text="*one* & two"),
    ActionsBlock(elements=[ButtonElement(text="Go", action_id="go", value="1")]),
    ContextBlock(elements=[{"type": "mrkdwn", "text": "small"}]),
]
metadata = {"event_type": "posted", "event_payload": {"key": "k1"}}
posted = client.chat_postMessage(channel="C0SUPPORT", text="Morning", blocks=blocks, metadata=metadata)
ts = posted["ts"]
assert posted["message"]["bot_id"] == "B0SANDBOX"

edited = client.chat_update(channel="C0SUPPORT", ts=ts, text="Evening")
assert edited["text"] == "Evening" and "blocks" not in edited["message"]
assert refused(client.chat_update, channel="C0SUPPORT", ts="1.000000", text="x") == "message_not_found"
assert refused(client.chat_postMessage, channel="C0NOWHERE", text="x") == "channel_not_found"
assert refused(client.chat_postMessage, channel="C0SUPPORT", text="x", blocks=[{"type": "header"}]) == "invalid_blocks"
assert refused(WebClient("xoxb-wrong", base_url=f"{base}/api/").auth_test) == "invalid_auth"

client.chat_postMessage(channel="C0SUPPORT", text="below", thread_ts=ts, reply_broadcast=True)
client.chat_postEphemeral(channel="C0SUPPORT", user="U0ANA", text="only you")
assert "only you" in people.texts("U0ANA", "C0SUPPORT") and "only you" not in people.texts("U0BEN", "C0SUPPORT")

history = client.conversations_history(channel="C0SUPPORT", include_all_metadata=True)
assert [message["text"] for message in history["messages"]] == ["below", "Evening"]
assert history["messages"][1]["metadata"]["event_payload"] == {"key": "k1"}
replies = client.conversations_replies(channel="C0SUPPORT", ts=ts)
assert [message["text"] for message in replies["messages"]] == ["Evening", "below"]
assert client.chat_getPermalink(channel="C0SUPPORT", message_ts=ts)["permalink"].startswith("https://sandbox.slack.com/archives/")

dm = client.conversations_open(users="U0ANA")["channel"]["id"]
assert client.chat_postMessage(channel="U0ANA", text="hello")["channel"] == dm
assert client.users_info(user="U0CLEO")["user"]["tz"] == "Europe/Paris"
names = [member["name"] for page in client.users_list(limit=2) for member in page["members"]]
assert len(names) == 6, names
assert client.team_info()["team"]["domain"] == "sandbox"
assert "U0BOT" in client.conversations_members(channel="C0SUPPORT")["members"]
client.chat_delete(channel=dm, ts=client.chat_postMessage(channel=dm, text="oops")["ts"])
assert people.texts("U0ANA", dm) == ["hello"]

# The client's own handler waits as Retry-After tells it to.
patient = WebClient("xoxb-sandbox", base_url=f"{base}/api/")
patient.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=3))
for number in range(7):
    patient.chat_postMessage(channel="U0JESS", text=str(number))
assert people.texts("U0JESS", "D0JESS") == [str(number) for number in range(7)]
