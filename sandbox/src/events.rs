//! The Events API: what the app is told of, by its subscriptions and scopes.

use serde_json::{Value, json};

use crate::api::shapes;
use crate::delivery;
use crate::ledger::Kind;
use crate::message::Message;
use crate::state::State;

pub(crate) fn posted(state: &mut State, message: &Message) {
    let mut event = message.json(&state.teller(), true);
    if let Some(parent) = message.thread_ts.as_ref().filter(|_| message.is_reply()) {
        event["parent_user_id"] = json!(state.message(&message.channel, parent).map(|parent| parent.user.as_str()));
    }
    event["channel"] = json!(message.channel);
    event["event_ts"] = json!(message.ts);
    message_event(state, &message.channel, event);
}

pub(crate) fn changed(state: &mut State, before: &Message, after: &Message) {
    let (teller, ts) = (state.teller(), state.next_ts());
    let told = |message: &Message| {
        let mut told = message.json(&teller, true);
        told["source_team"] = json!(teller.team_id);
        told["user_team"] = json!(teller.team_id);
        told
    };
    let event = json!({"type": "message", "subtype": "message_changed", "message": told(after), "previous_message": told(before),
        "channel": after.channel, "hidden": true, "ts": ts, "event_ts": ts});
    message_event(state, &after.channel, event);
}

pub(crate) fn deleted(state: &mut State, before: &Message) {
    let (teller, ts) = (state.teller(), state.next_ts());
    let event = json!({"type": "message", "subtype": "message_deleted", "previous_message": before.json(&teller, true),
        "channel": before.channel, "hidden": true, "deleted_ts": before.ts, "ts": ts, "event_ts": ts});
    message_event(state, &before.channel, event);
}

/// The bot hears only what is said where it is.
fn message_event(state: &mut State, channel: &str, mut event: Value) {
    let kind = state.channel_type(channel);
    let (name, scope) = match kind {
        "im" => ("message.im", "im:history"),
        "group" => ("message.groups", "groups:history"),
        _ => ("message.channels", "channels:history"),
    };
    event["channel_type"] = json!(kind);
    if state.is_member(&state.app.bot_user_id, channel) {
        tell(state, name, &[scope], event);
    }
}

pub(crate) fn user_changed(state: &mut State, user: &str) {
    let ts = state.next_ts();
    if let Some(user) = state.user(user).map(|user| shapes::user(state, user)) {
        let event = json!({"type": "user_change", "user": user, "cache_ts": state.at / 1000, "event_ts": ts});
        tell(state, "user_change", &["users:read"], event);
    }
}

/// `member_joined_channel` or `member_left_channel`; the one who goes hears it too.
pub(crate) fn membership(state: &mut State, name: &str, user: &str, channel: &str) {
    let bot = state.app.bot_user_id.clone();
    if user != bot && !state.is_member(&bot, channel) {
        return;
    }
    let private = state.channel_type(channel) == "group";
    let ts = state.next_ts();
    let event = json!({"type": name, "user": user, "channel": channel, "team": state.team_id,
        "channel_type": if private { "G" } else { "C" }, "event_ts": ts});
    tell(state, name, if private { &["groups:read"] } else { &["channels:read"] }, event);
}

pub(crate) fn archived(state: &mut State, channel: &str, by: &str) {
    let private = state.channel_type(channel) == "group";
    let (name, scope) = if private { ("group_archive", "groups:read") } else { ("channel_archive", "channels:read") };
    let ts = state.next_ts();
    let event = json!({"type": name, "channel": channel, "user": by, "is_moved": 0, "event_ts": ts});
    tell(state, name, &[scope], event);
}

pub(crate) fn uninstalled(state: &mut State) {
    let (bot, ts) = (state.app.bot_user_id.clone(), state.next_ts());
    let revoked = json!({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [bot]}, "event_ts": ts});
    tell(state, "tokens_revoked", &[], revoked);
    tell(state, "app_uninstalled", &[], json!({"type": "app_uninstalled", "event_ts": ts}));
}

fn tell(state: &mut State, name: &str, scopes: &[&str], event: Value) {
    let subscribed = state.app.events.iter().any(|wanted| wanted == name);
    if !subscribed || !scopes.iter().all(|scope| state.app.may(scope)) {
        return;
    }
    let id = state.next_id("Ev");
    let (team, app, bot) = (&state.team_id, &state.app.app_id, &state.app.bot_user_id);
    let payload = json!({
        "token": "sandbox-verification-token", "team_id": team, "context_team_id": team, "context_enterprise_id": null,
        "api_app_id": app, "event": event, "type": "event_callback", "event_id": id, "event_time": state.at / 1000,
        "authorizations": [{"enterprise_id": null, "team_id": team, "user_id": bot, "is_bot": true, "is_enterprise_install": false}],
        "is_ext_shared_channel": false, "event_context": format!("4-{id}"),
    });
    delivery::send_event(state, id, payload);
}

/// For changes of the workspace that are no message.
pub(crate) fn note(state: &mut State, what: String) {
    state.record(Kind::Changed { what });
}
