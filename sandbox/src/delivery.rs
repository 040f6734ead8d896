//! What the app is owed: events until they are acknowledged, interactions once. How they get there is the transport's.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::commands;
use crate::faults::Faults;
use crate::interactivity::{self, Outcome, Submitted};
use crate::ledger::Kind;
use crate::parcel::{Parcel, ParcelKind};
use crate::request_url::{self, Letter, RequestUrls};
use crate::response_url;
use crate::socket::{self, Socket};
use crate::state::State;

/// Slack waits so long for an acknowledgement, in real time. Deliveries by hand wait until they are told of.
pub const ACK_WITHIN: Duration = Duration::from_secs(3);
/// After each failure: at once, a minute, five minutes on the sandbox's clock.
const RETRY_AFTER_MS: [i64; 3] = [0, 60_000, 300_000];
/// Envelopes that are to come in another order wait no longer than this for the others, in real time.
const HELD_FOR: Duration = Duration::from_secs(1);

/// How events and interactions come to the app.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Delivery {
    /// Over the sockets that the app opens.
    #[default]
    SocketMode,
    /// In signed requests to the app's request URLs, which are taken as verified; `Sandbox::saves_request_urls` verifies.
    Http(RequestUrls),
    /// They lie in the outbox until the driver of a single-stepped test takes them to the app; nothing follows real time.
    ByHand,
}

#[derive(Default)]
pub(crate) struct Deliveries {
    pub means: Delivery,
    /// Where the app reaches us.
    pub host: String,
    /// Somebody speaks TLS in front of us.
    pub secure: bool,
    pub tickets: BTreeSet<String>,
    pub link_disabled: bool,
    pub faults: Option<Faults>,
    pub sockets: Vec<Socket>,
    pub opened: u64,
    /// Over HTTP: who carries the requests, and the place of the URL that the last one went to.
    pub post: Option<mpsc::UnboundedSender<Letter>>,
    pub last_url: usize,
    /// By hand: what nobody has taken yet, oldest first.
    pub outbox: Vec<Parcel>,
    /// Waiting to go out in reverse order.
    held: Vec<(Parcel, bool)>,
    waiting: BTreeMap<String, Waiting>,
    owed: Vec<Event>,
}

impl Deliveries {
    /// An address of ours, as the app reaches it.
    pub fn address(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}{}://{}/{path}", if self.secure { "s" } else { "" }, self.host)
    }
}

struct Waiting {
    since: Instant,
    what: Awaited,
}

enum Awaited {
    Event(Event),
    Person(Asked, oneshot::Sender<Told>),
    /// The second copy of an envelope: nobody waits for its acknowledgement.
    Copy,
}

#[derive(Clone)]
struct Event {
    id: String,
    payload: Value,
    attempt: u32,
    /// Why it is sent again, as Slack calls it.
    reason: &'static str,
    due: i64,
}

/// What a person did that waits for the app.
pub(crate) enum Asked {
    Act {
        user: String,
    },
    Submit {
        user: String,
        view_id: String,
    },
    /// The response to it goes where this response_url does.
    Command {
        user: String,
        command: String,
        response_url: String,
    },
    Close,
}

/// What came of a delivery, as the person sees it who caused it.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// An event, or something that nobody looks at.
    Nobody,
    Acted(Outcome),
    Submitted(Submitted),
}

impl Deliveries {
    pub fn connections(&self) -> usize {
        self.sockets.len()
    }

    /// Envelopes whose acknowledgement is still awaited, and events that are due again now.
    pub fn busy(&self, at: i64) -> usize {
        self.waiting.len() + self.owed.iter().filter(|event| event.due <= at).count()
    }

    /// When the first event falls due again.
    pub fn due(&self) -> Option<i64> {
        self.owed.iter().map(|event| event.due).min()
    }
}

pub(crate) fn send_event(state: &mut State, id: String, payload: Value) {
    let event = Event { id, payload, attempt: 0, reason: "", due: state.at };
    try_event(state, event);
}

/// Sends again the first event that is due by now.
pub(crate) fn retry(state: &mut State) {
    let now = state.at;
    let first = state.delivery.owed.iter().enumerate().filter(|(_, event)| event.due <= now);
    if let Some((place, _)) = first.min_by_key(|(_, event)| event.due) {
        let event = state.delivery.owed.remove(place);
        try_event(state, event);
    }
}

fn try_event(state: &mut State, event: Event) {
    let mut envelope = json!({"type": "events_api", "accepts_response_payload": false, "payload": event.payload,
        "retry_attempt": event.attempt, "retry_reason": event.reason});
    let letter = |envelope: &Value, attempt: u32| Parcel {
        id: String::new(),
        kind: ParcelKind::Event,
        envelope: envelope.clone(),
        event_id: Some(event.id.clone()),
        attempt,
    };
    match put(state, letter(&envelope, event.attempt), false) {
        Some(envelope_id) => {
            wait(state, envelope_id, Awaited::Event(event.clone()));
            if fault(state, Faults::take_duplicate) {
                envelope["retry_attempt"] = json!(event.attempt + 1);
                envelope["retry_reason"] = json!(state.timeout());
                put_copy(state, letter(&envelope, event.attempt + 1));
            }
        }
        None => failed_event(state, event, None, state.timeout()),
    }
}

/// The parcel's id, and a receiver that tells what came of it. None: there is no connection at all.
pub(crate) fn send_interaction(
    state: &mut State,
    payload: Value,
    asked: Asked,
) -> Option<(String, oneshot::Receiver<Told>)> {
    let (kind, name) = match (&asked, payload["type"].as_str()) {
        (Asked::Command { .. }, _) => (ParcelKind::Command, "slash_commands"),
        (_, Some("view_submission")) => (ParcelKind::Submission, "interactive"),
        _ => (ParcelKind::Interaction, "interactive"),
    };
    let answers = kind != ParcelKind::Interaction;
    let envelope = json!({"type": name, "accepts_response_payload": answers, "payload": payload});
    let parcel = Parcel { id: String::new(), kind, envelope, event_id: None, attempt: 0 };
    let (tell, told) = oneshot::channel();
    let id = put(state, parcel.clone(), false)?;
    wait(state, id.clone(), Awaited::Person(asked, tell));
    if fault(state, Faults::take_duplicate) {
        put_copy(state, parcel);
    }
    Some((id, told))
}

fn wait(state: &mut State, id: String, what: Awaited) {
    state.delivery.waiting.insert(id, Waiting { since: Instant::now(), what });
}

fn fault(state: &State, take: impl FnOnce(&Faults) -> bool) -> bool {
    state.delivery.faults.as_ref().is_some_and(take)
}

fn put_copy(state: &mut State, parcel: Parcel) {
    if let Some(id) = put(state, parcel, true) {
        wait(state, id, Awaited::Copy);
    }
}

/// Gives the parcel its id and hands it to the transport. None: there is nobody to take it.
fn put(state: &mut State, mut parcel: Parcel, copy: bool) -> Option<String> {
    let there = match &state.delivery.means {
        Delivery::SocketMode => !state.delivery.sockets.is_empty(),
        Delivery::Http(urls) => request_url::serves(urls, parcel.kind),
        Delivery::ByHand => true,
    };
    if !there {
        return None;
    }
    parcel.id = uuid(state.random(), state.random());
    parcel.envelope["envelope_id"] = json!(parcel.id);
    let id = parcel.id.clone();
    if state.delivery.means == Delivery::ByHand {
        state.version += 1;
        state.delivery.outbox.push(parcel);
        return Some(id);
    }
    match state.delivery.faults.as_ref().and_then(Faults::take_reordered) {
        None => send(state, &parcel, copy),
        Some(last) => {
            state.delivery.held.push((parcel, copy));
            if last {
                release(state);
            }
        }
    }
    Some(id)
}

fn send(state: &mut State, parcel: &Parcel, copy: bool) {
    match state.delivery.means {
        // It was held back, and meanwhile the last connection has gone: the missing acknowledgement tells.
        Delivery::SocketMode if state.delivery.sockets.is_empty() => {}
        Delivery::SocketMode => socket::send(state, parcel),
        Delivery::Http(_) => request_url::send(state, parcel, copy),
        Delivery::ByHand => {}
    }
}

/// What was held back goes out, the last one first.
fn release(state: &mut State) {
    for (parcel, copy) in std::mem::take(&mut state.delivery.held).iter().rev() {
        send(state, parcel, *copy);
    }
}

/// For the ledger: the parcel is on its way.
pub(crate) fn delivered(state: &mut State, parcel: &Parcel, connection: u64) {
    state.record(Kind::Delivered {
        envelope_id: parcel.id.clone(),
        event_id: parcel.event_id.clone(),
        connection,
        attempt: parcel.attempt,
        payload: parcel.payload().clone(),
    });
}

fn uuid(high: u64, low: u64) -> String {
    let (first, second, third) = (high >> 32, high >> 16 & 0xFFFF, high & 0xFFF);
    format!("{first:08x}-{second:04x}-4{third:03x}-a{:03x}-{:012x}", low >> 52, low & 0xFFFF_FFFF_FFFF)
}

fn failed_event(state: &mut State, mut event: Event, envelope_id: Option<String>, why: &'static str) {
    state.record(Kind::Unacked { envelope_id, event_id: Some(event.id.clone()) });
    match RETRY_AFTER_MS.get(event.attempt as usize) {
        Some(wait) => {
            event.due = state.at + wait;
            event.attempt += 1;
            event.reason = why;
            state.delivery.owed.push(event);
        }
        None => state.record(Kind::Lost { event_id: event.id }),
    }
}

/// The app has acknowledged. None: nobody waits for that any more.
pub(crate) fn acked(state: &mut State, id: &str, payload: Option<Value>) -> Option<Told> {
    if state.delivery.waiting.contains_key(id) && fault(state, Faults::take_lost_ack) {
        return failed(state, id, state.timeout());
    }
    let waiting = state.delivery.waiting.remove(id)?;
    // Bolt sends an empty object where it means nothing at all.
    let payload = payload.filter(|payload| !payload.is_null() && *payload != json!({}));
    state.record(Kind::Acked { envelope_id: id.to_owned(), payload: payload.clone() });
    let Awaited::Person(asked, tell) = waiting.what else { return Some(Told::Nobody) };
    let told = match asked {
        Asked::Act { .. } => Told::Acted(Outcome { acked: true, warning: None }),
        Asked::Submit { user, view_id } => {
            let submitted = interactivity::answered(state, &user, &view_id, payload.clone());
            if let Submitted::Warned(why) = &submitted {
                state.record(Kind::Refused { user, what: "submit".to_owned(), why: why.clone() });
            }
            if let Some(payload) = payload.filter(|_| !matches!(submitted, Submitted::Warned(_))) {
                state.recorder.keep("view_submission", || payload);
            }
            Told::Submitted(submitted)
        }
        Asked::Command { response_url, .. } => {
            if let Some(said) = payload {
                // Slack leaves out what it cannot show.
                if response_url::use_once(state, &response_url, &said).is_ok() {
                    state.recorder.keep("command", || said);
                }
            }
            Told::Acted(Outcome { acked: true, warning: None })
        }
        Asked::Close => Told::Nobody,
    };
    // The person may have gone meanwhile.
    let _ = tell.send(told.clone());
    Some(told)
}

/// The app has not acknowledged, or not in time.
pub(crate) fn failed(state: &mut State, id: &str, why: &'static str) -> Option<Told> {
    let waiting = state.delivery.waiting.remove(id)?;
    let (asked, tell) = match waiting.what {
        Awaited::Event(event) => {
            failed_event(state, event, Some(id.to_owned()), why);
            return Some(Told::Nobody);
        }
        Awaited::Copy => {
            state.record(Kind::Unacked { envelope_id: Some(id.to_owned()), event_id: None });
            return Some(Told::Nobody);
        }
        Awaited::Person(asked, tell) => (asked, tell),
    };
    state.record(Kind::Unacked { envelope_id: Some(id.to_owned()), event_id: None });
    let told = unanswered(state, asked);
    let _ = tell.send(told.clone());
    Some(told)
}

/// The app has refused and wishes no more of it.
pub(crate) fn given_up(state: &mut State, id: &str) {
    match state.delivery.waiting.remove(id) {
        Some(Waiting { what: Awaited::Event(event), .. }) => {
            let event_id = Some(event.id.clone());
            state.record(Kind::Unacked { envelope_id: Some(id.to_owned()), event_id });
            state.record(Kind::Lost { event_id: event.id });
        }
        Some(other) => {
            state.delivery.waiting.insert(id.to_owned(), other);
            drop(failed(state, id, "http_error"));
        }
        None => {}
    }
}

/// What Slack tells the person when the app says nothing.
pub(crate) fn unanswered(state: &mut State, asked: Asked) -> Told {
    let (user, what, why) = match asked {
        Asked::Act { user } => (user, "act", interactivity::NO_ANSWER.to_owned()),
        Asked::Submit { user, .. } => (user, "submit", interactivity::FORM_NO_ANSWER.to_owned()),
        Asked::Command { user, command, .. } => (user, "command", commands::no_answer(&command)),
        Asked::Close => return Told::Nobody,
    };
    state.record(Kind::Refused { user, what: what.to_owned(), why: why.clone() });
    match what {
        "submit" => Told::Submitted(Submitted::Warned(why)),
        _ => Told::Acted(Outcome { acked: false, warning: Some(why) }),
    }
}

/// Looks for acknowledgements that did not come over the sockets, and for what has been held back for long enough. Called
/// all the time, except where deliveries go by hand.
pub(crate) fn tick(state: &mut State) {
    let first = state.delivery.held.first().and_then(|(parcel, _)| state.delivery.waiting.get(&parcel.id));
    if first.is_some_and(|waiting| waiting.since.elapsed() >= HELD_FOR) {
        release(state);
    }
    // A request over HTTP counts its own seconds.
    if state.delivery.means != Delivery::SocketMode {
        return;
    }
    let late = state.delivery.waiting.iter().filter(|(_, waiting)| waiting.since.elapsed() >= ACK_WITHIN);
    let late: Vec<String> = late.map(|(id, _)| id.clone()).collect();
    for id in late {
        failed(state, &id, state.timeout());
    }
}
