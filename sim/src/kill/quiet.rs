//! The quiet after the blows: time goes on from one due instant to the next until nothing is left to do, and all is checked.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use unstuck::rules::keys::Kind;
use unstuck::store::{self, Db};
use unstuck::{flows, read_tx};

use super::Blow;
use super::check::{self, Facts};
use super::facts;
use super::place::WORKSPACE;
use super::time::REREAD;
use super::world::World;

/// Longer than a call to a Slack without faults takes, from claim to settle.
const CLAIM: Duration = Duration::from_millis(700);

const TOGETHER: i64 = 10_000;

impl World {
    /// Lives on to an instant, through everything that falls due before, with nothing left behind.
    pub(super) async fn quiet_until(&mut self, target: i64) -> anyhow::Result<()> {
        let db = self.database.open().await?;
        let done = self.lives_until(&db, target).await;
        db.close().await;
        done
    }

    async fn lives_until(&mut self, db: &Db, target: i64) -> anyhow::Result<()> {
        loop {
            let next = self.rest(db).await?;
            let now = self.time.now();
            if now >= target {
                return Ok(());
            }
            // What falls due soon after goes with it: each step costs a look at the clock's file.
            self.time.reaches(next.map_or(target, |next| next + TOGETHER).clamp(now, target))?;
            sleep(REREAD).await;
        }
    }

    /// Waits until nothing is due, nothing on the wire and nothing unacknowledged; tells when something falls due next.
    async fn rest(&mut self, db: &Db) -> anyhow::Result<Option<i64>> {
        let began = Instant::now();
        let (mut seen, mut since) = (0, Instant::now());
        // Nobody here shows what a newer build wants.
        let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        let kinds = &format!(",{},", kinds.join(","));
        loop {
            let now = self.time.now();
            let (day, messages, leased) = read_tx!(db, WORKSPACE, now, tx => async {
                let day = flows::due::next(tx).await?;
                let messages = store::message::next_due(tx, kinds).await?;
                Ok((day, messages, facts::first_lease(tx).await?))
            }
            .await)?;
            let next = [day, messages].into_iter().flatten().filter(|next| *next < i64::MAX).min();
            let busy = self.slack.busy() > 0;
            if leased.is_none() && !busy && next.is_none_or(|next| next > self.time.now()) {
                return Ok(next);
            }
            let entries = self.slack.ledger_since(self.record.next_seq()).len();
            if entries != seen || busy {
                (seen, since) = (entries, Instant::now());
            }
            // The holder of this claim was killed: what it had, and what waits behind it, goes on at the end of the lease.
            if leased.is_some() && since.elapsed() > CLAIM {
                return Ok(leased);
            }
            anyhow::ensure!(
                began.elapsed() < World::patience(),
                "something is not done after {:?}: the day is due at {day:?}, a message at {messages:?}, now is {now}, \
                 the first lease ends at {leased:?}, Slack waits for {}\n{}",
                World::patience(),
                self.slack.busy(),
                self.last_words()
            );
            sleep(Duration::from_millis(8)).await;
        }
    }

    /// Everything that must be true now.
    pub(super) async fn check(&mut self) -> anyhow::Result<()> {
        let entries = self.slack.ledger_since(self.record.next_seq());
        self.record.read(&entries, &mut self.figures);
        let db = self.database.open().await?;
        let (now, today) = (self.time.now(), self.date.to_string());
        let date = today.as_str();
        let looks_find_all = self.replicas.len() == 1 && self.blows.iter().all(|blow| *blow == Blow::Kill);
        let facts = read_tx!(db, WORKSPACE, now, tx => async {
            let (messages, check_ins) = (facts::messages(tx).await?, facts::check_ins(tx, date).await?);
            Ok(Facts { now, looks_find_all, messages, check_ins, journal: facts::journal(tx).await? })
        }
        .await)?;
        db.close().await;
        let found = check::check(&self.slack, &facts, &self.record);
        let figures = &mut self.figures;
        figures.checks += found.checks;
        figures.second_copies += found.second_copies;
        figures.days += 1;
        figures.check_ins += u64::try_from(facts.check_ins.len())?;
        figures.answers += u64::try_from(self.record.answers.len())?;
        figures.outcomes += u64::try_from(self.record.outcomes.len())?;
        figures.taken = u64::try_from(facts.journal.iter().filter(|entry| entry.what == "taken").count())?;
        self.record.begin_day();
        anyhow::ensure!(found.wrong.is_empty(), "on {date}:\n{}", found.wrong.join("\n"));
        Ok(())
    }
}
