//! Socket Mode: envelopes go to any one connection and are owed until they are acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::blocks::limits;
use crate::ledger::Kind;
use crate::state::State;
use crate::world::Inner;

/// Slack waits so long for an acknowledgement, in real time.
pub const ACK_WITHIN: Duration = Duration::from_secs(3);
/// After each failure: at once, a minute, five minutes on the sandbox's clock.
const RETRY_AFTER_MS: [i64; 3] = [0, 60_000, 300_000];
const PING_EVERY: Duration = Duration::from_secs(10);
/// A warned connection lives on for so long.
const WARNED_FOR: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Disconnect {
    Warning,
    RefreshRequested,
    /// Socket Mode was switched off: no new connections either.
    LinkDisabled,
    TooManyWebsockets,
}

impl Disconnect {
    pub fn reason(self) -> &'static str {
        match self {
            Disconnect::Warning => "warning",
            Disconnect::RefreshRequested => "refresh_requested",
            Disconnect::LinkDisabled => "link_disabled",
            Disconnect::TooManyWebsockets => "too_many_websockets",
        }
    }
}

/// What is put on a connection's queue.
enum Order {
    Send(String),
    /// Say so, and close after a while.
    Leave(Disconnect),
    /// Break off without a word.
    Cut,
}

struct Socket {
    id: u64,
    orders: mpsc::UnboundedSender<Order>,
}

#[derive(Default)]
pub(crate) struct Delivery {
    pub host: String,
    pub tickets: BTreeSet<String>,
    pub link_disabled: bool,
    pub faults: Option<crate::faults::Faults>,
    sockets: Vec<Socket>,
    opened: u64,
    waiting: BTreeMap<String, Waiting>,
    owed: Vec<Event>,
}

struct Waiting {
    since: Instant,
    what: Awaited,
}

enum Awaited {
    Event(Event),
    Interaction(oneshot::Sender<Option<Value>>),
    /// The second copy of an envelope: nobody waits for its acknowledgement.
    Copy,
}

#[derive(Clone)]
struct Event {
    id: String,
    payload: Value,
    attempt: u32,
    due: i64,
}

impl Delivery {
    pub fn connections(&self) -> usize {
        self.sockets.len()
    }

    /// Envelopes whose acknowledgement is still awaited, and events that are due again now.
    pub fn busy(&self, at: i64) -> usize {
        self.waiting.len() + self.owed.iter().filter(|event| event.due <= at).count()
    }
}

pub(crate) fn send_event(state: &mut State, id: String, payload: Value) {
    let event = Event { id, payload, attempt: 0, due: state.at };
    try_event(state, event);
}

fn try_event(state: &mut State, event: Event) {
    let mut envelope = json!({"type": "events_api", "accepts_response_payload": false, "payload": event.payload,
        "retry_attempt": event.attempt, "retry_reason": if event.attempt > 0 { "timeout" } else { "" }});
    match put(state, &mut envelope, Some(&event.id), event.attempt) {
        Some(envelope_id) => {
            let waiting = Waiting { since: Instant::now(), what: Awaited::Event(event.clone()) };
            state.delivery.waiting.insert(envelope_id, waiting);
            if duplicated(state) {
                envelope["retry_attempt"] = json!(event.attempt + 1);
                envelope["retry_reason"] = json!("timeout");
                send_copy(state, envelope, Some(&event.id), event.attempt + 1);
            }
        }
        None => failed(state, event, None),
    }
}

/// The receiver tells the acknowledgement's payload. None: there is no connection at all.
pub(crate) fn send_interaction(state: &mut State, payload: Value) -> Option<oneshot::Receiver<Option<Value>>> {
    let answers = payload["type"] == "view_submission";
    let mut envelope = json!({"type": "interactive", "accepts_response_payload": answers, "payload": payload});
    let (tell, told) = oneshot::channel();
    let envelope_id = put(state, &mut envelope, None, 0)?;
    state.delivery.waiting.insert(envelope_id, Waiting { since: Instant::now(), what: Awaited::Interaction(tell) });
    if duplicated(state) {
        send_copy(state, envelope, None, 0);
    }
    Some(told)
}

fn duplicated(state: &State) -> bool {
    state.delivery.faults.as_ref().is_some_and(crate::faults::Faults::take_duplicate)
}

fn send_copy(state: &mut State, mut envelope: Value, event_id: Option<&str>, attempt: u32) {
    if let Some(envelope_id) = put(state, &mut envelope, event_id, attempt) {
        state.delivery.waiting.insert(envelope_id, Waiting { since: Instant::now(), what: Awaited::Copy });
    }
}

/// Gives the envelope its id and puts it on any one connection.
fn put(state: &mut State, envelope: &mut Value, event_id: Option<&str>, attempt: u32) -> Option<String> {
    if state.delivery.sockets.is_empty() {
        return None;
    }
    let envelope_id = uuid(state.random(), state.random());
    envelope["envelope_id"] = json!(envelope_id);
    let chance = state.random() as usize;
    let socket = &state.delivery.sockets[chance % state.delivery.sockets.len()];
    let connection = socket.id;
    // A connection that has just gone swallows what is put on it, as a real one does; the missing acknowledgement tells.
    let _ = socket.orders.send(Order::Send(envelope.to_string()));
    state.record(Kind::Delivered {
        envelope_id: envelope_id.clone(),
        event_id: event_id.map(str::to_owned),
        connection,
        attempt,
        payload: envelope["payload"].clone(),
    });
    Some(envelope_id)
}

fn uuid(high: u64, low: u64) -> String {
    let (first, second, third) = (high >> 32, high >> 16 & 0xFFFF, high & 0xFFF);
    format!("{first:08x}-{second:04x}-4{third:03x}-a{:03x}-{:012x}", low >> 52, low & 0xFFFF_FFFF_FFFF)
}

fn failed(state: &mut State, mut event: Event, envelope_id: Option<String>) {
    state.record(Kind::Unacked { envelope_id, event_id: Some(event.id.clone()) });
    match RETRY_AFTER_MS.get(event.attempt as usize) {
        Some(wait) => {
            event.due = state.at + wait;
            event.attempt += 1;
            state.delivery.owed.push(event);
        }
        None => state.record(Kind::Lost { event_id: event.id }),
    }
}

fn acked(state: &mut State, envelope_id: &str, payload: Option<Value>) {
    let Some(waiting) = state.delivery.waiting.remove(envelope_id) else { return };
    // Bolt sends an empty object where it means nothing at all.
    let payload = payload.filter(|payload| !payload.is_null() && *payload != json!({}));
    state.record(Kind::Acked { envelope_id: envelope_id.to_owned(), payload: payload.clone() });
    if let Awaited::Interaction(tell) = waiting.what {
        // The person may have gone meanwhile.
        let _ = tell.send(payload);
    }
}

/// Looks for acknowledgements that did not come and retries that are due. Called all the time.
pub(crate) fn tick(state: &mut State) {
    let late = state.delivery.waiting.iter().filter(|(_, waiting)| waiting.since.elapsed() >= ACK_WITHIN);
    let late: Vec<String> = late.map(|(id, _)| id.clone()).collect();
    for envelope_id in late {
        match state.delivery.waiting.remove(&envelope_id).map(|waiting| waiting.what) {
            Some(Awaited::Event(event)) => failed(state, event, Some(envelope_id)),
            Some(Awaited::Interaction(_) | Awaited::Copy) => {
                state.record(Kind::Unacked { envelope_id: Some(envelope_id), event_id: None });
            }
            None => {}
        }
    }
    let now = state.at;
    let (due, later) = std::mem::take(&mut state.delivery.owed).into_iter().partition(|event| event.due <= now);
    state.delivery.owed = later;
    due.into_iter().for_each(|event| try_event(state, event));
}

/// Tells every connection to go.
pub(crate) fn disconnect(state: &mut State, why: Disconnect) {
    state.delivery.link_disabled |= why == Disconnect::LinkDisabled;
    for socket in &state.delivery.sockets {
        let _ = socket.orders.send(Order::Leave(why));
    }
}

/// Breaks every connection off.
pub(crate) fn cut(state: &mut State) {
    for socket in &state.delivery.sockets {
        let _ = socket.orders.send(Order::Cut);
    }
}

#[derive(serde::Deserialize)]
pub(crate) struct Ticket {
    ticket: String,
}

pub(crate) async fn accept(
    Shared(inner): Shared<Arc<Inner>>,
    Query(Ticket { ticket }): Query<Ticket>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !inner.with(|state| state.delivery.tickets.remove(&ticket)) {
        return (StatusCode::FORBIDDEN, "this ticket is unknown or used").into_response();
    }
    upgrade.on_upgrade(move |socket| serve(inner, socket))
}

async fn serve(inner: Arc<Inner>, socket: WebSocket) {
    let (orders, mut queue) = mpsc::unbounded_channel();
    let (id, full) = inner.with(|state| register(state, orders));
    let (mut sink, mut stream) = socket.split();
    if full {
        let _ = sink.send(Frame::text(goodbye(Disconnect::TooManyWebsockets))).await;
        let _ = sink.close().await;
        return;
    }
    let mut pings = tokio::time::interval(PING_EVERY);
    let mut stopping = inner.stopping.subscribe();
    let mut leave_at: Option<tokio::time::Instant> = None;
    let why = loop {
        let leaving = async {
            match leave_at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let sent = tokio::select! {
            order = queue.recv() => match order {
                Some(Order::Send(text)) => sink.send(Frame::text(text)).await,
                Some(Order::Leave(why)) => {
                    let waits = matches!(why, Disconnect::Warning | Disconnect::RefreshRequested);
                    leave_at = Some(tokio::time::Instant::now() + if waits { WARNED_FOR } else { Duration::ZERO });
                    sink.send(Frame::text(goodbye(why))).await
                }
                Some(Order::Cut) | None => break "cut",
            },
            frame = stream.next() => match frame {
                Some(Ok(Frame::Text(text))) => {
                    read(&inner, text.as_str());
                    Ok(())
                }
                Some(Ok(Frame::Close(_))) | None => break "closed by the client",
                Some(Ok(_)) => Ok(()),
                Some(Err(_)) => break "broken",
            },
            _ = pings.tick() => sink.send(Frame::Ping("ping from the sandbox".into())).await,
            () = leaving => {
                let _ = sink.close().await;
                break "closed by Slack";
            }
            _ = stopping.changed() => {
                let _ = sink.close().await;
                break "the sandbox stops";
            }
        };
        if sent.is_err() {
            break "broken";
        }
    };
    inner.with(|state| {
        state.delivery.sockets.retain(|socket| socket.id != id);
        state.record(Kind::Disconnected { connection: id, why: why.to_owned() });
    });
}

/// The hello goes into the queue first, so that no envelope can overtake it.
fn register(state: &mut State, orders: mpsc::UnboundedSender<Order>) -> (u64, bool) {
    state.delivery.opened += 1;
    let id = state.delivery.opened;
    if state.delivery.sockets.len() >= limits::SOCKETS {
        state.record(Kind::Disconnected { connection: id, why: "too_many_websockets".to_owned() });
        return (id, true);
    }
    let hello = json!({
        "type": "hello", "num_connections": state.delivery.sockets.len() + 1,
        "debug_info": {"host": "sandbox", "started": "2026-01-01 00:00:00.000", "build_number": 1, "approximate_connection_time": 18060},
        "connection_info": {"app_id": state.app.app_id},
    });
    let _ = orders.send(Order::Send(hello.to_string()));
    state.delivery.sockets.push(Socket { id, orders });
    state.record(Kind::Connected { connection: id });
    (id, false)
}

fn goodbye(why: Disconnect) -> String {
    json!({"type": "disconnect", "reason": why.reason(), "debug_info": {"host": "sandbox"}}).to_string()
}

fn read(inner: &Inner, text: &str) {
    let Ok(ack) = serde_json::from_str::<Value>(text) else { return };
    if let Some(envelope_id) = ack["envelope_id"].as_str() {
        inner.with(|state| acked(state, envelope_id, ack.get("payload").cloned()));
    }
}
