//! How many payloads are dealt with at once. The others wait in line, outside the database's own:
//! so that ticker and courier come to it between them, however much Slack sends in one instant.
//! What has waited so long that Slack has given it up is not begun: it comes again, and whoever
//! stands behind it is in time.

use super::Unstuck;
use super::vitals::{Payloads, Vitals};
use crate::slack::socket::DEADLINE;
use prometheus_client::metrics::gauge::Gauge;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Fewer than PostgreSQL's connections of a process. SQLite writes one after the other anyway.
const HANDS: usize = 8;

/// Cheap to clone: all clones stand in the same line.
#[derive(Clone)]
pub(super) struct Line {
    hands: Arc<Semaphore>,
    waiting: Gauge,
    at_work: Gauge,
}

/// Somebody's turn, until it is dropped.
pub(super) struct Turn {
    _hand: OwnedSemaphorePermit,
    _at_work: Counted,
}

struct Counted(Gauge);

impl Counted {
    fn begin(gauge: &Gauge) -> Counted {
        gauge.inc();
        Counted(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Line {
    pub(super) fn new(vitals: &Vitals) -> Line {
        let figure = |state| vitals.payloads.get_or_create(&Payloads { state }).clone();
        Line { hands: Arc::new(Semaphore::new(HANDS)), waiting: figure("waiting"), at_work: figure("at_work") }
    }
}

impl Unstuck {
    pub(super) async fn turn(&self) -> anyhow::Result<Turn> {
        let waiting = Counted::begin(&self.line.waiting);
        let came = timeout(DEADLINE, self.line.hands.clone().acquire_owned()).await;
        drop(waiting);
        match came {
            Ok(Ok(hand)) => Ok(Turn { _hand: hand, _at_work: Counted::begin(&self.line.at_work) }),
            _ => anyhow::bail!("more came at once than could be dealt with in time"),
        }
    }
}
