//! How many payloads are dealt with at once. The others wait in line, outside the database's own:
//! so that ticker and courier come to it between them, however much Slack sends in one instant.
//! What has waited so long that Slack has given it up is not begun: it comes again, and whoever
//! stands behind it is in time.

use super::Unstuck;
use super::vitals::{Payloads, Vitals};
use crate::rules::id::UserId;
use crate::slack::socket::DEADLINE;
use prometheus_client::metrics::gauge::Gauge;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Fewer than PostgreSQL's connections of a process. SQLite writes one after the other anyway.
const HANDS: usize = 8;
/// Of one person so many at once: whoever sends a lot waits for themself, and nobody else does.
const EACH: usize = 2;

/// Cheap to clone: all clones stand in the same line.
#[derive(Clone)]
pub(super) struct Line {
    hands: Arc<Semaphore>,
    /// Of whoever has something in line.
    own: Arc<Mutex<HashMap<UserId, Arc<Semaphore>>>>,
    waiting: Gauge,
    at_work: Gauge,
}

/// Somebody's turn, until it is dropped.
pub(super) struct Turn {
    _hand: OwnedSemaphorePermit,
    _own: Option<OwnedSemaphorePermit>,
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
        let hands = Arc::new(Semaphore::new(HANDS));
        Line { hands, own: Arc::default(), waiting: figure("waiting"), at_work: figure("at_work") }
    }

    fn own(&self, who: &UserId) -> Arc<Semaphore> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.retain(|_, turns| Arc::strong_count(turns) > 1);
        own.entry(who.clone()).or_insert_with(|| Arc::new(Semaphore::new(EACH))).clone()
    }
}

impl Unstuck {
    /// `who`: in whose name it comes, if in anybody's.
    pub(super) async fn turn(&self, who: Option<&UserId>) -> anyhow::Result<Turn> {
        let waiting = Counted::begin(&self.line.waiting);
        let line = &self.line;
        let both = async {
            let own = match who {
                Some(who) => Some(line.own(who).acquire_owned().await?),
                None => None,
            };
            Ok::<_, AcquireError>((own, line.hands.clone().acquire_owned().await?))
        };
        let came = timeout(DEADLINE, both).await;
        drop(waiting);
        match came {
            Ok(Ok((own, hand))) => Ok(Turn { _hand: hand, _own: own, _at_work: Counted::begin(&line.at_work) }),
            _ => anyhow::bail!("more came at once than could be dealt with in time"),
        }
    }
}
