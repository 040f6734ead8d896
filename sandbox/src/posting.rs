//! Messages come, change and go: by the bot, by people and by response_url, all through here.

use serde_json::Value;

use crate::blocks::mentions::{self, Mention};
use crate::blocks::values;
use crate::events;
use crate::ledger::Kind;
use crate::message::{Message, OTHER_APP, Ts};
use crate::state::State;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum By {
    Person,
    Bot,
    /// Any other app of the workspace.
    OtherApp,
}

pub(crate) struct Draft {
    pub channel: String,
    pub thread_ts: Option<Ts>,
    pub broadcast: bool,
    pub user: String,
    pub by: By,
    pub text: String,
    pub blocks: Vec<Value>,
    pub metadata: Option<Value>,
    pub link_names: bool,
}

pub(crate) fn post(state: &mut State, draft: Draft) -> Message {
    let ts = state.next_ts();
    let message = Message {
        ts: ts.clone(),
        thread_ts: draft.thread_ts.clone(),
        user: draft.user.clone(),
        bot_id: match draft.by {
            By::Person => None,
            By::Bot => Some(state.app.bot_id.clone()),
            By::OtherApp => Some(OTHER_APP.bot_id.to_owned()),
        },
        ticks: values::initial(&draft.blocks),
        blocks: draft.blocks,
        text: draft.text,
        metadata: draft.metadata,
        subtype: draft.broadcast.then(|| "thread_broadcast".to_owned()),
        channel: draft.channel.clone(),
        posted_at: state.at,
        foreign: draft.by == By::OtherApp,
        ..Message::default()
    };
    if let Some(parent) = &draft.thread_ts
        && let Some(parent) = state.message_mut(&draft.channel, parent)
    {
        parent.thread_ts = Some(parent.ts.clone());
    }
    state.messages.entry(draft.channel.clone()).or_default().insert(ts.clone(), message.clone());
    state.record(Kind::Posted {
        channel: draft.channel,
        ts,
        thread_ts: draft.thread_ts,
        user: draft.user,
        text: message.text.clone(),
    });
    notify(state, &message, draft.link_names);
    events::posted(state, &message);
    message
}

/// Text without blocks removes the blocks; metadata that is left out stays, `{}` takes it away. An edit notifies nobody.
pub(crate) fn change(
    state: &mut State,
    channel: &str,
    ts: &str,
    user: &str,
    text: String,
    blocks: Vec<Value>,
    metadata: Option<Value>,
) -> Option<Message> {
    let edited = state.next_ts();
    let message = state.message_mut(channel, ts)?;
    let before = message.clone();
    message.ticks = values::kept(&message.ticks, &blocks);
    message.text = text;
    message.blocks = blocks;
    message.edited = Some(edited);
    if let Some(metadata) = metadata {
        message.metadata = Some(metadata).filter(|metadata| metadata["event_type"].is_string());
    }
    let after = message.clone();
    let (channel, ts, user) = (channel.to_owned(), ts.to_owned(), user.to_owned());
    state.record(Kind::Edited { channel, ts, user, text: after.text.clone() });
    events::changed(state, &before, &after);
    Some(after)
}

/// A parent with replies leaves a tombstone in its place.
pub(crate) fn delete(state: &mut State, channel: &str, ts: &str, user: &str) {
    let Some(before) = state.message(channel, ts).cloned() else { return };
    if state.reply_count(&before) > 0 {
        if let Some(message) = state.message_mut(channel, ts) {
            message.text = "This message was deleted.".to_owned();
            message.blocks.clear();
            message.ticks.clear();
            message.metadata = None;
            message.deleted = true;
            message.subtype = Some("tombstone".to_owned());
        }
    } else if let Some(messages) = state.messages.get_mut(channel) {
        messages.remove(ts);
    }
    let (channel, ts, user) = (channel.to_owned(), ts.to_owned(), user.to_owned());
    state.record(Kind::Deleted { channel, ts, user });
    events::deleted(state, &before);
}

pub(crate) fn ephemeral(
    state: &mut State,
    channel: &str,
    user: &str,
    thread_ts: Option<Ts>,
    text: String,
    blocks: Vec<Value>,
) -> Ts {
    let ts = state.next_ts();
    let message = Message {
        channel: channel.to_owned(),
        ts: ts.clone(),
        thread_ts,
        user: state.app.bot_user_id.clone(),
        bot_id: Some(state.app.bot_id.clone()),
        ticks: values::initial(&blocks),
        text,
        blocks,
        ephemeral_to: Some(user.to_owned()),
        ..Message::default()
    };
    let (channel, user, text) = (channel.to_owned(), user.to_owned(), message.text.clone());
    state.record(Kind::Ephemeral { channel, ts: ts.clone(), user, text });
    state.ephemerals.push(message);
    ts
}

/// Records whose device rings. Nobody is notified of what they wrote, nor by a place that they cannot see.
fn notify(state: &mut State, message: &Message, link_names: bool) {
    let mut rung: Vec<(String, &'static str)> = Vec::new();
    if let Some(partner) = state.dm_partner(&message.channel) {
        rung.push((partner.to_owned(), "dm"));
    }
    let members = state.channel(&message.channel).map(|channel| channel.members.clone()).unwrap_or_default();
    for mention in mentions::of_message(&message.text, &message.blocks, link_names) {
        match mention {
            Mention::User(user) => rung.push((user, "mention")),
            Mention::Group(_) => rung.extend(members.iter().map(|user| (user.clone(), "group"))),
            Mention::Range(range) => {
                let why = match range.as_str() {
                    "here" => "here",
                    "everyone" => "everyone",
                    _ => "channel",
                };
                rung.extend(members.iter().map(|user| (user.clone(), why)));
            }
        }
    }
    for (user, why) in rung {
        let person = state.user(&user).is_some_and(|user| !user.is_bot && !user.deleted);
        if user != message.user && person && state.may_see(&user, &message.channel) {
            let (channel, ts) = (message.channel.clone(), message.ts.clone());
            state.record(Kind::Notified { user, channel, ts, why: why.to_owned() });
        }
    }
}
