//! `/metrics`: what the bot counted since it started, and what its rows say at this moment, in Prometheus's text format.
//! Every label is a word of this source: nothing that a person wrote can become one.

use super::Unstuck;
use super::vitals::Vitals;
use crate::read_tx;
use crate::rules::check_in::{DOWN, OFF, State as CheckInState};
use crate::rules::message::State;
use crate::slack::client::Meter;
use crate::store::connection::statements;
use crate::store::figures::{self, CheckIns, Messages};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// What the rows say is asked for once in this time at most, however often somebody scrapes.
const KEEP: Duration = Duration::from_secs(2);
/// A database that takes longer is told as away.
const PATIENCE: Duration = Duration::from_secs(2);

type Seconds = Gauge<f64, AtomicU64>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InState {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Excused {
    state: &'static str,
    reason: &'static str,
}

/// One registry for one bot.
pub struct Metrics {
    bot: Unstuck,
    registry: Registry,
    rows: Rows,
    asked: Mutex<Option<Instant>>,
}

/// What is read from the database at a scrape.
#[derive(Default)]
struct Rows {
    database_up: Gauge,
    messages: Family<InState, Gauge>,
    oldest: Family<InState, Seconds>,
    check_ins: Family<Excused, Gauge>,
    tick_age: Seconds,
    clock_ahead: Seconds,
    statements: Counter,
}

impl Metrics {
    pub fn new(bot: Unstuck) -> Metrics {
        let mut registry = Registry::with_prefix("unstuck");
        registry.register("build", "The version that runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        let rows = Rows::default();
        rows.register(&mut registry);
        count(&bot.vitals, &mut registry);
        calls(bot.slack.meter(), &mut registry);
        Metrics { bot, registry, rows, asked: Mutex::new(None) }
    }

    /// The page that Prometheus scrapes.
    pub async fn page(&self) -> Result<String, std::fmt::Error> {
        self.look().await;
        let mut page = String::new();
        encode(&mut page, &self.registry)?;
        Ok(page)
    }

    /// Others who scrape at the same moment wait for this look and take it as theirs.
    async fn look(&self) {
        let mut asked = self.asked.lock().await;
        self.rows.tick_age.set(self.bot.vitals.tick_age(self.bot.clock.elapsed()).as_secs_f64());
        self.rows.clock_ahead.set(self.bot.clock.ahead().unwrap_or_default() as f64 / 1000.0);
        self.rows.statements.inc_by(statements().saturating_sub(self.rows.statements.get()));
        if asked.is_some_and(|at| at.elapsed() < KEEP) {
            return;
        }
        let now = self.bot.clock.now();
        let read = async {
            read_tx!(self.bot.db, &self.bot.workspace, now, tx => async {
                Ok((figures::messages(tx).await?, figures::check_ins(tx).await?))
            }.await)
        };
        let why = match timeout(PATIENCE, read).await {
            Ok(Ok((messages, check_ins))) => {
                self.rows.set(&messages, &check_ins, now);
                None
            }
            Ok(Err(failure)) => Some(failure.to_string()),
            Err(_) => Some("it took too long".to_owned()),
        };
        self.rows.database_up.set(i64::from(why.is_none()));
        if let Some(why) = why {
            tracing::warn!(event = "not_measured", why, "the database does not tell the figures for /metrics");
        }
        *asked = Some(Instant::now());
    }
}

impl Rows {
    fn register(&self, registry: &mut Registry) {
        registry.register("database_up", "1 if the database answered this scrape", self.database_up.clone());
        registry.register("messages", "Message rows by state", self.messages.clone());
        registry.register_with_unit(
            "message_oldest_age",
            "How long the oldest message row waits: wanted since it was due, doubtful since it was first tried, dead since it was last tried; 0 if none",
            Unit::Seconds,
            self.oldest.clone(),
        );
        registry.register("check_ins", "Check-ins by state, the excused by reason", self.check_ins.clone());
        registry.register_with_unit(
            "tick_age",
            "Since the last tick that read what is due; /ready fails above 60",
            Unit::Seconds,
            self.tick_age.clone(),
        );
        registry.register_with_unit(
            "clock_ahead",
            "By how much this machine's clock is ahead of the database's; 0 where the database has none of its own",
            Unit::Seconds,
            self.clock_ahead.clone(),
        );
        registry.register(
            "database_statements",
            "Statements that the database was asked to execute, beginnings and ends of transactions among them",
            self.statements.clone(),
        );
    }

    /// What no row says is 0, so that a line never ends in the middle of a graph.
    fn set(&self, messages: &[Messages], check_ins: &[CheckIns], now: i64) {
        for state in State::ALL {
            let label = InState { state: state.as_str() };
            let found = messages.iter().find(|one| one.state == state);
            self.messages.get_or_create(&label).set(found.map_or(0, |one| one.rows));
            if matches!(state, State::Wanted | State::Doubtful | State::Dead) {
                let since = found.and_then(|one| one.since).unwrap_or(now);
                self.oldest.get_or_create(&label).set((now - since).max(0) as f64 / 1000.0);
            }
        }
        let kinds = [CheckInState::Asked, CheckInState::Answered, CheckInState::Missed].map(|state| (state, ""));
        let reasons = ["off", "not_asked_in_time", "other"].map(|reason| (CheckInState::Excused, reason));
        for (state, reason) in kinds.into_iter().chain(reasons) {
            let of_kind = |one: &&CheckIns| one.state == state && word(one) == reason;
            let rows = check_ins.iter().filter(of_kind).map(|one| one.rows).sum();
            self.check_ins.get_or_create(&Excused { state: state.word(), reason }).set(rows);
        }
    }
}

/// The reason as a label.
fn word(excused: &CheckIns) -> &'static str {
    match (excused.state, excused.reason.as_str()) {
        (CheckInState::Asked | CheckInState::Answered | CheckInState::Missed, _) => "",
        (CheckInState::Excused, OFF) => "off",
        (CheckInState::Excused, DOWN) => "not_asked_in_time",
        (CheckInState::Excused, _) => "other",
    }
}

fn count(vitals: &Vitals, registry: &mut Registry) {
    registry.register_with_unit(
        "tick_lag",
        "How late the oldest thing was that the last tick found due",
        Unit::Seconds,
        vitals.tick_lag.clone(),
    );
    registry.register_with_unit(
        "ack",
        "From the arrival of a payload of Slack's to its commit",
        Unit::Seconds,
        vitals.ack.clone(),
    );
    registry.register("unacknowledged", "Payloads whose effect could not be committed", vitals.unacknowledged.clone());
    registry.register_with_unit(
        "post_latency",
        "From the moment at which a message was due to the moment at which it stands in Slack",
        Unit::Seconds,
        vitals.post.clone(),
    );
    registry.register(
        "sockets_open",
        "Socket Mode: connections to Slack that are open; 0 over HTTP",
        vitals.sockets_open.clone(),
    );
    registry.register("http_refused", "Requests that were turned away", vitals.refused.clone());
    registry.register(
        "foreign",
        "Payloads of another app or another workspace: acknowledged, and nothing of them written",
        vitals.foreign.clone(),
    );
    registry.register(
        "http_connections",
        "Open connections of a listener: those whose request is still coming, and those that are being answered",
        vitals.connections.clone(),
    );
    registry.register("payloads", "Payloads that wait in line, and that are being dealt with", vitals.payloads.clone());
}

fn calls(meter: &Meter, registry: &mut Registry) {
    registry.register("slack_calls", "Calls to Slack by method and outcome", meter.calls.clone());
    registry.register_with_unit("slack_call", "How long a call to Slack took", Unit::Seconds, meter.seconds.clone());
}
