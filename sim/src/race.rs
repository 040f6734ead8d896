//! Everybody acts at once: two processes on one database take in the same second what eight people press on one help thread, while
//! both couriers carry what is owed and an operator at each changes the teams file. One of those who press has it, the others are told
//! who, and nobody meets a locked database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, ensure};
use sandbox::{Delivery, Message, Parcel, Sandbox, Setup};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use unstuck::clock::Clock;
use unstuck::config;
use unstuck::courier::Step;
use unstuck::rules::teams::TeamsFile;
use unstuck::server::Unstuck;
use unstuck::slack::client::{Slack, Token};
use unstuck::slack::socket::Handled;
use unstuck::store::Db;

use crate::database::{Database, Place};
use crate::kill::place;

const MINUTE: i64 = 60_000;
const ASKER: &str = "U0ANA";
const TAKERS: [&str; 4] = ["U0BEN", "U0CLEO", "U0DEE", place::MANAGER];
/// An impatient finger.
const PRESSES: usize = 2;
/// How often an operator changes the teams file while people press. A press and such a change write before they read, so that SQLite
/// would let them wait even in a deferred transaction; a courier's claim reads first.
const CHANGES: usize = 8;
const OBSERVER: &str = "U0EVE";

struct Scene {
    slack: Sandbox,
    clock: Clock,
    bots: [Unstuck; 2],
    database: Database,
    /// The teams file without an observer, and with one.
    files: [TeamsFile; 2],
}

/// So many rounds of eight presses. The error names the promise that was broken.
pub async fn race(place: &Place, rounds: u64) -> Result<u64, String> {
    let scene = Scene::open(place).await.map_err(|error| format!("the race itself: {error:#}"))?;
    let raced = scene.rounds(rounds).await;
    scene.close().await;
    raced
}

impl Scene {
    /// Ana is stuck, and her help thread stands in the channel.
    async fn open(place: &Place) -> anyhow::Result<Scene> {
        let date = jiff::civil::date(2026, 5, 18);
        let clock = Clock::frozen(place::instant(date, 5, 55));
        let shared = clock.clone();
        let now = Arc::new(move || shared.now());
        let setup = Setup { now, delivery: Delivery::ByHand, ..Setup::new(place::workspace()) };
        let slack = Sandbox::start(setup).await?;
        let database = Database::new(place, place::WORKSPACE).await?;
        let bots = [open(&slack, &database, &clock).await?, open(&slack, &database, &clock).await?];
        let file = config::parse(&place::teams()).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        bots[0].apply(&file).await?;
        bots[0].ask_for_people().await?;
        let mut with_observer = file.clone();
        with_observer.teams[0].observers.push(OBSERVER.to_owned());
        let scene = Scene { slack, clock, bots, database, files: [file, with_observer] };
        scene.live(6).await?;
        let dm = scene.slack.dm(ASKER);
        let says = |text: &str| scene.slack.says(ASKER, &dm, text).map_err(|refused| anyhow::anyhow!("{refused:?}"));
        says("Call the customer back")?;
        scene.live(1).await?;
        scene.presses(ASKER, &dm, "I'm stuck").await?;
        says("The invoice does not open")?;
        scene.live(1).await?;
        scene.presses(ASKER, &dm, "More than a minute").await?;
        // The window closes, the digest posts, and the help thread after it.
        scene.live(10).await?;
        scene.card()?;
        Ok(scene)
    }

    /// Some minutes, half a minute at a time.
    async fn live(&self, minutes: i64) -> anyhow::Result<()> {
        for _ in 0..minutes * 2 {
            self.clock.step_to(self.clock.now() + MINUTE / 2);
            self.deliver().await?;
            ensure!(self.bots[0].tick().await, "the tick failed");
            while !matches!(self.bots[0].courier.step().await?, Step::Idle { .. }) {}
        }
        Ok(())
    }

    async fn deliver(&self) -> anyhow::Result<()> {
        for parcel in self.parcels() {
            self.acknowledges(&parcel.id, self.bots[0].receive(&parcel.envelope).await?).await;
        }
        Ok(())
    }

    /// Then whoever pressed is told what only they see.
    async fn acknowledges(&self, id: &str, handled: Handled) {
        self.slack.acknowledged(id, handled.payload);
        if let Some(after) = handled.after {
            after.await;
        }
    }

    fn parcels(&self) -> Vec<Parcel> {
        self.slack.outbox().iter().filter_map(|parcel| self.slack.takes(&parcel.id)).collect()
    }

    async fn presses(&self, who: &str, channel: &str, label: &str) -> anyhow::Result<()> {
        let messages = self.slack.history(who, channel);
        let act = messages.iter().rev().find_map(|message| message.press(label));
        let act = act.with_context(|| format!("{who} sees no button {label}"))?;
        self.slack.begins_act(who, &act).map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        self.live(1).await
    }

    fn card(&self) -> anyhow::Result<Message> {
        let messages = self.slack.history(ASKER, place::TEAMS[0].channel);
        let found = messages.into_iter().rev().find(|message| {
            let key = message.metadata.as_ref().and_then(|metadata| metadata["event_payload"]["key"].as_str());
            key.is_some_and(|key| key.starts_with("help:"))
        });
        found.context("there is no help thread")
    }

    async fn close(self) {
        for bot in &self.bots {
            bot.db.close().await;
        }
        self.slack.stop().await;
        self.database.close().await;
    }

    async fn rounds(&self, rounds: u64) -> Result<u64, String> {
        let mut pressed = 0;
        for round in 1..=rounds {
            pressed += self.round(round).await?;
        }
        Ok(pressed)
    }

    /// All act at once; then whoever has it hands it back.
    async fn round(&self, round: u64) -> Result<u64, String> {
        let itself = |error: anyhow::Error| format!("the race itself: {error:#}");
        let card = self.card().map_err(itself)?;
        let heard = TAKERS.map(|who| self.slack.ephemerals(who).len());
        for who in TAKERS.iter().cycle().take(TAKERS.len() * PRESSES) {
            let act = card.press("I'll take this").ok_or_else(|| format!("no button in: {}", card.plain()))?;
            self.slack.begins_act(who, &act).map_err(|refused| format!("{refused:?}"))?;
        }
        let pressed = self.all_at_once().await?;
        let takers = self.takers().await.map_err(itself)?;
        if takers.len() as u64 != round {
            return Err(format!("P4 one owner: in {round} rounds {} people took it: {takers:?}", takers.len()));
        }
        let taker = takers.last().cloned().unwrap_or_default();
        self.others_were_told(&taker, heard)?;
        self.live(1).await.map_err(itself)?;
        self.presses(&taker, place::TEAMS[0].channel, "Hand back").await.map_err(itself)?;
        self.live(1).await.map_err(itself)?;
        Ok(pressed)
    }

    /// Each press of each of them, and whoever has it needs to be told nothing.
    fn others_were_told(&self, taker: &str, heard: [usize; TAKERS.len()]) -> Result<(), String> {
        for (who, heard) in TAKERS.into_iter().zip(heard) {
            let lines: Vec<String> = self.slack.ephemerals(who).iter().skip(heard).map(Message::plain).collect();
            // People are called by their ids.
            let fine = lines.iter().all(|line| line.contains(&taker[2..]));
            if !fine || lines.len() != if who == taker { 0 } else { PRESSES } {
                return Err(format!("P4 one owner: {taker} has it, and {who} was told {lines:?}"));
            }
        }
        Ok(())
    }

    /// What was pressed, both couriers and both operators, from one instant on; gives how many presses were taken in.
    async fn all_at_once(&self) -> Result<u64, String> {
        let parcels = self.parcels();
        let start = Arc::new(Barrier::new(parcels.len() + 2 * self.bots.len()));
        let mut presses = JoinSet::new();
        for (number, parcel) in parcels.into_iter().enumerate() {
            let (bot, start) = (self.bots[number % self.bots.len()].clone(), start.clone());
            presses.spawn(async move {
                start.wait().await;
                (parcel.id, bot.receive(&parcel.envelope).await)
            });
        }
        let (mut others, over) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
        for (number, bot) in self.bots.iter().enumerate() {
            others.spawn(courier_works(bot.clone(), start.clone(), over.clone()));
            let mut files = self.files.clone();
            files.rotate_left(number);
            others.spawn(operator_changes(bot.clone(), files, start.clone()));
        }
        let mut pressed = 0;
        while let Some(done) = presses.join_next().await {
            let (id, received) = done.map_err(|error| format!("P4 one owner: a press panicked: {error}"))?;
            self.acknowledges(&id, received.map_err(|error| failed("a press", &error))?).await;
            pressed += 1;
        }
        over.store(true, Ordering::SeqCst);
        while let Some(done) = others.join_next().await {
            done.map_err(|error| format!("P10 same on both databases: somebody panicked: {error}"))??;
        }
        Ok(pressed)
    }

    /// Who took it, in order, by the journal.
    async fn takers(&self) -> anyhow::Result<Vec<String>> {
        let order = format!("from journal where what = 'taken' order by at, {}", self.database.written());
        Ok(self.database.rows(&["actor"], order).await?.into_iter().flatten().collect())
    }
}

async fn open(slack: &Sandbox, database: &Database, clock: &Clock) -> anyhow::Result<Unstuck> {
    let token = |text: &str| Token::new(text);
    let client = Slack::new(&slack.api_url(), token(place::BOT_TOKEN), Some(token(place::APP_TOKEN)))?;
    Unstuck::open(Db::open(&database.url).await?, client, clock.clone()).await
}

/// Until all presses are taken in and nothing is left to carry at this moment.
async fn courier_works(bot: Unstuck, start: Arc<Barrier>, over: Arc<AtomicBool>) -> Result<(), String> {
    start.wait().await;
    loop {
        let over = over.load(Ordering::SeqCst);
        let step = bot.courier.step().await.map_err(|error| failed("a courier", &error.into()))?;
        if over && matches!(step, Step::Idle { .. }) {
            return Ok(());
        }
    }
}

async fn operator_changes(bot: Unstuck, files: [TeamsFile; 2], start: Arc<Barrier>) -> Result<(), String> {
    start.wait().await;
    for file in files.iter().cycle().take(CHANGES) {
        bot.apply(file).await.map_err(|error| failed("an operator's change of the teams file", &error.into()))?;
    }
    Ok(())
}

fn failed(what: &str, error: &anyhow::Error) -> String {
    format!("P10 same on both databases: {what} failed: {error:#}")
}
