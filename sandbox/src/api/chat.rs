//! chat.*: posting, changing, deleting.

use serde_json::{Value, json};

use super::content::{self, Content};
use super::request::Call;
use super::{Answer, Refusal};
use crate::blocks::limits;
use crate::posting::{self, By, Draft};
use crate::state::State;

pub(crate) fn post(state: &mut State, call: &Call) -> Answer {
    let channel = place_to_post(state, call.str("channel").unwrap_or_default())?;
    let content = content::read(state, call)?;
    let thread_ts = thread(state, &channel, call.str("thread_ts"))?;
    let draft = Draft {
        channel,
        broadcast: thread_ts.is_some() && call.flag("reply_broadcast"),
        thread_ts,
        user: state.app.bot_user_id.clone(),
        by: By::Bot,
        text: content.text,
        blocks: content.blocks,
        metadata: content.metadata.filter(|metadata| metadata["event_type"].is_string()),
        link_names: content.link_names,
    };
    let message = posting::post(state, draft);
    Ok(
        json!({"ok": true, "channel": message.channel, "ts": message.ts, "message": message.json(&state.teller(), true)}),
    )
}

pub(crate) fn update(state: &mut State, call: &Call) -> Answer {
    let channel = place_of_message(state, call)?;
    let ts = call.str("ts").unwrap_or_default().to_owned();
    let old = state.message(&channel, &ts).ok_or_else(|| Refusal::new("message_not_found"))?;
    if !old.by_this_app() || old.subtype.as_deref() == Some("tombstone") {
        return Err(Refusal::new("cant_update_message"));
    }
    if state.channel(&channel).is_some_and(|channel| channel.archived) {
        return Err(Refusal::new("is_inactive"));
    }
    let text = call.args.get("text").and_then(Value::as_str).unwrap_or_default();
    if limits::count(text) > limits::TEXT_OF_UPDATE {
        return Err(Refusal::new("msg_too_long"));
    }
    let content = content::read(state, call)?;
    if call.flag("reply_broadcast") {
        return Err(Refusal::new("no_dual_broadcast_content_update"));
    }
    let Content { text, blocks, metadata, .. } = content;
    let bot = state.app.bot_user_id.clone();
    let message = posting::change(state, &channel, &ts, &bot, text, blocks, metadata);
    let told = message.as_ref().map(|message| message.json(&state.teller(), true));
    let text = message.map(|message| message.text);
    Ok(json!({"ok": true, "channel": channel, "ts": ts, "text": text, "message": told}))
}

pub(crate) fn delete(state: &mut State, call: &Call) -> Answer {
    let channel = place_of_message(state, call)?;
    let ts = call.str("ts").unwrap_or_default().to_owned();
    let old = state.message(&channel, &ts).ok_or_else(|| Refusal::new("message_not_found"))?;
    if !old.by_this_app() {
        return Err(Refusal::new("cant_delete_message"));
    }
    let bot = state.app.bot_user_id.clone();
    posting::delete(state, &channel, &ts, &bot);
    Ok(json!({"ok": true, "channel": channel, "ts": ts}))
}

pub(crate) fn post_ephemeral(state: &mut State, call: &Call) -> Answer {
    let channel = place_to_post(state, call.str("channel").unwrap_or_default())?;
    let user = call.str("user").unwrap_or_default().to_owned();
    if !state.is_member(&user, &channel) {
        return Err(Refusal::new("user_not_in_channel"));
    }
    let text = call.args.get("text").and_then(Value::as_str).unwrap_or_default();
    if limits::count(text) > limits::TEXT_KEPT {
        return Err(Refusal::new("msg_too_long"));
    }
    let content = content::read(state, call)?;
    let thread_ts = thread(state, &channel, call.str("thread_ts"))?;
    let ts = posting::ephemeral(state, &channel, &user, thread_ts, content.text, content.blocks);
    Ok(json!({"ok": true, "message_ts": ts}))
}

pub(crate) fn permalink(state: &mut State, call: &Call) -> Answer {
    let channel = call.str("channel").unwrap_or_default();
    if !state.may_see(&state.app.bot_user_id, channel) {
        return Err(Refusal::new("channel_not_found"));
    }
    let ts = call.str("message_ts").unwrap_or_default();
    let message = state.message(channel, ts).ok_or_else(|| Refusal::new("message_not_found"))?;
    let mut link = format!("https://{}.slack.com/archives/{channel}/p{}", state.domain, ts.replace('.', ""));
    if let Some(parent) = message.thread_ts.as_ref().filter(|_| message.is_reply()) {
        link.push_str(&format!("?thread_ts={parent}&cid={channel}"));
    }
    Ok(json!({"ok": true, "channel": channel, "permalink": link}))
}

/// A channel, a DM, or a person, whose DM is then opened. Slack takes posts to people who have left, too.
fn place_to_post(state: &mut State, wanted: &str) -> Result<String, Refusal> {
    if wanted.starts_with(['U', 'W']) {
        let user = state.user(wanted).ok_or_else(|| Refusal::new("channel_not_found"))?;
        if user.is_bot {
            return Err(Refusal::new("cannot_dm_bot"));
        }
        return Ok(state.dm(wanted));
    }
    if state.dm_partner(wanted).is_some() {
        return Ok(wanted.to_owned());
    }
    let named = |name: &str| state.channels.iter().find(|channel| channel.name == name);
    let found = state.channel(wanted).or_else(|| wanted.strip_prefix('#').and_then(named));
    let channel = found.ok_or_else(|| Refusal::new("channel_not_found"))?;
    let member = channel.members.contains(&state.app.bot_user_id);
    match () {
        () if channel.private && !member => Err(Refusal::new("channel_not_found")),
        () if channel.archived => Err(Refusal::new("is_archived")),
        () if !member && !state.app.may("chat:write.public") => Err(Refusal::new("not_in_channel")),
        () => Ok(channel.id.clone()),
    }
}

/// Messages are changed where they stand: a person's id does not do.
fn place_of_message(state: &State, call: &Call) -> Result<String, Refusal> {
    let channel = call.str("channel").unwrap_or_default();
    if state.may_see(&state.app.bot_user_id, channel) {
        Ok(channel.to_owned())
    } else {
        Err(Refusal::new("channel_not_found"))
    }
}

/// The parent of the thread. A reply's own ts leads to its parent, as in Slack's clients.
fn thread(state: &State, channel: &str, wanted: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(wanted) = wanted else { return Ok(None) };
    let parent = state.message(channel, wanted).ok_or_else(|| Refusal::new("cannot_reply_to_message"))?;
    Ok(Some(parent.thread_ts.clone().unwrap_or_else(|| wanted.to_owned())))
}
