//! One connection, from its first frame to its last acknowledgement.

use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{self, Message};

use super::{DEADLINE, DRAIN, Handled, Handler, stopped};
use crate::slack::client::{AppId, Stream};
use crate::slack::quoted::quoted;

type Sink = SplitSink<Stream, Message>;

const HELLO: Duration = Duration::from_secs(10);
const PING: Duration = Duration::from_secs(10);
/// Neither a frame nor an answer to our pings for so long: it is dead, whatever TCP believes.
const SILENCE: Duration = Duration::from_secs(30);
/// After Slack announced that it will close, it is read on for so long.
const LEAVING: Duration = Duration::from_secs(30);

/// Why a connection needs a successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// Slack will close it soon; until then it is read and answered.
    Replace,
    TooMany,
    Disabled,
    Closed,
    Stopped,
}

/// What the first frame tells.
pub(super) struct Hears {
    pub app: AppId,
    pub connected: watch::Sender<usize>,
}

/// Counts a connection for as long as it lives.
struct Live(Option<watch::Sender<usize>>);

impl Live {
    fn begin(&mut self, connected: &watch::Sender<usize>) {
        if self.0.is_none() {
            connected.send_modify(|count| *count += 1);
            self.0 = Some(connected.clone());
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(connected) = &self.0 {
            connected.send_modify(|count| *count = count.saturating_sub(1));
        }
    }
}

struct Pump {
    sink: Sink,
    handler: Handler,
    hears: Hears,
    live: Live,
    leaving: Option<mpsc::Sender<Gone>>,
    /// Envelopes whose handler is at work; each gives its acknowledgement, or none.
    work: JoinSet<Option<Ack>>,
    /// What runs after an acknowledgement.
    after: JoinSet<()>,
    reading: bool,
    /// When the connection is given up at the latest.
    end: Option<Instant>,
}

struct Ack {
    frame: String,
    after: Option<futures_util::future::BoxFuture<'static, ()>>,
}

/// Reads until the connection ends or `stop` turns true, then finishes what was received. Tells once, as early as it knows, that a
/// successor is needed.
pub(super) async fn pump(
    stream: Stream,
    handler: Handler,
    hears: Hears,
    mut stop: watch::Receiver<bool>,
    leaving: mpsc::Sender<Gone>,
) {
    let (sink, mut frames) = stream.split();
    let (work, after, leaving) = (JoinSet::new(), JoinSet::new(), Some(leaving));
    let mut pump = Pump { sink, handler, hears, live: Live(None), leaving, work, after, reading: true, end: None };
    let mut silent = Instant::now() + HELLO;
    let mut pings = interval_at(Instant::now() + PING, PING);
    let mut stopping = false;
    while pump.reading || !pump.work.is_empty() {
        let end = pump.end.unwrap_or(silent);
        tokio::select! {
            Some(done) = pump.work.join_next() => pump.acknowledge(done.ok().flatten()).await,
            frame = frames.next(), if pump.reading => {
                silent = Instant::now() + SILENCE;
                pump.frame(frame).await;
            }
            _ = pings.tick(), if pump.reading => pump.send(Message::Ping(Vec::new().into())).await,
            () = sleep_until(silent), if pump.reading => pump.gone(Gone::Closed),
            () = stopped(&mut stop), if !stopping => {
                stopping = true;
                pump.gone(Gone::Stopped);
            }
            () = sleep_until(end), if pump.end.is_some() => match pump.reading {
                true => pump.gone(Gone::Replace),
                false => break,
            },
        }
    }
    pump.finish().await;
}

impl Pump {
    async fn frame(&mut self, frame: Option<Result<Message, tungstenite::Error>>) {
        match frame {
            Some(Ok(Message::Text(text))) => match serde_json::from_str::<Value>(&text) {
                Ok(envelope) => self.envelope(envelope),
                Err(_) => tracing::warn!(event = "frame_unreadable", "Slack sent a frame that is not JSON"),
            },
            // The library answers pings by itself when it is next written to; writing now does that.
            Some(Ok(Message::Ping(_))) => {
                if self.sink.flush().await.is_err() {
                    self.gone(Gone::Closed);
                }
            }
            Some(Err(tungstenite::Error::Capacity(_))) => {
                tracing::warn!(
                    event = "frame_too_long",
                    "Slack sent more than can be meant: that connection is closed"
                );
                self.gone(Gone::Closed);
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => self.gone(Gone::Closed),
            Some(Ok(_)) => {}
        }
    }

    fn envelope(&mut self, envelope: Value) {
        match envelope["type"].as_str() {
            Some("hello") => {
                let app = envelope.pointer("/connection_info/app_id").and_then(Value::as_str);
                self.hears.app.learn(app.unwrap_or_default());
                self.live.begin(&self.hears.connected);
            }
            Some("disconnect") => self.disconnect(envelope["reason"].as_str().unwrap_or_default()),
            _ => {
                let Some(id) = envelope["envelope_id"].as_str().map(str::to_owned) else { return };
                self.work.spawn(answer(self.handler.clone(), envelope, id));
            }
        }
    }

    fn disconnect(&mut self, reason: &str) {
        let told = quoted(reason);
        tracing::info!(event = "socket_replaced", reason = told, "Slack asks for a new connection");
        match reason {
            "link_disabled" => self.gone(Gone::Disabled),
            "too_many_websockets" => self.gone(Gone::TooMany),
            // A warning, a refresh, or a reason that we do not know yet.
            _ => {
                self.tell(Gone::Replace);
                self.end.get_or_insert(Instant::now() + LEAVING);
            }
        }
    }

    /// Nothing more is read; what was received is finished.
    fn gone(&mut self, why: Gone) {
        self.tell(why);
        self.reading = false;
        if why == Gone::Closed {
            self.live = Live(None);
        }
        self.end = Some(Instant::now() + DRAIN);
    }

    fn tell(&mut self, why: Gone) {
        if let Some(leaving) = self.leaving.take() {
            // The slot listens for as long as it keeps connections; after that nobody needs to know.
            let _ = leaving.try_send(why);
        }
    }

    async fn acknowledge(&mut self, ack: Option<Ack>) {
        let Some(ack) = ack else { return };
        self.send(Message::Text(ack.frame.into())).await;
        // The effect is committed, so the person is told even where the acknowledgement was lost.
        if let Some(after) = ack.after {
            self.after.spawn(after);
        }
        while self.after.try_join_next().is_some() {}
    }

    async fn send(&mut self, message: Message) {
        let sent = timeout(DEADLINE, self.sink.send(message)).await;
        if !matches!(sent, Ok(Ok(()))) && self.reading {
            self.gone(Gone::Closed);
        }
    }

    async fn finish(mut self) {
        let end = self.end.unwrap_or_else(Instant::now).max(Instant::now() + DEADLINE);
        let afters = async { while self.after.join_next().await.is_some() {} };
        // What is told after an acknowledgement is best effort, and so is the last frame.
        let _ = tokio::time::timeout_at(end, afters).await;
        let _ = timeout(DEADLINE, self.sink.close()).await;
    }
}

/// The acknowledgement of one envelope: after its handler has committed. None where it failed, panicked or took too long.
async fn answer(handler: Handler, envelope: Value, id: String) -> Option<Ack> {
    let takes_payload = envelope["accepts_response_payload"].as_bool().unwrap_or(false);
    let kind = quoted(envelope["type"].as_str().unwrap_or_default());
    // In a task of its own, which is never cut off in the middle of a transaction: one that takes too long comes to its end
    // unacknowledged, and what Slack sends again finds it done.
    let handling = tokio::spawn(async move { handler(envelope).await });
    let why = match timeout(DEADLINE, handling).await {
        Ok(Ok(Ok(Handled { payload, after }))) => {
            let frame = match payload.filter(|_| takes_payload) {
                Some(payload) => json!({"envelope_id": id, "payload": payload}),
                None => json!({"envelope_id": id}),
            };
            return Some(Ack { frame: frame.to_string(), after });
        }
        Ok(Ok(Err(error))) => format!("{error:#}"),
        Ok(Err(_)) => "its handler panicked".to_owned(),
        Err(_) => "it took too long".to_owned(),
    };
    tracing::error!(event = "not_acknowledged", kind, why, "not acknowledged");
    None
}
