//! Socket Mode: our own client, because an acknowledgement must wait for a commit and for nothing else.
//! So many connections are kept at all times; a replacement is open before an old one goes, which is read and answered to its end.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::client::{CallError, Slack, Stream};

mod connection;
use connection::{Gone, Hears, pump};

/// What became of one envelope.
#[derive(Default)]
pub struct Handled {
    /// Goes with the acknowledgement, where Slack accepts one.
    pub payload: Option<Value>,
    /// Runs after the acknowledgement is written: a line that only the person who pressed sees.
    pub after: Option<BoxFuture<'static, ()>>,
}

/// Returns once the envelope's effect is committed. An error means no acknowledgement: Slack sends events again, and a person
/// sees Slack's own warning and may press again.
pub type Handler = Arc<dyn Fn(Value) -> BoxFuture<'static, anyhow::Result<Handled>> + Send + Sync>;

/// Slack gives three seconds; what is not committed in these is not acknowledged at all.
pub const DEADLINE: Duration = Duration::from_millis(2500);
const CONNECT: Duration = Duration::from_secs(10);
/// apps.connections.open is called once in this time at most, over all connections.
const OPEN_GAP: Duration = Duration::from_secs(1);
const FIRST_BACK_OFF: Duration = Duration::from_millis(500);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(30);
/// A connection that lived so long was a good one: the next failure starts from the first back-off.
const GOOD: Duration = Duration::from_secs(10);
/// Where there are too many connections already, trying soon makes it worse: begin as after so many failures.
const CROWDED: u32 = 3;
const DRAIN: Duration = Duration::from_secs(10);

/// Slack's codes for an app token that will never do.
const FOR_GOOD: &[&str] = &[
    "invalid_auth",
    "not_authed",
    "not_allowed_token_type",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "missing_scope",
];

/// Why there is no point in trying on; only somebody in the app's settings can change it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error(
        "Slack switched Socket Mode off for this app (link_disabled). Switch it on again under Socket Mode in the app's settings, then start again."
    )]
    LinkDisabled,
    /// With Slack's code, and only before the first connection: a token that was good may be so again.
    #[error("{}", app_token_refused(.0))]
    AppToken(String),
}

/// What to do about an app token that Slack refuses with this code.
pub fn app_token_refused(code: &str) -> String {
    let place = "from Basic Information in the app's settings";
    match code {
        "not_allowed_token_type" => {
            format!("SLACK_APP_TOKEN is not an app-level token: copy the one that starts with xapp- {place}")
        }
        "missing_scope" => format!("SLACK_APP_TOKEN lacks connections:write: copy a new one that has it {place}"),
        _ => format!("SLACK_APP_TOKEN is refused ({code}): copy it again {place}, and switch Socket Mode on there"),
    }
}

enum NotOpen {
    Yet { why: String, wait: Option<Duration> },
    Ever(Refused),
}

impl NotOpen {
    fn yet(why: impl Into<String>) -> NotOpen {
        NotOpen::Yet { why: why.into(), wait: None }
    }
}

pub struct Socket {
    slack: Slack,
    handler: Handler,
    sockets: usize,
    connected: watch::Sender<usize>,
    opened: Mutex<Option<Instant>>,
    /// Slack has taken the token.
    admitted: AtomicBool,
}

impl Socket {
    pub fn new(slack: Slack, sockets: usize, handler: Handler) -> Socket {
        let (connected, admitted) = (watch::Sender::new(0), AtomicBool::new(false));
        Socket { slack, handler, sockets: sockets.max(1), connected, opened: Mutex::new(None), admitted }
    }

    /// How many connections live at this moment.
    pub fn connected(&self) -> watch::Receiver<usize> {
        self.connected.subscribe()
    }

    /// Keeps the connections up until `stop` turns true, then finishes what was received and closes.
    pub async fn run(self, stop: watch::Receiver<bool>) -> Result<(), Refused> {
        let socket = Arc::new(self);
        // Ends when the caller says so, and also when one connection learns that there is no point in any.
        let (ended, end) = watch::channel(false);
        let mut slots = JoinSet::new();
        for _ in 0..socket.sockets {
            slots.spawn(socket.clone().keep(end.clone()));
        }
        let mut stop = stop;
        let end = tokio::select! {
            () = stopped(&mut stop) => Ok(()),
            // A slot ends by itself only where Slack refuses for good, or by a bug; then it is better to end than to limp.
            ended = slots.join_next() => ended.and_then(Result::ok).unwrap_or(Ok(())),
        };
        ended.send_replace(true);
        let drained = async { while slots.join_next().await.is_some() {} };
        if timeout(DRAIN + CONNECT, drained).await.is_err() {
            tracing::warn!(event = "sockets_not_closed", "connections did not close in time");
        }
        end
    }

    /// One connection after the other, each opened before its predecessor is closed.
    async fn keep(self: Arc<Self>, mut stop: watch::Receiver<bool>) -> Result<(), Refused> {
        let mut pumps = JoinSet::new();
        let mut failures = 0;
        let mut end = Ok(());
        while !*stop.borrow() {
            let stream = tokio::select! {
                stream = self.open() => stream,
                () = stopped(&mut stop) => break,
            };
            let wait = match stream {
                Ok(stream) => {
                    let since = Instant::now();
                    let (leaving, mut leaves) = mpsc::channel(1);
                    let hears = Hears { app: self.slack.app().clone(), connected: self.connected.clone() };
                    pumps.spawn(pump(stream, self.handler.clone(), hears, stop.clone(), leaving));
                    let gone = leaves.recv().await.unwrap_or(Gone::Closed);
                    failures = if since.elapsed() >= GOOD { 0 } else { failures };
                    match gone {
                        Gone::Replace | Gone::Stopped => Duration::ZERO,
                        Gone::Disabled => {
                            end = Err(Refused::LinkDisabled);
                            break;
                        }
                        Gone::TooMany => {
                            // No overlap here: this one must be closed before another is opened.
                            while pumps.join_next().await.is_some() {}
                            failures = failures.max(CROWDED);
                            back_off(&mut failures)
                        }
                        Gone::Closed if failures == 0 && since.elapsed() >= GOOD => Duration::ZERO,
                        Gone::Closed => back_off(&mut failures),
                    }
                }
                Err(NotOpen::Ever(refused)) => {
                    end = Err(refused);
                    break;
                }
                Err(NotOpen::Yet { why, wait }) => {
                    let wait = back_off(&mut failures).max(wait.unwrap_or_default());
                    tracing::warn!(event = "not_connected", why, ?wait, "no connection to Slack");
                    wait
                }
            };
            while pumps.try_join_next().is_some() {}
            tokio::select! {
                () = sleep(wait) => {}
                () = stopped(&mut stop) => break,
            }
        }
        let drained = async { while pumps.join_next().await.is_some() {} };
        if timeout(DRAIN, drained).await.is_err() {
            tracing::warn!(event = "work_cut_off", "some work was not acknowledged in time; Slack will send it again");
        }
        end
    }

    async fn open(&self) -> Result<Stream, NotOpen> {
        self.take_turn().await;
        let url = self.slack.open_connection().await.map_err(|error| match error {
            CallError::RateLimited(wait) => NotOpen::Yet { why: error.to_string(), wait },
            CallError::Refused(code) if self.is_for_good(&code) => NotOpen::Ever(Refused::AppToken(code)),
            _ => NotOpen::yet(error.to_string()),
        })?;
        self.admitted.store(true, Ordering::Relaxed);
        match timeout(CONNECT, self.slack.open_socket(&url)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(why)) => Err(NotOpen::yet(why)),
            Err(_) => Err(NotOpen::yet("the socket did not open in time")),
        }
    }

    fn is_for_good(&self, code: &str) -> bool {
        !self.admitted.load(Ordering::Relaxed) && FOR_GOOD.contains(&code)
    }

    async fn take_turn(&self) {
        let mut opened = self.opened.lock().await;
        if let Some(last) = *opened {
            sleep_until(last + OPEN_GAP).await;
        }
        *opened = Some(Instant::now());
    }
}

/// A sender that is gone is a stop as well.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Doubles with each failure; somewhere between half of it and the whole, so that replicas do not come in step.
fn back_off(failures: &mut u32) -> Duration {
    let longest = FIRST_BACK_OFF.saturating_mul(1 << (*failures).min(10)).min(LONGEST_BACK_OFF);
    *failures += 1;
    // Each state begins with keys of its own, which is chance enough.
    let chance = RandomState::new().hash_one(*failures) % 1000;
    longest.mul_f64(0.5 + chance as f64 / 2000.0)
}
