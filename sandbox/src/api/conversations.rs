//! conversations.* and users.conversations.

use serde_json::{Value, json};

use super::request::{Call, missing_scope};
use super::{Answer, Refusal, paging, shapes};
use crate::message::Message;
use crate::state::State;

pub(crate) fn open(state: &mut State, call: &Call) -> Answer {
    if let Some(channel) = call.str("channel") {
        let user = state.dm_partner(channel).ok_or_else(|| Refusal::new("channel_not_found"))?;
        let told = shapes::dm(state, channel, user);
        return Ok(json!({"ok": true, "no_op": true, "already_open": true, "channel": told}));
    }
    let users: Vec<String> = match call.args.get("users") {
        Some(Value::String(users)) => {
            users.split(',').map(|user| user.trim().to_owned()).filter(|user| !user.is_empty()).collect()
        }
        _ => return Err(Refusal::new("users_list_not_supplied")),
    };
    if users.len() > 8 {
        return Err(Refusal::new("too_many_users"));
    }
    let [user] = users.as_slice() else {
        return Err(if users.is_empty() {
            Refusal::new("not_enough_users")
        } else {
            missing_scope(state, "mpim:write")
        });
    };
    let found = state.user(user).ok_or_else(|| Refusal::new("user_not_found"))?;
    match () {
        () if found.deleted => return Err(Refusal::new("user_disabled")),
        () if found.is_bot => return Err(Refusal::new("cannot_dm_bot")),
        () => {}
    }
    let known = state.dms.contains_key(user);
    let id = state.dm(user);
    let told = if call.flag("return_im") { shapes::dm(state, &id, user) } else { json!({"id": id}) };
    let mut answer = json!({"ok": true, "channel": told});
    if known {
        answer["no_op"] = json!(true);
        answer["already_open"] = json!(true);
    }
    Ok(answer)
}

pub(crate) fn info(state: &mut State, call: &Call) -> Answer {
    let id = visible(state, call)?;
    if let Some(user) = state.dm_partner(&id) {
        return Ok(json!({"ok": true, "channel": shapes::dm(state, &id, user)}));
    }
    let channel = state.channel(&id).ok_or_else(|| Refusal::new("channel_not_found"))?;
    let mut told = shapes::channel(state, channel);
    if !call.flag("include_num_members")
        && let Some(told) = told.as_object_mut()
    {
        told.remove("num_members");
    }
    Ok(json!({"ok": true, "channel": told}))
}

pub(crate) fn members(state: &mut State, call: &Call) -> Answer {
    let id = visible(state, call)?;
    let page = paging::read(call, 100, 1000)?;
    let members = match state.dm_partner(&id) {
        Some(user) => vec![state.app.bot_user_id.clone(), user.to_owned()],
        None => state.channel(&id).map(|channel| channel.members.clone()).unwrap_or_default(),
    };
    let (members, cursor) = page.cut(members);
    Ok(json!({"ok": true, "members": members, "response_metadata": paging::next(&cursor)}))
}

/// Newest first.
pub(crate) fn history(state: &mut State, call: &Call) -> Answer {
    let id = readable(state, call)?;
    let span = Span::read(call)?;
    let page = paging::read(call, 100, 999)?;
    let kept: Vec<&Message> =
        state.messages.get(&id).into_iter().flat_map(|messages| messages.values().rev()).collect();
    let kept = kept
        .into_iter()
        .filter(|message| message.in_channel() && span.holds(&message.ts) && state.is_listed(message))
        .collect();
    let (messages, cursor) = page.cut(kept);
    let told: Vec<Value> = messages.into_iter().map(|message| told(state, call, message)).collect();
    let mut answer = json!({"ok": true, "messages": told, "has_more": !cursor.is_empty(), "pin_count": 0,
        "channel_actions_ts": null, "channel_actions_count": 0});
    if !cursor.is_empty() {
        answer["response_metadata"] = paging::next(&cursor);
    }
    Ok(answer)
}

/// The parent first, then its replies, oldest first.
pub(crate) fn replies(state: &mut State, call: &Call) -> Answer {
    let id = readable(state, call)?;
    let span = Span::read(call)?;
    let page = paging::read(call, 1000, 1000)?;
    let ts = call.str("ts").unwrap_or_default();
    let parent = state.message(&id, ts).filter(|parent| state.is_listed(parent));
    let parent = parent.ok_or_else(|| Refusal::new("thread_not_found"))?;
    let replies = state.replies(&id, &parent.ts).filter(|reply| span.holds(&reply.ts) && state.is_listed(reply));
    let (messages, cursor) = page.cut([parent].into_iter().chain(replies).collect());
    let told: Vec<Value> = messages.into_iter().map(|message| told(state, call, message)).collect();
    let mut answer = json!({"ok": true, "messages": told, "has_more": !cursor.is_empty()});
    if !cursor.is_empty() {
        answer["response_metadata"] = paging::next(&cursor);
    }
    Ok(answer)
}

fn told(state: &State, call: &Call, message: &Message) -> Value {
    let mut told = message.json(&state.teller(), call.flag("include_all_metadata"));
    let replies: Vec<&Message> =
        if message.has_thread() { state.replies(&message.channel, &message.ts).collect() } else { Vec::new() };
    if let Some(latest) = replies.last() {
        let mut users: Vec<&str> = replies.iter().map(|reply| reply.user.as_str()).collect();
        users.sort_unstable();
        users.dedup();
        told["reply_count"] = json!(replies.len());
        told["reply_users_count"] = json!(users.len());
        told["reply_users"] = json!(users);
        told["latest_reply"] = json!(latest.ts);
        told["is_locked"] = json!(false);
        told["subscribed"] = json!(false);
    }
    if let Some(parent) = message.thread_ts.as_ref().filter(|_| message.is_reply()) {
        told["parent_user_id"] = json!(state.message(&message.channel, parent).map(|parent| parent.user.as_str()));
    }
    told
}

struct Span<'a> {
    oldest: Option<&'a str>,
    latest: Option<&'a str>,
    inclusive: bool,
}

impl<'a> Span<'a> {
    fn read(call: &'a Call) -> Result<Span<'a>, Refusal> {
        let valid =
            |ts: &str| ts == "0" || !ts.is_empty() && ts.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let read = |name: &'static str, error: &str| match call.str(name) {
            Some(ts) if !valid(ts) => Err(Refusal::new(error)),
            found => Ok(found),
        };
        let (oldest, latest) = (read("oldest", "invalid_ts_oldest")?, read("latest", "invalid_ts_latest")?);
        Ok(Span { oldest, latest, inclusive: call.flag("inclusive") })
    }

    fn holds(&self, ts: &str) -> bool {
        let at = micros(ts);
        let after = self.oldest.map(micros).is_none_or(|oldest| at > oldest || self.inclusive && at == oldest);
        let before = self.latest.map(micros).is_none_or(|latest| at < latest || self.inclusive && at == latest);
        after && before
    }
}

/// Spans may be given with fewer digits than a ts has.
fn micros(ts: &str) -> i64 {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, ""));
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    seconds.parse::<i64>().unwrap_or(0) * 1_000_000 + fraction.parse::<i64>().unwrap_or(0)
}

pub(crate) fn list(state: &mut State, call: &Call) -> Answer {
    answer_list(state, call, |_, _| true)
}

pub(crate) fn of_user(state: &mut State, call: &Call) -> Answer {
    let user = call.str("user").unwrap_or(&state.app.bot_user_id).to_owned();
    answer_list(state, call, move |state, channel| state.is_member(&user, channel))
}

/// Types for which the scope is missing are refused, as Slack does; private channels only where the bot is.
fn answer_list(state: &State, call: &Call, wanted: impl Fn(&State, &str) -> bool) -> Answer {
    let types = call.str("types").unwrap_or("public_channel");
    let mut found = Vec::new();
    for kind in types.split(',').map(str::trim) {
        let scope = match kind {
            "public_channel" => "channels:read",
            "private_channel" => "groups:read",
            "im" => "im:read",
            "mpim" => "mpim:read",
            _ => return Err(Refusal::new("invalid_types")),
        };
        if !state.app.may(scope) {
            return Err(missing_scope(state, scope));
        }
        let channels = state.channels.iter().filter(|channel| match kind {
            "public_channel" => !channel.private,
            "private_channel" => channel.private && channel.members.contains(&state.app.bot_user_id),
            _ => false,
        });
        let channels = channels.filter(|channel| !(channel.archived && call.flag("exclude_archived")));
        found.extend(
            channels.filter(|channel| wanted(state, &channel.id)).map(|channel| shapes::channel(state, channel)),
        );
        if kind == "im" {
            let dms = state.dms.iter().filter(|(_, id)| wanted(state, id));
            found.extend(dms.map(|(user, id)| shapes::dm(state, id, user)));
        }
    }
    let (channels, cursor) = paging::read(call, 100, 999)?.cut(found);
    Ok(json!({"ok": true, "channels": channels, "response_metadata": paging::next(&cursor)}))
}

/// A place that the bot may know of: a private channel only while it is in it.
fn visible(state: &State, call: &Call) -> Result<String, Refusal> {
    let id = call.str("channel").unwrap_or_default();
    if state.may_see(&state.app.bot_user_id, id) { Ok(id.to_owned()) } else { Err(Refusal::new("channel_not_found")) }
}

/// A place whose messages the bot may read: it has to be in it.
fn readable(state: &State, call: &Call) -> Result<String, Refusal> {
    let id = visible(state, call)?;
    if state.is_member(&state.app.bot_user_id, &id) { Ok(id) } else { Err(Refusal::new("not_in_channel")) }
}
