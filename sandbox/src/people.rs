//! What people do: type, edit, delete, join, leave; and what they see.

use std::fmt;

use serde_json::Value;

use crate::events;
use crate::ledger::Kind;
use crate::message::{Message, OTHER_APP, Ts};
use crate::posting::{self, By, Draft};
use crate::setup::User;
use crate::state::State;
use crate::typed::typed;

/// Slack would not let them; why, in plain words.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

pub type Result<T> = std::result::Result<T, Refused>;

fn refuse<T>(why: &str) -> Result<T> {
    Err(Refused(why.to_owned()))
}

pub(crate) fn say(
    state: &mut State,
    user: &str,
    channel: &str,
    thread: Option<&str>,
    text: &str,
    broadcast: bool,
) -> Result<Ts> {
    may_write(state, user, channel)?;
    if text.trim().is_empty() {
        return refuse("there is nothing to send");
    }
    let thread_ts = match thread {
        None => None,
        Some(ts) => match state.message(channel, ts) {
            Some(parent) => Some(parent.thread_ts.clone().unwrap_or_else(|| ts.to_owned())),
            None => return refuse("this thread is gone"),
        },
    };
    let (text, blocks) = typed(state, text);
    let draft = Draft {
        channel: channel.to_owned(),
        broadcast: broadcast && thread_ts.is_some(),
        thread_ts,
        user: user.to_owned(),
        by: By::Person,
        text,
        blocks,
        metadata: None,
        link_names: false,
    };
    Ok(posting::post(state, draft).ts)
}

/// Another app of the workspace posts, with whatever metadata it likes.
pub(crate) fn another_app_posts(state: &mut State, channel: &str, text: &str, metadata: Option<Value>) -> Ts {
    let draft = Draft {
        channel: channel.to_owned(),
        thread_ts: None,
        broadcast: false,
        user: OTHER_APP.user.to_owned(),
        by: By::OtherApp,
        text: text.to_owned(),
        blocks: Vec::new(),
        metadata,
        link_names: false,
    };
    posting::post(state, draft).ts
}

pub(crate) fn edit(state: &mut State, user: &str, channel: &str, ts: &str, text: &str) -> Result<()> {
    may_write(state, user, channel)?;
    own(state, user, channel, ts)?;
    let (text, blocks) = typed(state, text);
    posting::change(state, channel, ts, user, text, blocks, None);
    Ok(())
}

pub(crate) fn delete(state: &mut State, user: &str, channel: &str, ts: &str) -> Result<()> {
    own(state, user, channel, ts)?;
    posting::delete(state, channel, ts, user);
    Ok(())
}

fn own(state: &State, user: &str, channel: &str, ts: &str) -> Result<()> {
    match state.message(channel, ts) {
        None => refuse("this message is gone"),
        Some(message) if message.user != user || message.by_bot() || message.deleted => {
            refuse("this is not your message")
        }
        Some(_) => Ok(()),
    }
}

/// A bot has no fingers, and who has left has no account.
pub(crate) fn is_there(state: &State, user: &str) -> Result<()> {
    match state.user(user) {
        None => refuse("there is no such person"),
        Some(user) if user.deleted => refuse("this person has left the workspace"),
        Some(user) if user.is_bot => refuse("a bot neither types nor presses"),
        Some(_) => Ok(()),
    }
}

fn may_write(state: &State, user: &str, channel: &str) -> Result<()> {
    is_there(state, user)?;
    if state.channel(channel).is_some_and(|channel| channel.archived) {
        return refuse("this channel is archived");
    }
    if !state.is_member(user, channel) {
        return refuse("you are not in this conversation");
    }
    Ok(())
}

pub(crate) fn change_user(state: &mut State, id: &str, change: impl FnOnce(&mut User)) {
    if let Some(user) = state.users.iter_mut().find(|user| user.id == id) {
        change(user);
        state.rename();
        events::note(state, format!("{id} changed"));
        events::user_changed(state, id);
    }
}

pub(crate) fn join(state: &mut State, user: &str, channel: &str) {
    if let Some(place) = state.channel_mut(channel).filter(|place| !place.members.iter().any(|member| member == user)) {
        place.members.push(user.to_owned());
        events::note(state, format!("{user} joined {channel}"));
        events::membership(state, "member_joined_channel", user, channel);
    }
}

pub(crate) fn leave(state: &mut State, user: &str, channel: &str) {
    if let Some(place) = state.channel_mut(channel).filter(|place| place.members.iter().any(|member| member == user)) {
        place.members.retain(|member| member != user);
        events::note(state, format!("{user} left {channel}"));
        events::membership(state, "member_left_channel", user, channel);
    }
}

pub(crate) fn archive(state: &mut State, channel: &str, by: &str) {
    if let Some(place) = state.channel_mut(channel).filter(|place| !place.archived) {
        place.archived = true;
        events::note(state, format!("{channel} archived"));
        events::archived(state, channel, by);
    }
}

/// The tokens are dead from here on; the app hears of it, in either order.
pub(crate) fn uninstall(state: &mut State) {
    events::note(state, "app uninstalled".to_owned());
    events::uninstalled(state);
    state.revoked = Some("account_inactive");
}

pub(crate) fn history(state: &State, user: &str, channel: &str) -> Vec<Message> {
    if !state.may_see(user, channel) {
        return Vec::new();
    }
    let all = state.messages.get(channel).into_iter().flat_map(|messages| messages.values());
    all.filter(|message| message.in_channel()).map(|message| state.show(message)).collect()
}

/// How much others have written at the channel level; what of it was seen is the page's own business.
pub(crate) fn written_by_others(state: &State, user: &str, channel: &str) -> usize {
    let all = state.messages.get(channel).into_iter().flat_map(|messages| messages.values());
    all.filter(|message| message.user != user && message.in_channel()).count()
}

pub(crate) fn thread(state: &State, user: &str, channel: &str, ts: &str) -> Vec<Message> {
    if !state.may_see(user, channel) {
        return Vec::new();
    }
    let parent = state.message(channel, ts).into_iter();
    parent.chain(state.replies(channel, ts)).map(|message| state.show(message)).collect()
}

pub(crate) fn ephemerals(state: &State, user: &str) -> Vec<Message> {
    let own = state.ephemerals.iter().filter(|message| message.ephemeral_to.as_deref() == Some(user));
    own.map(|message| state.show(message)).collect()
}

/// A refusal is part of the record.
pub(crate) fn noted<T>(state: &mut State, user: &str, what: &str, done: Result<T>) -> Result<T> {
    if let Err(Refused(why)) = &done {
        let (user, what, why) = (user.to_owned(), what.to_owned(), why.clone());
        state.record(Kind::Refused { user, what, why });
    }
    done
}
