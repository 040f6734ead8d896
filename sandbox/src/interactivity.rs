//! People press, choose, tick, fill in and submit; the app hears of it and has three seconds.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::blocks::values::{self, Values};
use crate::delivery::{self, Asked, Told};
use crate::ledger::Kind;
use crate::message::Message;
use crate::people::{self, Refused};
use crate::response_url;
use crate::state::State;
use crate::views;
use crate::world::Inner;

/// One press, choice or tick.
#[derive(Clone, Debug)]
pub struct Act {
    pub place: Place,
    /// Needed only where an action_id stands in several blocks.
    pub block_id: Option<String>,
    pub action_id: String,
    /// The value (or label) of an option, a list of them for checkboxes, an id, a text; null for a button.
    pub value: Value,
}

#[derive(Clone, Debug)]
pub enum Place {
    /// Also of an ephemeral message.
    Message {
        channel: String,
        ts: String,
    },
    View {
        id: String,
    },
    /// The modal on top.
    TopView,
}

impl Act {
    pub fn message(channel: &str, ts: &str, action_id: &str) -> Act {
        let place = Place::Message { channel: channel.to_owned(), ts: ts.to_owned() };
        Act { place, block_id: None, action_id: action_id.to_owned(), value: Value::Null }
    }

    pub fn view(id: &str, action_id: &str) -> Act {
        let place = Place::View { id: id.to_owned() };
        Act { place, block_id: None, action_id: action_id.to_owned(), value: Value::Null }
    }

    pub fn top_view(action_id: &str) -> Act {
        Act { place: Place::TopView, block_id: None, action_id: action_id.to_owned(), value: Value::Null }
    }

    pub fn block(mut self, block_id: &str) -> Act {
        self.block_id = Some(block_id.to_owned());
        self
    }

    pub fn value(mut self, value: impl Into<Value>) -> Act {
        self.value = value.into();
        self
    }
}

/// Whether the app acknowledged in time; if not, what Slack tells the person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    pub acked: bool,
    pub warning: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Submitted {
    Closed,
    /// By block_id; the modal stays. Also what Slack's client itself refuses, such as an empty required input.
    Errors(BTreeMap<String, String>),
    /// Another view has taken its place or stands above it.
    Updated,
    Warned(String),
}

pub const NO_ANSWER: &str = "This app is not responding. Try again, or ask whoever runs it.";
pub const FORM_NO_ANSWER: &str = "We had some trouble connecting. Try again?";

/// What came of a submission that nobody waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Submitting {
    /// It is under way in the parcel with this id.
    Sent(String),
    /// What Slack's client itself refuses, by block_id.
    Errors(BTreeMap<String, String>),
    /// There is no connection to send it over.
    Unsent,
}

/// The parcel's id, and who tells what came of it. None: no connection was there at all.
pub(crate) type Sent = Option<(String, oneshot::Receiver<Told>)>;

pub(crate) async fn act(inner: &Inner, user: &str, act: Act) -> Result<Outcome, Refused> {
    let sent = inner.with(|state| begin_act(state, user, &act))?;
    match come(inner, sent, || Asked::Act { user: user.to_owned() }).await {
        Told::Acted(outcome) => Ok(outcome),
        Told::Submitted(_) | Told::Nobody => Err(Refused("the sandbox has stopped".to_owned())),
    }
}

async fn come(inner: &Inner, sent: Sent, asked: impl FnOnce() -> Asked) -> Told {
    match sent {
        Some((_, told)) => told.await.unwrap_or(Told::Nobody),
        None => inner.with(|state| delivery::unanswered(state, asked())),
    }
}

pub(crate) fn begin_act(state: &mut State, user: &str, act: &Act) -> Result<Sent, Refused> {
    people::is_there(state, user)?;
    let refused = |why: &str| Refused(why.to_owned());
    let action_ts = state.next_ts();
    match &act.place {
        Place::Message { channel, ts } => {
            if !state.may_see(user, channel) {
                return Err(refused("you cannot see this conversation"));
            }
            let own = |message: &&mut Message| message.ts == *ts && message.ephemeral_to.as_deref() == Some(user);
            let message = match state.ephemerals.iter_mut().find(own) {
                Some(message) => message,
                None => state
                    .messages
                    .get_mut(channel)
                    .and_then(|messages| messages.get_mut(ts))
                    .ok_or_else(|| refused("this message is gone"))?,
            };
            let action = enter(&message.blocks, &mut message.ticks, act, &action_ts)?;
            let message = message.clone();
            Ok(tell_message_action(state, user, &message, action))
        }
        Place::View { .. } | Place::TopView => {
            let id = view_id(state, user, &act.place)?;
            let view = views::find_mut(state, user, &id).ok_or_else(|| refused("this modal is closed"))?;
            let blocks = view.blocks().to_vec();
            let found = values::find(&blocks, act.block_id.as_deref(), &act.action_id);
            let silent =
                found.is_some_and(|found| found.block["type"] == "input" && found.block["dispatch_action"] != true);
            let action = enter(&blocks, &mut view.values, act, &action_ts)?;
            if silent {
                return Err(refused("an input tells nothing until the modal is submitted"));
            }
            Ok(tell_view_action(state, user, &id, action))
        }
    }
}

fn view_id(state: &State, user: &str, place: &Place) -> Result<String, Refused> {
    let stack = state.views.get(user).map(Vec::as_slice).unwrap_or_default();
    let top = stack.last().ok_or_else(|| Refused("no modal is open".to_owned()))?;
    match place {
        Place::View { id } if top.id != *id => Err(Refused("this modal is not the one on top".to_owned())),
        _ => Ok(top.id.clone()),
    }
}

/// Keeps what was chosen and returns the entry of `actions`.
fn enter(blocks: &[Value], kept: &mut Values, act: &Act, action_ts: &str) -> Result<Value, Refused> {
    let found = values::find(blocks, act.block_id.as_deref(), &act.action_id);
    let found = found.ok_or_else(|| Refused(format!("there is nothing called {} here", act.action_id)))?;
    let state = values::entered(found, &act.value).map_err(Refused)?;
    if let Some(state) = &state {
        values::put(kept, found, state.clone());
    }
    values::action(found, state.as_ref(), &act.value, action_ts).map_err(Refused)
}

fn tell_message_action(state: &mut State, user: &str, message: &Message, action: Value) -> Sent {
    let ephemeral = message.ephemeral_to.is_some();
    let mut payload = begin_payload(state, "block_actions", user);
    let mut container =
        json!({"type": "message", "message_ts": message.ts, "channel_id": message.channel, "is_ephemeral": ephemeral});
    if let Some(thread_ts) = &message.thread_ts {
        container["thread_ts"] = json!(thread_ts);
    }
    payload["container"] = container;
    payload["trigger_id"] = json!(state.new_trigger(user, None));
    payload["channel"] = json!({"id": message.channel, "name": state.channel_name(&message.channel)});
    // What only one person sees is not shown to the app again.
    if !ephemeral {
        payload["message"] = message.json(&state.teller(), true);
    }
    payload["state"] = values::payload(&message.ticks);
    payload["response_url"] = json!(response_url::issue(state, user, message));
    finish(state, user, payload, action)
}

fn tell_view_action(state: &mut State, user: &str, id: &str, action: Value) -> Sent {
    let mut payload = begin_payload(state, "block_actions", user);
    payload["container"] = json!({"type": "view", "view_id": id});
    payload["trigger_id"] = json!(state.new_trigger(user, Some(id.to_owned())));
    payload["view"] = views::find(state, user, id).map_or(Value::Null, |view| view.json(state));
    finish(state, user, payload, action)
}

fn finish(state: &mut State, user: &str, mut payload: Value, action: Value) -> Sent {
    payload["actions"] = json!([action]);
    state.record(Kind::Acted { user: user.to_owned(), actions: payload["actions"].clone() });
    delivery::send_interaction(state, payload, Asked::Act { user: user.to_owned() })
}

fn begin_payload(state: &State, kind: &str, user: &str) -> Value {
    let name = state.user(user).map(|user| user.name.clone()).unwrap_or_default();
    json!({
        "type": kind, "user": {"id": user, "username": name, "name": name, "team_id": state.team_id},
        "api_app_id": state.app.app_id, "token": "sandbox-verification-token",
        "team": {"id": state.team_id, "domain": state.domain}, "enterprise": null, "is_enterprise_install": false,
    })
}

/// Fills one input of the modal on top.
pub(crate) fn fill(
    state: &mut State,
    user: &str,
    block_id: &str,
    action_id: &str,
    value: &Value,
) -> Result<(), Refused> {
    let id = view_id(state, user, &Place::TopView)?;
    let view = views::find_mut(state, user, &id).ok_or_else(|| Refused("no modal is open".to_owned()))?;
    let blocks = view.blocks().to_vec();
    let found = values::find(&blocks, Some(block_id), action_id);
    let found = found.ok_or_else(|| Refused(format!("there is no input {block_id} / {action_id}")))?;
    if let Some(entered) = values::entered(found, value).map_err(Refused)? {
        values::put(&mut view.values, found, entered);
    }
    state.version += 1;
    Ok(())
}

pub(crate) async fn submit(inner: &Inner, user: &str) -> Result<Submitted, Refused> {
    let sent = match inner.with(|state| begin_submit(state, user))? {
        Ok(sent) => sent,
        Err(errors) => return Ok(Submitted::Errors(errors)),
    };
    match come(inner, sent, || Asked::Submit { user: user.to_owned(), view_id: String::new() }).await {
        Told::Submitted(submitted) => Ok(submitted),
        Told::Acted(_) | Told::Nobody => Err(Refused("the sandbox has stopped".to_owned())),
    }
}

/// Under way, or what Slack's own client says is wrong.
type Begun = Result<Sent, BTreeMap<String, String>>;

pub(crate) fn begin_submit(state: &mut State, user: &str) -> Result<Begun, Refused> {
    let id = view_id(state, user, &Place::TopView)?;
    let view = views::find_mut(state, user, &id).ok_or_else(|| Refused("no modal is open".to_owned()))?;
    if view.view["submit"].is_null() {
        return Err(Refused("this modal has nothing to submit".to_owned()));
    }
    let errors = unfit(view.blocks(), &view.values);
    view.errors = errors.clone();
    if !errors.is_empty() {
        state.version += 1;
        return Ok(Err(errors));
    }
    let values = json!(view.values);
    let mut payload = begin_payload(state, "view_submission", user);
    payload["trigger_id"] = json!(state.new_trigger(user, Some(id.clone())));
    payload["response_urls"] = json!([]);
    payload["view"] = views::find(state, user, &id).map_or(Value::Null, |view| view.json(state));
    state.record(Kind::Submitted { user: user.to_owned(), view_id: id.clone(), values });
    Ok(Ok(delivery::send_interaction(state, payload, Asked::Submit { user: user.to_owned(), view_id: id })))
}

/// What Slack's own client refuses to send.
fn unfit(blocks: &[Value], entered: &Values) -> BTreeMap<String, String> {
    let mut errors = BTreeMap::new();
    for found in values::elements(blocks).filter(|found| found.block["type"] == "input") {
        let empty = Value::Null;
        let state = entered.get(found.block_id()).and_then(|block| block.get(found.action_id())).unwrap_or(&empty);
        let length = values::text(state).map_or(0, |text| text.chars().count() as u64);
        let bound = |name: &str| found.element[name].as_u64();
        let why = if values::is_empty(state) {
            (found.block["optional"] != true).then(|| "Please complete this required field.".to_owned())
        } else if let Some(most) = bound("max_length").filter(|most| length > *most) {
            Some(format!("Must be no more than {most} characters."))
        } else if let Some(least) = bound("min_length").filter(|least| length < *least) {
            Some(format!("Must be at least {least} characters."))
        } else {
            misspelt(found, values::text(state).unwrap_or_default()).map(str::to_owned)
        };
        if let Some(why) = why {
            errors.insert(found.block_id().to_owned(), why);
        }
    }
    errors
}

/// Inputs that take only numbers, addresses or links.
fn misspelt(found: values::Found<'_>, text: &str) -> Option<&'static str> {
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite());
    let bound = |name: &str| found.element[name].as_str().and_then(|bound| bound.parse::<f64>().ok());
    match found.kind() {
        "number_input" => match number() {
            None => Some("Enter a number."),
            Some(number) if found.element["is_decimal_allowed"] != true && number.fract() != 0.0 => {
                Some("Enter a whole number.")
            }
            Some(number) if bound("min_value").is_some_and(|least| number < least) => Some("Enter a larger number."),
            Some(number) if bound("max_value").is_some_and(|most| number > most) => Some("Enter a smaller number."),
            Some(_) => None,
        },
        "email_text_input" => (!text.trim_matches('@').contains('@')).then_some("Enter a valid email address."),
        "url_text_input" => (!text.contains("://")).then_some("Enter a valid URL."),
        _ => None,
    }
}

/// What the acknowledgement of a submission does to the stack.
pub(crate) fn answered(state: &mut State, user: &str, id: &str, answer: Option<Value>) -> Submitted {
    let Some(answer) = answer else {
        views::close(state, user, id);
        return Submitted::Closed;
    };
    let warned = || Submitted::Warned(FORM_NO_ANSWER.to_owned());
    match answer["response_action"].as_str() {
        None => {
            views::close(state, user, id);
            Submitted::Closed
        }
        Some("clear") => {
            let root = state.views.get(user).and_then(|stack| stack.first()).map(|view| view.id.clone());
            views::close(state, user, &root.unwrap_or_default());
            Submitted::Closed
        }
        Some("errors") => {
            let Some(view) = views::find_mut(state, user, id) else { return Submitted::Closed };
            let inputs: Vec<&str> = view
                .blocks()
                .iter()
                .filter(|block| block["type"] == "input")
                .filter_map(|block| block["block_id"].as_str())
                .collect();
            let said: BTreeMap<String, String> = serde_json::from_value(answer["errors"].clone()).unwrap_or_default();
            if said.is_empty() || !said.keys().all(|block_id| inputs.contains(&block_id.as_str())) {
                return warned();
            }
            view.errors = said.clone();
            state.version += 1;
            Submitted::Errors(said)
        }
        Some(how @ ("update" | "push")) => {
            let full =
                how == "push" && state.views.get(user).map_or(0, Vec::len) >= crate::blocks::limits::VIEWS_IN_STACK;
            let own = (how == "update").then_some(id);
            match crate::api::views::checked(state, answer["view"].clone(), own) {
                Ok(view) if how == "update" => views::replace(state, user, id, view),
                Ok(view) if !full => drop(views::push(state, user, view)),
                _ => return warned(),
            }
            Submitted::Updated
        }
        Some(_) => warned(),
    }
}

/// Closes the modal on top; the app hears of it where it asked to.
pub(crate) fn close(state: &mut State, user: &str) {
    let Some(id) = state.views.get(user).and_then(|stack| stack.last()).map(|view| view.id.clone()) else { return };
    // With clear_on_close one close takes the whole stack.
    let cleared = views::find(state, user, &id).is_some_and(|view| view.says("clear_on_close"));
    let first = state.views.get(user).and_then(|stack| stack.first()).map(|view| view.id.clone());
    let from = if cleared { first.unwrap_or(id) } else { id };
    for view in views::close(state, user, &from) {
        if view.says("notify_on_close") {
            let mut payload = begin_payload(state, "view_closed", user);
            payload["view"] = view.json(state);
            payload["is_cleared"] = json!(cleared);
            // Nobody waits: a person who closes a modal sees no warning.
            drop(delivery::send_interaction(state, payload, Asked::Close));
        }
    }
}
