//! Socket Mode: up to ten connections, and envelopes that go to any one of them.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::blocks::limits;
use crate::delivery;
use crate::ledger::Kind;
use crate::parcel::Parcel;
use crate::state::State;
use crate::world::Inner;

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
pub(crate) enum Order {
    Send(String),
    /// Say so, and close after a while.
    Leave(Disconnect),
    /// Break off without a word.
    Cut,
}

pub(crate) struct Socket {
    id: u64,
    orders: mpsc::UnboundedSender<Order>,
}

/// Puts it on any one connection.
pub(crate) fn send(state: &mut State, parcel: &Parcel) {
    let chance = state.random() as usize;
    let socket = &state.delivery.sockets[chance % state.delivery.sockets.len()];
    let connection = socket.id;
    // A connection that has just gone swallows what is put on it, as a real one does; the missing acknowledgement tells.
    let _ = socket.orders.send(Order::Send(parcel.envelope.to_string()));
    delivery::delivered(state, parcel, connection);
}

/// Tells every connection to go.
pub(crate) fn disconnect(state: &mut State, why: Disconnect) {
    state.delivery.link_disabled |= why == Disconnect::LinkDisabled;
    for socket in &state.delivery.sockets {
        let _ = socket.orders.send(Order::Leave(why));
    }
}

/// Any frame, to every connection.
pub(crate) fn send_all(state: &mut State, text: &str) {
    for socket in &state.delivery.sockets {
        let _ = socket.orders.send(Order::Send(text.to_owned()));
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
        inner.with(|state| delivery::acked(state, envelope_id, ack.get("payload").cloned()));
    }
}
