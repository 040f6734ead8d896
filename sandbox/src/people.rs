//! What people do: type, edit, delete, join, leave; and what they see.

use std::fmt;

use serde_json::{Value, json};

use crate::events;
use crate::ledger::Kind;
use crate::message::{Message, Ts};
use crate::posting::{self, Draft};
use crate::setup::User;
use crate::state::State;

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
        by_bot: false,
        text,
        blocks,
        metadata: None,
        link_names: false,
    };
    Ok(posting::post(state, draft).ts)
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

/// Text as Slack keeps what was typed: escaped, links marked, `<@U…>` and `<#C…>` live where they were picked from the list
/// (which is how they are written here), and the same again as rich text.
fn typed(state: &mut State, text: &str) -> (String, Vec<Value>) {
    let mut kept = String::new();
    let mut parts: Vec<Value> = Vec::new();
    for piece in pieces(state, text) {
        match piece {
            Piece::Text(text) => {
                kept.push_str(&escape(text));
                parts.push(json!({"type": "text", "text": text}));
            }
            Piece::User(id) => {
                kept.push_str(&format!("<@{id}>"));
                parts.push(json!({"type": "user", "user_id": id}));
            }
            Piece::Channel(id) => {
                kept.push_str(&format!("<#{id}|>"));
                parts.push(json!({"type": "channel", "channel_id": id}));
            }
            Piece::Range(range) => {
                kept.push_str(&format!("<!{range}>"));
                parts.push(json!({"type": "broadcast", "range": range}));
            }
            Piece::Link(url) => {
                kept.push_str(&format!("<{}>", escape(url)));
                parts.push(json!({"type": "link", "url": url}));
            }
        }
    }
    let block_id: String = state.next_id("").chars().skip(1).take(5).collect();
    let section = json!({"type": "rich_text_section", "elements": parts});
    (kept, vec![json!({"type": "rich_text", "block_id": block_id, "elements": [section]})])
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

enum Piece<'a> {
    Text(&'a str),
    User(&'a str),
    Channel(&'a str),
    Range(&'a str),
    Link(&'a str),
}

fn pieces<'a>(state: &State, text: &'a str) -> Vec<Piece<'a>> {
    let (mut found, mut begun, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let fresh = at == 0 || text[..at].ends_with(|before: char| !before.is_alphanumeric());
        match special(state, rest).filter(|(piece, _)| fresh || matches!(piece, Piece::User(_) | Piece::Channel(_))) {
            Some((piece, length)) => {
                if begun < at {
                    found.push(Piece::Text(&text[begun..at]));
                }
                found.push(piece);
                at += length;
                begun = at;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    if begun < text.len() {
        found.push(Piece::Text(&text[begun..]));
    }
    found
}

/// What begins here and is more than text, and how long it is.
fn special<'a>(state: &State, rest: &'a str) -> Option<(Piece<'a>, usize)> {
    if let Some(inner) = rest.strip_prefix("<@").and_then(|inner| inner.split_once('>')).map(|(inner, _)| inner) {
        return state.user(inner).map(|_| (Piece::User(inner), inner.len() + 3));
    }
    if let Some(inner) = rest.strip_prefix("<#").and_then(|inner| inner.split_once('>')).map(|(inner, _)| inner) {
        return state.channel(inner).map(|_| (Piece::Channel(inner), inner.len() + 3));
    }
    for range in ["here", "channel", "everyone"] {
        let whole = rest.strip_prefix('@').and_then(|name| name.strip_prefix(range));
        if whole.is_some_and(|after| !after.starts_with(char::is_alphanumeric)) {
            return Some((Piece::Range(&rest[1..=range.len()]), range.len() + 1));
        }
    }
    if rest.starts_with("https://") || rest.starts_with("http://") {
        let end = rest.find(|letter: char| letter.is_whitespace() || "<>\"|".contains(letter)).unwrap_or(rest.len());
        let url = rest[..end].trim_end_matches(['.', ',', ')', '!', '?', ';', ':']);
        return (url.len() > "https://".len()).then_some((Piece::Link(url), url.len()));
    }
    None
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
