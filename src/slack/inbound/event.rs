//! Events: direct messages, and what happens to people, channels and the app itself.

use super::{What, id, is_true, plain, text, texts, time};
use crate::rules::id::{ChannelId, UserId};
use crate::rules::people;
use serde_json::Value;

pub fn read(event: &Value, bot: &UserId) -> What {
    match text(event, "/type") {
        "message" => message(event, bot),
        "user_change" => person_changed(event),
        "member_left_channel" => left_channel(event),
        "channel_archive" | "group_archive" => {
            let archived = id(text(event, "/channel")).map(|channel| What::ChannelArchived { channel });
            archived.unwrap_or(What::Ignored("a channel without id"))
        }
        "app_uninstalled" => What::Uninstalled,
        "tokens_revoked" => {
            What::TokensRevoked { bots: texts(event, "/tokens/bot", "").into_iter().map(UserId::from).collect() }
        }
        _ => What::Ignored("another kind of event"),
    }
}

fn message(event: &Value, bot: &UserId) -> What {
    let subtype = text(event, "/subtype");
    let written = match subtype {
        "message_changed" => event.get("message"),
        "message_deleted" => event.get("previous_message"),
        _ => Some(event),
    };
    // Slack sends our own messages and edits back to us; they go first.
    if written.is_some_and(|message| by_an_app(message, bot)) || by_an_app(event, bot) {
        return What::Ignored("written by an app");
    }
    if !is_direct(event) {
        return What::Ignored("not a direct message");
    }
    let read = match subtype {
        "" | "file_share" | "thread_broadcast" | "me_message" => typed(event),
        "message_changed" => edited(event),
        "message_deleted" => deleted(event),
        _ => return What::Ignored("another kind of message"),
    };
    read.unwrap_or(What::Ignored("a message without author, place or time"))
}

fn by_an_app(message: &Value, bot: &UserId) -> bool {
    let named = ["/bot_id", "/app_id", "/bot_profile/id"].iter().any(|place| !text(message, place).is_empty());
    let user = text(message, "/user");
    named || text(message, "/subtype") == "bot_message" || (!user.is_empty() && user == bot.as_str())
}

fn is_direct(event: &Value) -> bool {
    match text(event, "/channel_type") {
        "" => text(event, "/channel").starts_with('D'),
        kind => kind == "im",
    }
}

fn typed(event: &Value) -> Option<What> {
    let ts = time(event, &["/ts"])?;
    Some(What::Typed {
        user: id(text(event, "/user"))?,
        channel: id(text(event, "/channel"))?,
        thread_ts: time(event, &["/thread_ts"]).filter(|thread| *thread != ts),
        ts,
        text: plain(text(event, "/text")),
    })
}

fn edited(event: &Value) -> Option<What> {
    let channel: ChannelId = id(text(event, "/channel"))?;
    let ts = time(event, &["/message/ts", "/previous_message/ts"])?;
    // What is left of a deleted message that has replies.
    if text(event, "/message/subtype") == "tombstone" {
        // Slack itself is the author of that.
        let user = id(text(event, "/previous_message/user"));
        return Some(What::Deleted { user, channel, ts });
    }
    let now = event.pointer("/message/text").and_then(Value::as_str)?;
    if event.pointer("/previous_message/text").and_then(Value::as_str) == Some(now) {
        return Some(What::Ignored("unchanged"));
    }
    let edited_ts = time(event, &["/message/edited/ts", "/event_ts", "/ts"]).unwrap_or_else(|| ts.clone());
    Some(What::Edited { user: id(text(event, "/message/user")), channel, ts, text: plain(now), edited_ts })
}

fn deleted(event: &Value) -> Option<What> {
    Some(What::Deleted {
        user: id(text(event, "/previous_message/user")),
        channel: id(text(event, "/channel"))?,
        ts: time(event, &["/deleted_ts", "/previous_message/ts"])?,
    })
}

fn person_changed(event: &Value) -> What {
    let names = ["/user/profile/display_name", "/user/profile/real_name", "/user/real_name", "/user/name"];
    let name = names.iter().map(|place| text(event, place)).find(|name| !people::name(name).is_empty());
    let Some(user) = id(text(event, "/user/id")) else { return What::Ignored("a person without id") };
    What::PersonChanged {
        user,
        name: name.unwrap_or_default().to_owned(),
        zone: text(event, "/user/tz").to_owned(),
        deleted: is_true(event, "/user/deleted"),
    }
}

fn left_channel(event: &Value) -> What {
    match (id(text(event, "/user")), id(text(event, "/channel"))) {
        (Some(user), Some(channel)) => What::LeftChannel { user, channel },
        _ => What::Ignored("somebody without id, or a channel without"),
    }
}
