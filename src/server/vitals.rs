//! How the running bot is: when it last ticked, whether it is stopping, and what it has counted since it started.

use super::seldom::Seldom;
use crate::slack::inbound::Foreign;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Slack waits three seconds for an acknowledgement.
const ACK_BUCKETS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];
/// From a second, which is how fast Slack takes posts, to hours, which is an outage.
const POST_BUCKETS: [f64; 10] = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Reason {
    pub reason: &'static str,
}

/// Connections of one listener: those whose request is still coming, and those that are being
/// answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Connections {
    pub address: &'static str,
    pub state: &'static str,
}

/// Payloads that wait in line, and those that are being dealt with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Payloads {
    pub state: &'static str,
}

/// Cheap to clone: all clones tell of the same bot.
#[derive(Clone)]
pub struct Vitals(Arc<Counted>);

pub struct Counted {
    /// Milliseconds of the clock's elapsed time.
    ticked: AtomicU64,
    stopping: AtomicBool,
    /// Since when no connection to Slack is open, in milliseconds of elapsed time; `u64::MAX` where one is, or none is wanted.
    cut_off: AtomicU64,
    pub sockets_open: Gauge,
    /// When the next thing was due, as was read last; `i64::MAX` where nothing is.
    expected: AtomicI64,
    /// Seconds between the instant at which the oldest thing that a tick found was due and that tick.
    pub tick_lag: Gauge<f64, AtomicU64>,
    pub ack: Histogram,
    pub unacknowledged: Counter,
    pub post: Histogram,
    pub refused: Family<Reason, Counter>,
    refusals: Seldom,
    pub foreign: Family<Reason, Counter>,
    strangers: Seldom,
    pub connections: Family<Connections, Gauge>,
    pub payloads: Family<Payloads, Gauge>,
}

impl std::ops::Deref for Vitals {
    type Target = Counted;

    fn deref(&self) -> &Counted {
        &self.0
    }
}

impl Vitals {
    /// A bot that starts now counts as one that has just ticked.
    pub fn new(elapsed: Duration) -> Vitals {
        let foreign = Family::default();
        for one in Foreign::ALL {
            // So that the first one is seen as a rise.
            drop(Family::<Reason, Counter>::get_or_create(&foreign, &Reason { reason: one.word() }));
        }
        Vitals(Arc::new(Counted {
            ticked: AtomicU64::new(ms(elapsed)),
            stopping: AtomicBool::new(false),
            cut_off: AtomicU64::new(u64::MAX),
            sockets_open: Gauge::default(),
            expected: AtomicI64::new(i64::MAX),
            tick_lag: Gauge::default(),
            ack: Histogram::new(ACK_BUCKETS),
            unacknowledged: Counter::default(),
            post: Histogram::new(POST_BUCKETS),
            refused: Family::default(),
            refusals: Seldom::new(tell_refused),
            foreign,
            strangers: Seldom::new(tell_foreign),
            connections: Family::default(),
            payloads: Family::default(),
        }))
    }
}

impl Counted {
    /// The next thing falls due then, UTC milliseconds.
    pub fn expects(&self, due: Option<i64>) {
        self.expected.store(due.unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// A tick begins with what is due.
    pub fn begins(&self, now: i64) {
        let late = now.saturating_sub(self.expected.load(Ordering::Relaxed)).max(0);
        self.tick_lag.set(late as f64 / 1000.0);
    }

    /// A tick read what is due and tried all of it.
    pub fn ticked(&self, elapsed: Duration) {
        self.ticked.store(ms(elapsed), Ordering::Relaxed);
    }

    pub fn tick_age(&self, elapsed: Duration) -> Duration {
        Duration::from_millis(ms(elapsed).saturating_sub(self.ticked.load(Ordering::Relaxed)))
    }

    /// So many connections to Slack are open now, in Socket Mode.
    pub fn connected(&self, open: usize, elapsed: Duration) {
        self.sockets_open.set(i64::try_from(open).unwrap_or(i64::MAX));
        let since = if open > 0 { u64::MAX } else { self.cut_off.load(Ordering::Relaxed).min(ms(elapsed)) };
        self.cut_off.store(since, Ordering::Relaxed);
    }

    /// For how long there has been no connection to Slack; nothing over HTTP, where Slack opens them.
    pub fn cut_off(&self, elapsed: Duration) -> Duration {
        Duration::from_millis(ms(elapsed).saturating_sub(self.cut_off.load(Ordering::Relaxed)))
    }

    /// A request of HTTP mode, or of the pages, is turned away.
    pub fn turns_away(&self, reason: &'static str) {
        self.refused.get_or_create(&Reason { reason }).inc();
        self.refusals.note(reason);
    }

    /// Slack sent what is another's.
    pub fn is_foreign(&self, foreign: Foreign) {
        let reason = foreign.word();
        self.foreign.get_or_create(&Reason { reason }).inc();
        self.strangers.note(reason);
    }

    pub fn stops(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

fn tell_refused(times: u64, why: &str) {
    tracing::warn!(
        event = "requests_refused",
        times,
        why,
        "requests were turned away; where signatures are wrong: is SLACK_SIGNING_SECRET this app's?"
    );
}

fn tell_foreign(times: u64, why: &str) {
    tracing::warn!(event = "not_ours", times, why, "Slack sent what is for another app or another workspace");
}

fn ms(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
