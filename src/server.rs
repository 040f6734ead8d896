//! The running bot: one ticker for what falls due, one courier for what is owed to Slack, one door for what Slack sends.

use crate::clock::Clock;
use crate::courier::{Courier, show};
use crate::rules::id::UserId;
use crate::rules::keys::Kind;
use crate::rules::teams::TeamsFile;
use crate::slack::client::{CallError, Identity, Slack};
use crate::slack::socket::{Handled, Handler, Refused, Socket};
use crate::store::{self, Db};
use crate::{flows, read_tx, write_tx};
use axum::Router;
use futures_util::FutureExt;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

mod door;
pub mod check;
pub mod database;
mod http;
mod identity;
mod large;
mod line;
mod listen;
pub mod log;
mod metrics;
pub mod operate;
mod plain;
pub mod repair;
mod rest;
mod seldom;
pub mod ticker;
mod vitals;
mod zones;
pub use http::HttpDoor;
use identity::Us;
use line::Line;
pub use operate::Ready;
pub use plain::{causes, plain};
pub use rest::Rest;
pub use ticker::Ticker;
pub use vitals::Vitals;

/// What Slack says of a person is asked for again after a day.
const PEOPLE_KEEP: i64 = 24 * 3600 * 1000;
/// New people of a teams file are looked for this often.
const PEOPLE_POLL: i64 = 60_000;
/// What Slack sent is remembered so long that it cannot come again.
const SEEN_KEEP: i64 = 7 * 24 * 3600 * 1000;
/// A stop takes this long at most; whatever is not done then is taken up again at the next start.
const STOP: Duration = Duration::from_secs(18);

/// One bot on one workspace.
#[derive(Clone)]
pub struct Unstuck {
    pub db: Db,
    pub slack: Slack,
    pub clock: Clock,
    pub workspace: String,
    pub bot_user: UserId,
    pub courier: Courier,
    pub vitals: Vitals,
    us: Us,
    line: Line,
    wake: Arc<Notify>,
}

/// How Slack reaches us.
pub enum Door {
    /// Socket Mode: so many connections, opened by us.
    Sockets(usize),
    /// Slack posts to us; whoever operates the bot may ask the other pages on the same address.
    Http(HttpDoor, Router),
}

/// Why it stopped.
#[derive(Debug)]
pub enum Stopped {
    Asked,
    Refused(Refused),
}

impl Unstuck {
    /// Asks Slack who we are; everything that follows belongs to that workspace.
    pub async fn open(db: Db, slack: Slack, clock: Clock) -> anyhow::Result<Unstuck> {
        let identity: Identity = slack.auth_test().await.map_err(|error| anyhow::anyhow!("{}", plain(&error)))?;
        let (workspace, told) = (identity.workspace.clone(), &identity);
        write_tx!(db, &workspace, clock.now(), tx => async {
            store::people::keep_workspace(tx, &told.bot_user, &told.name).await?;
            flows::trouble::token_works(tx).await
        }.await)?;
        let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        let render = Arc::new(|mut tx: store::Tx, row| {
            async move {
                let shown = show::show(&mut tx, &row).await;
                (tx, shown)
            }
            .boxed()
        });
        let vitals = Vitals::new(clock.elapsed());
        let counted = vitals.clone();
        let after = Arc::new(move |mut tx: store::Tx, row: store::message::Row| {
            // It is told once more when the message gets its link.
            if row.link.is_empty() {
                counted.post.observe((tx.now - row.due_at).max(0) as f64 / 1000.0);
            }
            async move {
                let done = show::after_shown(&mut tx, &row).await;
                (tx, done)
            }
            .boxed()
        });
        let courier = Courier::new(db.clone(), slack.clone(), clock.clone(), &workspace, &kinds, render, after);
        let (us, line) = (Us::new(&identity, &slack), Line::new(&vitals));
        let (bot_user, wake) = (UserId(identity.bot_user), Arc::default());
        let bot = Unstuck { db, slack, clock, workspace, bot_user, courier, vitals, us, line, wake };
        // Before the courier goes by it; whatever leaps from here on is noticed.
        bot.compare_clocks().await;
        bot.clock.look();
        Ok(bot)
    }

    /// Writes the teams of a file and tells what changed.
    pub async fn apply(&self, file: &TeamsFile) -> store::Result<Vec<String>> {
        let changed = write_tx!(self.db, &self.workspace, self.clock.now(), tx => flows::apply::apply(tx, file).await)?;
        self.hint();
        Ok(changed)
    }

    /// Something was committed: what it made due is looked for now.
    pub fn hint(&self) {
        self.wake.notify_one();
        self.courier.hint();
    }

    /// Runs over Socket Mode until `stop` turns true, then finishes what is on the wire.
    pub async fn run(&self, sockets: usize, stop: watch::Receiver<bool>) -> Stopped {
        self.run_behind(Door::Sockets(sockets), stop).await
    }

    /// Runs until `stop` turns true. Then all parts are told at once: the door finishes what it received while the courier
    /// finishes what is on the wire; what is owed because of it stays in the database for the next start.
    pub async fn run_behind(&self, door: Door, stop: watch::Receiver<bool>) -> Stopped {
        let (zones, release) = zones::version();
        tracing::info!(event = "zones", zones, release, "the time zones that shifts are computed with");
        let (quit, mut quitting) = watch::channel(false);
        let told = tokio::spawn({
            let (quit, vitals, mut stop) = (quit.clone(), self.vitals.clone(), stop);
            async move {
                // A caller that is gone is a stop as well.
                let _ = stop.wait_for(|stop| *stop).await;
                vitals.stops();
                quit.send_replace(true);
            }
        });
        let at_work = self.work(door, &quit);
        let too_long = async {
            let _ = quitting.wait_for(|quit| *quit).await;
            tokio::time::sleep(STOP).await;
        };
        let stopped = tokio::select! {
            stopped = at_work => stopped,
            () = too_long => {
                tracing::warn!(event = "stopped_short", "not all was finished in time; it goes on at the next start");
                Stopped::Asked
            }
        };
        told.abort();
        stopped
    }

    async fn work(&self, door: Door, quit: &watch::Sender<bool>) -> Stopped {
        let quitting = quit.subscribe();
        let ticker = tokio::spawn(self.clone().tick_on(quitting.clone()));
        let people = tokio::spawn(self.clone().follow_people(quitting.clone()));
        let identity = tokio::spawn(self.clone().follow_identity(quitting.clone()));
        let courier = tokio::spawn({
            let (courier, quitting) = (self.courier.clone(), quitting.clone());
            async move { courier.run(quitting).await }
        });
        let stopped = match door {
            Door::Sockets(sockets) => {
                let socket = self.socket(sockets);
                tokio::spawn(self.clone().follow_sockets(socket.connected()));
                match socket.run(quitting).await {
                    Ok(()) => Stopped::Asked,
                    Err(refused) => Stopped::Refused(refused),
                }
            }
            Door::Http(door, beside) => {
                self.ask_for_app().await;
                door.run(self.clone(), beside, quitting).await;
                Stopped::Asked
            }
        };
        self.vitals.stops();
        quit.send_replace(true);
        for task in [ticker, people, identity, courier] {
            if task.await.is_err() {
                tracing::error!(event = "part_panicked", "a part of the bot panicked");
            }
        }
        stopped
    }

    fn socket(&self, sockets: usize) -> Socket {
        let this = self.clone();
        let handler: Handler = Arc::new(move |envelope| {
            let this = this.clone();
            async move { this.take_in(&envelope).await }.boxed()
        });
        Socket::new(self.slack.clone(), sockets, handler)
    }

    /// Notes how many connections are open, for as long as there may be any.
    async fn follow_sockets(self, mut connected: watch::Receiver<usize>) {
        loop {
            let open = *connected.borrow_and_update();
            self.vitals.connected(open, self.clock.elapsed());
            if connected.changed().await.is_err() {
                return;
            }
        }
    }

    /// What Slack sent, by either door: its effect is committed when this returns, and how long that took is counted.
    async fn take_in(&self, envelope: &Value) -> anyhow::Result<Handled> {
        let began = self.clock.elapsed();
        let handled = self.receive(envelope).await.map_err(|error| anyhow::anyhow!(causes(&error)));
        match handled {
            Ok(_) => self.vitals.ack.observe(self.clock.elapsed().saturating_sub(began).as_secs_f64()),
            Err(_) => drop(self.vitals.unacknowledged.inc()),
        }
        handled
    }

    async fn tick_on(self, mut stop: watch::Receiver<bool>) {
        let mut ticker = Ticker::new(self.clone());
        while !*stop.borrow() {
            let until = ticker.turn().await;
            tokio::select! {
                () = self.clock.sleep_until(until) => {}
                () = self.wake.notified() => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// When anything of the day falls due next; None when the database cannot say.
    pub async fn next_due(&self) -> Option<i64> {
        let due = read_tx!(self.db, &self.workspace, self.clock.now(), tx => flows::due::next(tx).await);
        let due = due.ok().flatten();
        self.vitals.expects(due);
        due
    }

    /// Everything that is due now, each thing in a transaction of its own: one that fails does not delay the others.
    /// Tells whether all of it could be done.
    pub async fn tick(&self) -> bool {
        let now = self.clock.now();
        let due = match read_tx!(self.db, &self.workspace, now, tx => flows::due::now(tx).await) {
            Ok(due) => due,
            Err(failure) => {
                tracing::error!(event = "tick_failed", %failure, "the ticker cannot read what is due");
                return false;
            }
        };
        self.vitals.begins(now);
        let mut all = true;
        for one in &due {
            let done = write_tx!(self.db, &self.workspace, now, tx => flows::due::run(tx, one).await);
            if let Err(failure) = done {
                tracing::error!(event = "due_failed", %failure, due = ?one, "what is due cannot be done");
                all = false;
            }
        }
        if !due.is_empty() {
            self.courier.hint();
        }
        self.vitals.ticked(self.clock.elapsed());
        all
    }

    async fn follow_people(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            // It reads from Slack and can take long; nothing is lost when it is cut off.
            let asked = tokio::select! {
                asked = self.ask_for_people() => asked,
                _ = stop.changed() => return,
            };
            if let Err(failure) = asked {
                tracing::warn!(event = "people_not_asked_for", %failure, "people could not be asked for");
            }
            let now = self.clock.now();
            let pruned =
                write_tx!(self.db, &self.workspace, now, tx => flows::people::forget(tx, now - SEEN_KEEP).await);
            if let Err(failure) = pruned {
                tracing::warn!(event = "seen_not_pruned", %failure, "old payloads could not be forgotten");
            }
            tokio::select! {
                () = self.clock.sleep_until(now + PEOPLE_POLL) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Names and zones of everybody whom the teams name.
    pub async fn ask_for_people(&self) -> store::Result<()> {
        let before = self.clock.now() - PEOPLE_KEEP;
        let ids = read_tx!(self.db, &self.workspace, self.clock.now(), tx => store::people::people_to_ask_for(tx, before).await)?;
        for id in &ids {
            // The rest is asked for a minute later.
            let users_info = &store::pace::method("users.info");
            let now = self.clock.now();
            let paced = write_tx!(self.db, &self.workspace, now, tx => store::pace::take(tx, users_info).await)?;
            if paced.is_err() {
                return Ok(());
            }
            match self.slack.user(id.as_str()).await {
                Ok(person) => {
                    let (person, now) = (&person, self.clock.now());
                    write_tx!(self.db, &self.workspace, now, tx =>
                        flows::people::keep(tx, id, &person.name, &person.tz, person.deleted).await)?;
                    self.hint();
                }
                Err(CallError::RateLimited(_)) => return Ok(()),
                Err(error) => {
                    tracing::warn!(event = "person_not_told", person = %id, %error, "Slack does not tell about a person of the teams");
                }
            }
        }
        Ok(())
    }
}

/// `unstuck apply` beside a running bot, or without one.
pub async fn apply(db: &Db, slack: Option<&Slack>, file: &TeamsFile) -> anyhow::Result<Vec<String>> {
    let now = Clock::system().now();
    let (workspace, new) = repair::workspace(db, slack, now).await?;
    let new = new.as_ref();
    let mut changed = write_tx!(db, &workspace, now, tx => async {
        if let Some(told) = new {
            store::people::keep_workspace(tx, &told.bot_user, &told.name).await?;
        }
        flows::apply::apply(tx, file).await
    }.await)?;
    if changed.is_empty() {
        changed.push("nothing to change".to_owned());
    }
    Ok(changed)
}

/// SIGTERM or Ctrl-C.
pub async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
