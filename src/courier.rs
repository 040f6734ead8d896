//! The only code that posts. It takes no input but the database: claim a row, carry it to Slack, settle what came of it.
//! First try, retry, crash recovery and take-over by another replica are this one path. Between its three phases a worker
//! holds nothing but a value: whoever drops it has crashed, whoever keeps it was frozen.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::rules::id::{MessageKey, Ts};
use crate::rules::message::{Event, State};
use crate::slack::client::Slack;
use crate::store::message::{self, Preference, Row, Work};
use crate::store::{Db, Failure, Result, Tx};
use crate::{glance, write_tx};

pub mod show;
mod look;
mod send;

/// The mechanism is to look; a hint only makes it sooner.
const POLL: i64 = 5_000;
/// Work that is due and held up by somebody else's claim is looked at again so soon.
const NAP: i64 = 250;
/// After the database failed.
const PAUSE: Duration = Duration::from_secs(1);
/// A call is given up after ten seconds; settling it takes less than the rest.
const DRAIN: Duration = Duration::from_secs(15);

/// So many calls at once: a shift of fifty is asked within two seconds when an answer of Slack's takes a fifth of one.
const WORKERS: usize = 6;
/// So many of them look at edits first, so that neither posts nor edits wait behind a crowd of the other.
const EDITORS: usize = 2;

/// What a document says at this moment.
#[derive(Clone, Debug)]
pub enum Shown {
    Document(Vec<Part>),
    /// It is no longer to be sent, and why. What stands in Slack already is left as it is.
    NotOwed(String),
}

/// One Slack message of a document.
#[derive(Clone, Debug)]
pub struct Part {
    /// '' is the main part.
    pub name: String,
    pub text: String,
    pub blocks: Value,
    /// It goes into the thread of the main part.
    pub thread: bool,
}

/// Reads the current rows and finds the words; a transaction goes in and comes back.
pub type Show = Arc<dyn Fn(Tx, Row) -> BoxFuture<'static, (Tx, Result<Shown>)> + Send + Sync>;
/// Told, in the transaction that settles it, that a message now stands in Slack or has got its link: raises what names it.
pub type AfterShown = Arc<dyn Fn(Tx, Row) -> BoxFuture<'static, (Tx, Result<()>)> + Send + Sync>;

#[derive(Clone)]
pub struct Courier {
    pub db: Db,
    pub slack: Slack,
    pub clock: Clock,
    pub workspace: String,
    kinds: String,
    show: Show,
    after_shown: AfterShown,
    wake: Arc<Notify>,
    pieces: Arc<Pieces>,
}

/// Pieces of work of this process, from claim to settle.
#[derive(Debug, Default)]
struct Pieces {
    begun: AtomicU64,
    ended: AtomicU64,
}

/// One of them, while it lasts.
#[derive(Debug)]
struct UnderWay(Arc<Pieces>);

impl UnderWay {
    fn new(pieces: &Arc<Pieces>) -> UnderWay {
        pieces.begun.fetch_add(1, Ordering::SeqCst);
        UnderWay(pieces.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

/// What one step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing can be done now; something falls due then.
    Idle {
        next_due: Option<i64>,
    },
    /// Rows that were left behind became doubtful, wanted again or dead.
    Swept(usize),
    Worked {
        key: MessageKey,
        to: CameTo,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameTo {
    State(State),
    /// Too long after the claim to send anything; somebody else may hold it.
    Late,
    /// The claim went to somebody else meanwhile.
    Lost,
}

/// What a worker found to do.
#[derive(Clone, Debug)]
pub enum Claim {
    /// Nothing can be done now; something falls due then.
    Idle {
        next_due: Option<i64>,
    },
    /// So many rows that were left behind became doubtful, wanted again or dead.
    Swept(usize),
    Held(Held),
}

/// A claim that was committed and not carried yet.
#[derive(Clone, Debug)]
pub struct Held {
    work: Box<Work>,
    /// Read before the claim: the trust window may only be too short.
    since: Duration,
    under_way: Arc<UnderWay>,
}

/// What came of a claim in Slack, and nobody has written down yet.
#[derive(Clone, Debug)]
pub enum Carried {
    /// Nothing was called: the claim is too old, or somebody else's.
    Left(CameTo),
    Answered(Box<Answered>),
}

/// How Slack answered, or that it was not asked.
#[derive(Clone, Debug)]
pub struct Answered {
    /// As it was rendered or looked for.
    row: Row,
    event: Event,
    /// The document, where one was rendered.
    parts: Vec<Part>,
    /// It showed what it should already, so that its edit was not sent.
    unsent: bool,
    /// Copies that go once this is settled, where they stand.
    extras: Vec<(String, Ts)>,
}

impl Held {
    pub fn row(&self) -> &Row {
        match self.work.as_ref() {
            Work::Post(row) | Work::Edit(row) | Work::Look(row) => row,
        }
    }

    pub fn work(&self) -> &Work {
        &self.work
    }
}

impl Carried {
    fn answered(row: Row, event: Event) -> Carried {
        Carried::document(row, event, Vec::new())
    }

    fn document(row: Row, event: Event, parts: Vec<Part>) -> Carried {
        Carried::Answered(Box::new(Answered { row, event, parts, unsent: false, extras: Vec::new() }))
    }
}

impl Courier {
    /// `kinds`: the kinds of message that `show` knows; others are left to whoever knows them. None: all.
    pub fn new(
        db: Db,
        slack: Slack,
        clock: Clock,
        workspace: &str,
        kinds: &[&str],
        show: Show,
        after_shown: AfterShown,
    ) -> Courier {
        let kinds = if kinds.is_empty() { String::new() } else { format!(",{},", kinds.join(",")) };
        let (wake, pieces) = (Arc::new(Notify::new()), Arc::default());
        Courier { db, slack, clock, workspace: workspace.to_owned(), kinds, show, after_shown, wake, pieces }
    }

    /// How many pieces of work this process has begun, if none of them is under way. The rows alone do not tell: a message
    /// that is looked for waits in them like one that nobody looks for.
    pub fn at_rest(&self) -> Option<u64> {
        let ended = self.pieces.ended.load(Ordering::SeqCst);
        let begun = self.pieces.begun.load(Ordering::SeqCst);
        (begun == ended).then_some(begun)
    }

    /// Something may be due: call it after a commit.
    pub fn hint(&self) {
        self.wake.notify_one();
    }

    /// Works until `stop` turns true, then finishes what is on the wire.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut workers = JoinSet::new();
        for worker in 0..WORKERS {
            let prefer = if worker < EDITORS { Preference::Edits } else { Preference::Posts };
            workers.spawn(self.clone().work(prefer, stop.clone()));
        }
        // A sender that is gone is a stop as well.
        let _ = stop.wait_for(|stop| *stop).await;
        let finished = async { while workers.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, finished).await.is_err() {
            tracing::warn!(
                event = "courier_cut_off",
                "the courier was stopped in the middle of a call; the message will be looked for"
            );
        }
    }

    async fn work(self, prefer: Preference, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() && stop.has_changed().is_ok() {
            let step = AssertUnwindSafe(self.step_as(prefer)).catch_unwind().await;
            let wait = match step {
                Ok(Ok(Step::Idle { next_due })) => self.idle(next_due).boxed(),
                Ok(Ok(Step::Swept(_) | Step::Worked { .. })) => {
                    // Where one found work there may be more for the other.
                    self.wake.notify_one();
                    continue;
                }
                Ok(Err(failure)) => {
                    tracing::error!(event = "courier_failed", %failure, "the courier cannot work");
                    tokio::time::sleep(PAUSE).boxed()
                }
                Err(_) => {
                    tracing::error!(
                        event = "courier_panicked",
                        "the courier panicked; its message will be taken up again"
                    );
                    tokio::time::sleep(PAUSE).boxed()
                }
            };
            tokio::select! {
                () = wait => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn idle(&self, next_due: Option<i64>) {
        let now = self.clock.now();
        let until = match next_due {
            Some(due) if due <= now => now + NAP,
            Some(due) => due.min(now + POLL),
            None => now + POLL,
        };
        tokio::select! {
            () = self.wake.notified() => {}
            () = self.clock.sleep_until(until) => {}
        }
    }

    /// When the courier has something to do again.
    pub async fn next_due(&self) -> Result<Option<i64>> {
        glance!(self.db, &self.workspace, self.clock.now(), tx => message::next_due(tx, &self.kinds).await)
    }

    /// One piece of work from claim to settle.
    pub async fn step(&self) -> Result<Step> {
        self.step_as(Preference::Posts).await
    }

    async fn step_as(&self, prefer: Preference) -> Result<Step> {
        let held = match self.claim(prefer).await? {
            Claim::Idle { next_due } => return Ok(Step::Idle { next_due }),
            Claim::Swept(rows) => return Ok(Step::Swept(rows)),
            Claim::Held(held) => held,
        };
        let key = held.row().key.clone();
        let _until_settled = held.under_way.clone();
        let carried = self.carry(held).await?;
        let to = self.settle(carried).await?;
        Ok(Step::Worked { key, to })
    }

    /// First phase: sweeps what was left behind and takes one piece of work, in one transaction. Whoever finds nothing to do
    /// takes no turn of SQLite's one writer.
    pub async fn claim(&self, prefer: Preference) -> Result<Claim> {
        // By a clock that jumped, nothing is late or early.
        let Some((now, since)) = self.clock.trusted() else {
            return Ok(Claim::Idle { next_due: Some(self.clock.now() + POLL) });
        };
        let next_due = self.next_due().await?;
        if next_due.is_none_or(|due| due > now) {
            return Ok(Claim::Idle { next_due });
        }
        let under_way = Arc::new(UnderWay::new(&self.pieces));
        let claimed = match write_tx!(self.db, &self.workspace, now, tx => message::claim(tx, &self.kinds, prefer).await)
        {
            // Others are quicker; there may be something left after them.
            Err(Failure::Conflict) => return Ok(Claim::Idle { next_due: Some(now) }),
            claimed => claimed?,
        };
        for row in &claimed.swept {
            tracing::warn!(event = "message_swept", key = %row.key, state = row.progress.state.as_str(), why = row.progress.last_error, "swept");
        }
        Ok(match claimed.work {
            Some(work) => Claim::Held(Held { work: Box::new(work), since, under_way }),
            None if !claimed.swept.is_empty() => Claim::Swept(claimed.swept.len()),
            // Others were quicker, or hold it up.
            None => Claim::Idle { next_due },
        })
    }

    /// Second phase: Slack is asked to show it, or whether it does. No transaction is open meanwhile.
    pub async fn carry(&self, held: Held) -> Result<Carried> {
        match *held.work {
            Work::Post(row) | Work::Edit(row) => self.send(row, held.since).await,
            Work::Look(row) => self.look(row).await,
        }
    }

    /// Third phase: writes what came of it, if the claim is still ours, and removes what is one too many.
    pub async fn settle(&self, carried: Carried) -> Result<CameTo> {
        match carried {
            Carried::Left(to) => Ok(to),
            Carried::Answered(answered) => self.settle_answered(*answered).await,
        }
    }
}
