//! One process of the bot, stepped from outside: its ticker, and workers whose work lies in the open between its phases.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use unstuck::clock::Clock;
use unstuck::courier::{Carried, Courier, Held, show};
use unstuck::rules::keys::Kind;
use unstuck::rules::steady::SKEW_HOLD;
use unstuck::server::Unstuck;
use unstuck::server::ticker::Ticker;
use unstuck::slack::client::Slack;
use unstuck::store::message::Preference;
use unstuck::store::{self, Db, Tx};

/// What a worker holds. To drop it is a crash; to keep it while the time goes on is a freeze.
pub enum Work {
    Nothing,
    Held(Held),
    /// Stopped between the look at the rows and the wire.
    Rendering {
        task: JoinHandle<store::Result<Carried>>,
        go: oneshot::Sender<()>,
        held: Held,
    },
    Carried(Carried, Held),
}

pub struct Worker {
    pub prefer: Preference,
    pub work: Work,
    /// Frozen until then.
    pub until: i64,
}

pub struct Replica {
    pub bot: Unstuck,
    pub ticker: Ticker,
    pub workers: Vec<Worker>,
    /// The ticker has nothing to do before, as far as it knows.
    pub tick_at: i64,
    /// Something was committed since the ticker looked.
    pub hinted: bool,
    /// The courier has nothing to do before.
    pub claim_at: i64,
    gate: Gate,
}

/// Where a rendering stops when it is told to.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<Option<Stop>>>);

/// Tells that somebody has come to the gate, and lets them go on.
type Stop = (oneshot::Sender<()>, oneshot::Receiver<()>);

impl Gate {
    fn take(&self) -> Option<Stop> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, stop: Stop) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop);
    }
}

impl Replica {
    /// A process that starts: nothing is left of an earlier one but the database. Connections say nothing and are kept,
    /// because new ones are dear; one that was in a transaction is closed with it.
    pub async fn start(db: Db, slack: Slack, clock: Clock) -> anyhow::Result<Replica> {
        let mut bot = Unstuck::open(db, slack, clock).await?;
        let gate = Gate::default();
        bot.courier = courier(&bot, gate.clone());
        let worker = |prefer| Worker { prefer, work: Work::Nothing, until: 0 };
        let workers = vec![worker(Preference::Posts), worker(Preference::Edits)];
        Ok(Replica { ticker: Ticker::new(bot.clone()), bot, workers, tick_at: 0, hinted: false, claim_at: 0, gate })
    }

    /// Lets a worker carry what it holds, but stops it between the look at the rows and the wire if it comes to that.
    pub async fn carry_to_the_wire(&self, held: Held) -> store::Result<Work> {
        let (arrived, arrives) = oneshot::channel();
        let (go, gone) = oneshot::channel();
        self.gate.set((arrived, gone));
        let courier = self.bot.courier.clone();
        let kept = held.clone();
        let mut task = tokio::spawn(async move { courier.carry(kept).await });
        tokio::select! {
            biased;
            Ok(()) = arrives => Ok(Work::Rendering { task, go, held }),
            done = &mut task => {
                self.gate.take();
                Ok(Work::Carried(done.map_err(lost)??, held))
            }
        }
    }

    /// Its clock is so far from the database's that it does nothing by the time.
    pub fn is_apart(&self) -> bool {
        self.bot.clock.ahead().is_some_and(|ahead| ahead.abs() >= SKEW_HOLD)
    }

    /// It is gone, with all that its workers held.
    pub async fn die(self) {
        for worker in self.workers {
            if let Work::Rendering { task, .. } = worker.work {
                task.abort();
                let _ = task.await;
            }
        }
    }
}

pub fn lost(error: tokio::task::JoinError) -> store::Failure {
    store::Failure::Decode(format!("a worker is gone: {error}"))
}

/// The bot's own courier, with a place to stop in.
fn courier(bot: &Unstuck, gate: Gate) -> Courier {
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
    let render = Arc::new(move |mut tx: Tx, row| {
        let gate = gate.clone();
        async move {
            let shown = show::show(&mut tx, &row).await;
            if let Some((arrived, gone)) = gate.take() {
                // Whoever waits may be gone: then there is nothing to stop for.
                if arrived.send(()).is_ok() {
                    let _ = gone.await;
                }
            }
            (tx, shown)
        }
        .boxed()
    });
    let after = Arc::new(|mut tx: Tx, row| {
        async move {
            let done = show::after_shown(&mut tx, &row).await;
            (tx, done)
        }
        .boxed()
    });
    Courier::new(bot.db.clone(), bot.slack.clone(), bot.clock.clone(), &bot.workspace, &kinds, render, after)
}
