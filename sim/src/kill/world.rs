//! One world: a sandbox, a database, a clock, people, and the real program, which is struck again and again.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use sandbox::{Sandbox, Setup};
use tokio::time::sleep;

use super::figures::Figures;
use super::people::People;
use super::place::{self, APP_TOKEN, BOT_TOKEN, TEAMS};
use super::program::{Launch, Replica};
use super::record::Record;
use super::time::{REREAD, Time};
use super::{Blow, Plan, tomorrow};
use crate::chance::Chance;
use crate::database::Home;

/// While a program works, so much of its time goes by in each of these.
pub(super) const PULSE: Duration = Duration::from_millis(100);
pub(super) const PULSE_MS: i64 = 4_000;
/// A connection takes some tens of milliseconds, unless Slack refuses the first.
pub(super) const CONNECTION: Duration = Duration::from_millis(1_500);
/// Slack sees the end of a connection within this; who renews theirs has two for a moment.
const SEEN_OFF: Duration = Duration::from_millis(100);
/// With no faults left everything comes to rest within this.
const PATIENCE: Duration = Duration::from_secs(40);
/// The day's first prompts come within this, or the first blow comes before them.
const DAWN: Duration = Duration::from_secs(4);
/// After the blows people go on so many times.
const STRAGGLERS: usize = 5;
/// So often is a program killed at the start of a world.
const BIRTHS: usize = 4;
/// A stuck without a size counts as a long one after five minutes, and ten after that every doubt has had its last look.
const QUIET: i64 = 25 * 60_000;

pub struct World {
    pub slack: Sandbox,
    pub database: Home,
    pub time: Time,
    pub record: Record,
    pub figures: Figures,
    pub(super) date: Date,
    pub(super) people: People,
    pub(super) chance: Chance,
    pub(super) blows: Vec<Blow>,
    pub(super) replicas: Vec<Replica>,
    pub(super) applied: bool,
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

    /// Starts who is dead. Tells whether the victim is among them.
    pub(super) fn start_all(&mut self, victim: usize) -> anyhow::Result<bool> {
        let mut started = false;
        for at in 0..self.replicas.len() {
            started |= self.start(at)? && at == victim;
        }
        Ok(started)
    }

    pub(super) fn start(&mut self, at: usize) -> anyhow::Result<bool> {
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
    pub(super) fn not_by_itself(&mut self, at: usize) -> anyhow::Result<()> {
        let Some(status) = self.replicas[at].ended()? else { return Ok(()) };
        let words = self.replicas[at].last_words();
        let last = words.lines().last().unwrap_or_default();
        let refused = last.starts_with("unstuck: Slack ");
        anyhow::ensure!(refused && status.code() == Some(1), "the program ended by itself ({status})\n{words}");
        self.figures.refused_starts += 1;
        Ok(())
    }

    /// Waits until everybody who runs has a connection, or gives up.
    pub(super) async fn connected(&mut self, patience: Duration) -> bool {
        let began = Instant::now();
        while self.slack.connections() < self.running() {
            if began.elapsed() > patience {
                return false;
            }
            sleep(Duration::from_millis(2)).await;
        }
        self.replicas.iter_mut().for_each(Replica::has_connected);
        true
    }

    fn running(&self) -> usize {
        self.replicas.iter().filter(|replica| replica.runs()).count()
    }

    /// Somebody has ended: waits until Slack sees it, so that an old connection is not taken for one of the next process.
    pub(super) async fn is_seen_off(&self) {
        let began = Instant::now();
        while self.slack.connections() > self.running() && began.elapsed() < SEEN_OFF {
            sleep(Duration::from_millis(1)).await;
        }
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
