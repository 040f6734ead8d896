//! One world: a sandbox, a database, a clock, people, and the real program, which is struck again and again.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::civil::Date;
use sandbox::{Sandbox, Setup};
use tokio::time::sleep;

use super::figures::Figures;
use super::people::People;
use super::place::{self, APP_TOKEN, BOT_TOKEN, TEAMS};
use super::program::{Launch, Replica};
use super::record::Record;
use super::time::{REREAD, Time};
use super::trouble::{self, Moment};
use super::{Blow, Plan, tomorrow};
use crate::chance::Chance;
use crate::database::Home;

/// While a program works, so much of its time goes by in each of these.
const PULSE: Duration = Duration::from_millis(100);
const PULSE_MS: i64 = 4_000;
/// What must show at Slack comes soon, or not at all.
const SIGHT: Duration = Duration::from_millis(400);
/// A connection takes some tens of milliseconds, unless Slack refuses the first.
const CONNECTION: Duration = Duration::from_millis(1_500);
/// With no faults left everything comes to rest within this.
const PATIENCE: Duration = Duration::from_secs(40);
/// The day's first prompts come within this, or the first blow comes before them.
const DAWN: Duration = Duration::from_secs(4);
/// After the blows people go on so many times.
const STRAGGLERS: usize = 5;
/// What the program promises for a SIGTERM.
const DRAIN: Duration = Duration::from_secs(20);
/// So often is a program killed at the start of a world.
const BIRTHS: usize = 4;
const MINUTE: i64 = 60_000;
/// A stuck without a size counts as a long one after five minutes, and ten after that every doubt has had its last look.
const QUIET: i64 = 25 * MINUTE;

pub struct World {
    pub slack: Sandbox,
    pub database: Home,
    pub time: Time,
    pub record: Record,
    pub figures: Figures,
    pub(super) date: Date,
    pub(super) people: People,
    chance: Chance,
    blows: Vec<Blow>,
    replicas: Vec<Replica>,
    applied: bool,
    /// A newer build was at the database.
    newer: bool,
    folder: Option<tempfile::TempDir>,
}

impl World {
    pub async fn new(plan: &Plan, mut chance: Chance, name: &str) -> anyhow::Result<World> {
        let folder = tempfile::Builder::new().prefix("unstuck-kill-").tempdir()?;
        // Some years have passed when the last world ends; the seed chooses where a world begins.
        let date = Date::constant(2026, 1, 1).saturating_add(jiff::Span::new().days(chance.between(0, 700)));
        let time = Time::starting_at(folder.path(), place::instant(date, 5, 58))?;
        let slack = Sandbox::start(Setup { now: time.shared(), ..Setup::new(place::workspace()) }).await?;
        let database = Home::new(&plan.place, folder.path(), name).await?;
        std::fs::write(folder.path().join("teams.toml"), place::teams())?;
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let settings = vec![
            set("DATABASE_URL", &database.url),
            set("SLACK_API_URL", &slack.api_url()),
            set("SLACK_BOT_TOKEN", BOT_TOKEN),
            set("SLACK_APP_TOKEN", APP_TOKEN),
            set("UNSTUCK_CLOCK", &time.file().display().to_string()),
            set("RUST_LOG", "warn,unstuck=info"),
        ];
        let launch = Launch { programs: plan.programs.clone(), folder: folder.path().to_owned(), settings };
        let people = People::new(slack.clone(), chance.split());
        let figures = Figures { worlds: 1, ..Figures::default() };
        let (blows, record) = (plan.blows.clone(), Record::default());
        let replicas = (0..plan.replicas).map(|number| Replica::new(number, launch.clone())).collect();
        let (applied, newer, folder) = (false, false, Some(folder));
        Ok(World {
            slack,
            database,
            time,
            record,
            figures,
            date,
            people,
            chance,
            blows,
            replicas,
            applied,
            newer,
            folder,
        })
    }

    /// One day: so many blows while people answer, then quiet, and everything is checked; ends on the eve of the next.
    pub async fn day(&mut self, blows: u64) -> anyhow::Result<()> {
        self.people.begin_day(self.time.now());
        // The teams owe from the moment that they are written.
        self.start_all(0)?;
        self.connected(PATIENCE).await;
        self.time.reaches(place::starts_at(&TEAMS[0], self.date) - 3_000)?;
        self.dawns().await?;
        for _ in 0..blows {
            self.strike().await?;
        }
        self.calms_down().await?;
        self.straggle().await?;
        let window = TEAMS.iter().map(|team| place::starts_at(team, self.date)).max().unwrap_or(0) + place::COLLECT;
        self.quiet_until(self.time.now().max(window) + QUIET).await?;
        self.check().await?;
        if !self.newer {
            self.newer = true;
            let db = self.database.open().await?;
            tomorrow::was_here(&db).await?;
            db.close().await;
        }
        self.date = self.date.tomorrow()?;
        self.quiet_until(place::instant(self.date, 5, 58)).await
    }

    /// The first who are asked: there is something to lose before the first blow.
    async fn dawns(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        while !self.people.were_asked() && began.elapsed() < DAWN {
            sleep(PULSE).await;
            self.time.passes(PULSE_MS / 4)?;
        }
        self.applied |= self.slack.connections() > 0;
        Ok(())
    }

    /// Who did not get through before tries again, now that nothing goes wrong.
    async fn straggle(&mut self) -> anyhow::Result<()> {
        for _ in 0..STRAGGLERS {
            self.people.act(4);
            sleep(PULSE).await;
            self.time.passes(PULSE_MS)?;
        }
        self.people.rest().await;
        Ok(())
    }

    /// The birth of a world: all start together on an empty database and are killed while they bring its tables up to date
    /// and write the teams, some times over; then a day with nothing in its way must be right.
    pub async fn is_born(&mut self) -> anyhow::Result<()> {
        for _ in 0..BIRTHS {
            self.start_all(0)?;
            sleep(Duration::from_micros(self.chance.between(0, 150_000).unsigned_abs())).await;
            for at in 0..self.replicas.len() {
                self.not_by_itself(at)?;
                if self.replicas[at].runs() && self.chance.in_1000(800) {
                    self.replicas[at].killed().await?;
                    self.figures.kills += 1;
                }
            }
        }
        self.day(0).await
    }

    /// One blow: everybody who is dead starts, people act, Slack misbehaves, and one program is struck.
    async fn strike(&mut self) -> anyhow::Result<()> {
        let blow = *self.chance.one(&self.blows).unwrap_or(&Blow::Kill);
        let victim = self.chance.below(self.replicas.len());
        let started = self.start_all(victim)?;
        match Moment::any(&mut self.chance) {
            Moment::Starting(after) if started && blow == Blow::Kill => sleep(after).await,
            Moment::Starting(after) => self.live(Moment::Working(after)).await?,
            moment => self.live(moment).await?,
        }
        match blow {
            Blow::Kill => self.kill(victim).await,
            Blow::Freeze => self.freeze(victim, 1).await,
            Blow::Slow => self.freeze(victim, 3).await,
            Blow::Stop => self.stop(victim, false).await,
            Blow::StopTwice => self.stop(victim, true).await,
            Blow::Roll => self.roll().await,
        }
    }

    /// Starts who is dead. Tells whether the victim is among them.
    fn start_all(&mut self, victim: usize) -> anyhow::Result<bool> {
        let mut started = false;
        for at in 0..self.replicas.len() {
            started |= self.start(at)? && at == victim;
        }
        Ok(started)
    }

    fn start(&mut self, at: usize) -> anyhow::Result<bool> {
        self.not_by_itself(at)?;
        let replica = &mut self.replicas[at];
        if replica.runs() {
            return Ok(false);
        }
        // Only the first start of a world brings the teams; each replica does where several start together.
        let teams: &[&str] = if self.applied { &[] } else { &["--teams", "teams.toml"] };
        replica.start(&mut self.chance, &[&["serve", "--sockets", "1"], teams].concat())?;
        self.figures.starts += 1;
        Ok(true)
    }

    /// A program that ends by itself is a finding, unless Slack refused to tell it who it is.
    fn not_by_itself(&mut self, at: usize) -> anyhow::Result<()> {
        let Some(status) = self.replicas[at].ended()? else { return Ok(()) };
        let words = self.replicas[at].last_words();
        let last = words.lines().last().unwrap_or_default();
        let refused = last.starts_with("unstuck: Slack ");
        anyhow::ensure!(refused && status.code() == Some(1), "the program ended by itself ({status})\n{words}");
        self.figures.refused_starts += 1;
        Ok(())
    }

    async fn live(&mut self, moment: Moment) -> anyhow::Result<()> {
        self.connected(CONNECTION).await;
        self.applied |= self.slack.connections() > 0;
        self.people.act(1 + self.chance.below(5));
        if self.chance.in_1000(750) {
            trouble::plan(&self.slack, &mut self.chance);
        }
        let (slack, time) = (self.slack.clone(), self.time.clone());
        let pulse = self.chance.between(0, PULSE_MS);
        tokio::select! {
            () = comes(&slack, moment) => Ok(()),
            failed = pulses(&time, pulse) => failed,
        }
    }

    /// Waits until everybody who runs has a connection, or gives up.
    async fn connected(&self, patience: Duration) -> bool {
        let wanted = self.replicas.iter().filter(|replica| replica.runs()).count();
        let began = Instant::now();
        while self.slack.connections() < wanted {
            if began.elapsed() > patience {
                return false;
            }
            sleep(Duration::from_millis(2)).await;
        }
        true
    }

    async fn kill(&mut self, victim: usize) -> anyhow::Result<()> {
        self.not_by_itself(victim)?;
        self.replicas[victim].killed().await?;
        self.figures.kills += 1;
        self.dead_time().await
    }

    /// Between an end and the next start: mostly seconds, sometimes past settle and lease, sometimes minutes.
    async fn dead_time(&mut self) -> anyhow::Result<()> {
        let ms = match self.chance.below(10) {
            0..5 => self.chance.between(0, 2_000),
            5..8 => self.chance.between(5_000, 95_000),
            _ => self.chance.between(MINUTE, 3 * MINUTE),
        };
        self.goes_by(ms).await
    }

    /// Time passes: at once where nobody works, in small steps where others do, so that none of them looks frozen.
    async fn goes_by(&mut self, ms: i64) -> anyhow::Result<()> {
        if self.replicas.len() == 1 {
            return self.time.passes(ms);
        }
        let mut left = ms.min(60_000);
        while left > 0 {
            self.time.passes(left.min(8_000))?;
            left -= 8_000;
            sleep(PULSE).await;
        }
        Ok(())
    }

    /// SIGSTOP for 20 to 200 seconds of its time, so many times.
    async fn freeze(&mut self, victim: usize, times: u32) -> anyhow::Result<()> {
        for _ in 0..times {
            self.not_by_itself(victim)?;
            self.replicas[victim].told("STOP").await?;
            let frozen = self.chance.between(20_000, 200_000);
            self.goes_by_frozen(frozen).await?;
            self.replicas[victim].told("CONT").await?;
            self.figures.freezes += 1;
            sleep(Duration::from_millis(self.chance.between(0, 150).unsigned_abs())).await;
        }
        Ok(())
    }

    async fn goes_by_frozen(&mut self, ms: i64) -> anyhow::Result<()> {
        let step = if self.replicas.len() == 1 { ms } else { 10_000 };
        let mut left = ms;
        while left > 0 {
            self.time.passes(left.min(step))?;
            left -= step;
            sleep(Duration::from_millis(if self.replicas.len() == 1 { 15 } else { 100 })).await;
        }
        Ok(())
    }

    /// SIGTERM: it ends by itself, in time and with 0; or at once, told twice.
    async fn stop(&mut self, victim: usize, twice: bool) -> anyhow::Result<()> {
        self.not_by_itself(victim)?;
        if !self.replicas[victim].runs() {
            return Ok(());
        }
        let began = Instant::now();
        self.replicas[victim].told("TERM").await?;
        if twice {
            sleep(Duration::from_millis(self.chance.between(1, 60).unsigned_abs())).await;
            // It may be gone already.
            let _ = self.replicas[victim].told("TERM").await;
        }
        let patience = if twice { Duration::from_secs(2) } else { DRAIN };
        let status = self.replicas[victim].ends_within(patience).await?;
        let words = self.replicas[victim].last_words();
        let status = status.with_context(|| format!("it was told to stop and is there after {patience:?}\n{words}"))?;
        // Before it has set up its signals the default is to die, which loses nothing either.
        let fine = match status.code() {
            Some(0) | None => true,
            Some(130) => twice,
            Some(1) => words.lines().last().is_some_and(|last| last.starts_with("unstuck: Slack ")),
            Some(_) => false,
        };
        anyhow::ensure!(fine, "told to stop it ended with {status}\n{words}");
        let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.figures.longest_stop_ms = self.figures.longest_stop_ms.max(took);
        self.figures.stops += 1;
        self.dead_time().await
    }

    /// A rolling restart: one after the other stops and starts again, while people go on.
    async fn roll(&mut self) -> anyhow::Result<()> {
        for at in 0..self.replicas.len() {
            self.people.act(2);
            self.stop(at, false).await?;
            self.start(at)?;
            self.connected(CONNECTION).await;
        }
        Ok(())
    }

    /// The faults stop, everybody runs, and nobody waits for an acknowledgement.
    async fn calms_down(&mut self) -> anyhow::Result<()> {
        self.slack.faults().clear();
        let began = Instant::now();
        loop {
            self.start_all(0)?;
            if self.connected(CONNECTION).await {
                break;
            }
            anyhow::ensure!(began.elapsed() < PATIENCE, "no connection without any fault\n{}", self.last_words());
        }
        self.people.rest().await;
        sleep(REREAD).await;
        Ok(())
    }

    pub(super) fn last_words(&self) -> String {
        self.replicas.iter().map(Replica::last_words).collect::<Vec<_>>().join("\n--\n")
    }

    pub(super) fn patience() -> Duration {
        PATIENCE
    }

    /// Everybody is gone, and what there was is kept for whoever looks for the cause.
    pub async fn kept(mut self) -> (PathBuf, String) {
        for replica in &mut self.replicas {
            // It may have ended by itself; then there is nothing to end.
            let _ = replica.killed().await;
        }
        let folder = self.folder.take().map(tempfile::TempDir::keep).unwrap_or_default();
        (folder, self.database.url)
    }

    /// The world ends well: nothing of it stays.
    pub async fn ends(mut self) -> anyhow::Result<Figures> {
        for replica in &mut self.replicas {
            replica.killed().await?;
        }
        self.slack.stop().await;
        self.database.drop().await?;
        Ok(self.figures)
    }
}

/// The time of the programs goes by while they work.
async fn pulses(time: &Time, ms: i64) -> anyhow::Result<()> {
    loop {
        sleep(PULSE).await;
        time.passes(ms)?;
    }
}

async fn comes(slack: &Sandbox, moment: Moment) {
    match moment {
        Moment::Starting(after) | Moment::Working(after) => sleep(after).await,
        Moment::Seen(sight, after) => {
            let seen = async {
                let mut changed = slack.changed();
                let mut next = slack.ledger_since(0).len();
                loop {
                    let entries = slack.ledger_since(u64::try_from(next).unwrap_or(0));
                    if entries.iter().any(|entry| sight.is(entry)) {
                        return;
                    }
                    next += entries.len();
                    if changed.changed().await.is_err() {
                        return;
                    }
                }
            };
            // Nothing of the kind may happen at all; then this moment is as good as any.
            if tokio::time::timeout(SIGHT, seen).await.is_ok() {
                exactly(after).await;
            }
        }
    }
}

/// A timer has steps of a millisecond, which is long for a program.
async fn exactly(after: Duration) {
    let began = Instant::now();
    while began.elapsed() < after {
        tokio::task::yield_now().await;
    }
}
