//! One seed's world: whose turn it is, and what they do with it.

use sandbox::{Delivery, Parcel, Sandbox, Setup};
use std::sync::Arc;
use unstuck::clock::Clock;
use unstuck::rules::steady::JUMP;
use unstuck::slack::client::{Slack, Token};
use unstuck::store::Db;

use crate::calendar::Calendar;
use crate::chance::Chance;
use crate::check;
use crate::database::Database;
use crate::doubts::Doubts;
use crate::failure::{Failure, Figures};
use crate::mirror::{self, Mirror, Post};
use crate::people::{Hands, People};
use crate::plan::{self, Plan};
use crate::replica::Replica;
use crate::trouble::{self, NextCall};
use crate::{Run, Weather, reading, shop};

mod chaos;
mod post;
mod turn;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// After the faults have stopped everything must have come right within this.
const RIGHT_WITHIN: i64 = 90 * MINUTE;
/// Lines of the ledger that a failure shows.
const TOLD: usize = 40;

/// The sentence that tells which promise was broken.
pub type Kept = Result<(), String>;

pub struct World {
    pub run: Run,
    pub plan: Plan,
    pub chance: Chance,
    /// What people draw from in fair weather, so that no turn in between takes anything of it.
    own: Chance,
    pub database: Database,
    pub slack: Sandbox,
    pub base: Clock,
    /// One for each replica, whichever process of it uses it.
    dbs: Vec<Db>,
    client: Slack,
    pub replicas: Vec<Option<Replica>>,
    /// When a replica that is gone comes back.
    pub back_at: Vec<i64>,
    pub mirror: Mirror,
    pub people: People,
    pub calendar: Calendar,
    pub figures: Figures,
    /// Parcels that wait to be handed over.
    pub post: Vec<Parcel>,
    /// Parcels that were acknowledged, and when, to come again.
    pub old_post: Vec<(i64, Parcel)>,
    /// Posts since the last judgement, and a day before.
    pub posts: Vec<Post>,
    pub doubts: Doubts,
    pub gaps: Vec<Gap>,
    /// Since when nothing runs at all.
    pub down_since: Option<i64>,
    outage_until: i64,
    chaos_at: i64,
    follow_at: i64,
    /// Nothing goes wrong, and nobody does anything new.
    calm: bool,
    strobes: Vec<(i64, Clock, i64)>,
    host: String,
}

pub fn itself(error: impl std::fmt::Display) -> String {
    format!("the simulation itself: {error}")
}

/// Whether a wait ends too soon when a clock leaps by so much: on, and not so far that it is noticed.
fn may_mislead(by: i64) -> bool {
    (1..=JUMP).contains(&by)
}

/// A time in which the bot could do nothing.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    pub from: i64,
    pub to: i64,
    /// The bot was down, and not Slack away.
    pub down: bool,
}

impl World {
    pub async fn open(run: &Run) -> Result<World, Box<Failure>> {
        World::make(run).await.map_err(|error| Box::new(Failure::plain(run, itself(format!("{error:#}")))))
    }

    async fn make(run: &Run) -> anyhow::Result<World> {
        let mut chance = Chance::new(run.seed);
        let plan = Plan::new(run, &mut chance);
        let base = Clock::frozen(plan.start);
        let shared = base.clone();
        let setup =
            Setup { now: Arc::new(move || shared.now()), delivery: Delivery::ByHand, ..Setup::new(plan.workspace()) };
        let slack = Sandbox::start(setup).await?;
        let database = Database::new(&run.place, plan::TEAM).await?;
        let client = Slack::new(&slack.api_url(), Token::new(shop::BOT_TOKEN), Some(Token::new(shop::APP_TOKEN)))?;
        let mut dbs = Vec::new();
        for _ in 0..plan.replicas {
            dbs.push(Db::open(&database.url).await?);
        }
        let host = slack.address().to_string();
        let mut calendar = Calendar { shifts: plan.shifts.clone(), ..Calendar::default() };
        for shift in &mut calendar.shifts {
            shift.owes_from = plan.start;
            shift.agents.iter_mut().for_each(|(_, _, since)| *since = plan.start);
        }
        let mut world = World {
            run: run.clone(),
            own: chance.clone().split(),
            chance,
            database,
            slack,
            base,
            dbs,
            client,
            replicas: Vec::new(),
            back_at: vec![0; plan.replicas],
            mirror: Mirror::default(),
            people: People::default(),
            calendar,
            figures: Figures { seeds: 1, ..Figures::default() },
            post: Vec::new(),
            old_post: Vec::new(),
            posts: Vec::new(),
            doubts: Doubts::default(),
            gaps: Vec::new(),
            down_since: None,
            outage_until: 0,
            chaos_at: plan.start + HOUR,
            follow_at: plan.start + HOUR,
            calm: false,
            strobes: Vec::new(),
            host,
            plan,
        };
        for at in 0..world.plan.replicas {
            let replica = world.start_replica(at).await?;
            world.replicas.push(Some(replica));
        }
        if let Some(first) = world.replicas.iter().flatten().next() {
            first.bot.apply(&world.plan.file()).await?;
            first.bot.ask_for_people().await?;
        }
        world.slack.faults().history_lag(world.plan.lag);
        Ok(world)
    }

    async fn start_replica(&self, at: usize) -> anyhow::Result<Replica> {
        let clock = self.base.skewed(self.plan.off(at));
        let mut replica = Replica::start(self.dbs[at].clone(), self.client.clone(), clock).await?;
        (replica.tick_at, replica.claim_at) = (self.base.now(), self.base.now());
        Ok(replica)
    }

    pub fn now(&self) -> i64 {
        self.base.now()
    }

    pub async fn live(mut self) -> Result<(Figures, String), Box<Failure>> {
        let lived = match self.days().await {
            Ok(()) if self.is_fair() => reading::hash(&self).await.map_err(itself),
            lived => lived.map(|()| self.mirror.hash()),
        };
        self.take_in();
        self.figures.calls = self.mirror.calls;
        self.figures.messages = self.mirror.messages;
        self.figures.acts = self.people.acts;
        let end = match lived {
            Ok(hash) => Ok((self.figures.clone(), hash)),
            Err(says) => {
                let from = self.mirror.seq.saturating_sub(4 * TOLD as u64);
                let mut ledger: Vec<String> = self
                    .slack
                    .ledger_since(from)
                    .iter()
                    .filter(|entry| !matches!(entry.kind, sandbox::Kind::Notified { .. }))
                    .map(|entry| mirror::line(entry, &self.plan.zone))
                    .collect();
                ledger = ledger.split_off(ledger.len().saturating_sub(TOLD));
                Err(Box::new(Failure { run: self.run.clone(), says, ledger }))
            }
        };
        for replica in self.replicas.into_iter().flatten() {
            replica.die().await;
        }
        for db in self.dbs {
            db.close().await;
        }
        self.slack.stop().await;
        self.database.close().await;
        end
    }

    async fn days(&mut self) -> Kept {
        for day in 1..=i64::from(self.run.days) {
            self.calm = false;
            self.go(self.plan.start + day * DAY).await?;
            self.figures.days += 1;
            // A downtime may last for days, and is judged when it is over.
            if self.down_since.is_none() || day == i64::from(self.run.days) {
                self.come_right().await?;
                check::all(self).await?;
            }
        }
        // To the end of every window that is still open.
        self.go(self.now() + 10 * HOUR).await?;
        self.come_right().await?;
        check::all(self).await
    }

    async fn go(&mut self, until: i64) -> Kept {
        while self.now() < until {
            self.turn(until).await?;
        }
        Ok(())
    }

    /// The faults stop, everybody wakes up, and time runs on until nothing is under way.
    async fn come_right(&mut self) -> Kept {
        self.calm = true;
        self.end_outage();
        for (_, clock, back) in self.strobes.drain(..) {
            clock.jump_by(back);
        }
        let now = self.now();
        self.back_at.iter_mut().for_each(|at| *at = (*at).min(now));
        for replica in self.replicas.iter_mut().flatten() {
            replica.workers.iter_mut().for_each(|worker| worker.until = now);
        }
        loop {
            self.go(self.now() + 2 * MINUTE).await?;
            match check::under_way(self).await? {
                None => return Ok(()),
                Some(what) if self.now() > now + RIGHT_WITHIN => {
                    return Err(format!(
                        "P2 shown once: {} minutes after the last fault {what}",
                        RIGHT_WITHIN / MINUTE
                    ));
                }
                Some(_) => {}
            }
        }
    }

    /// Whether the bot was down or Slack away at any time of this span.
    pub fn was_away(&self, from: i64, to: i64) -> bool {
        let down = self.down_since.map(|from| Gap { from, to: self.now(), down: true });
        self.gaps.iter().chain(&down).any(|gap| gap.from <= to && from <= gap.to)
    }

    /// Whether things go wrong by chance.
    fn stormy(&self) -> bool {
        !self.calm && matches!(self.run.weather, Weather::Storm | Weather::LostHour)
    }

    fn is_fair(&self) -> bool {
        self.run.weather == Weather::Fair
    }

    /// What the ledger has gained since the last step.
    fn take_in(&mut self) {
        let entries = self.slack.ledger_since(self.mirror.seq);
        self.mirror.read(&entries, &self.host);
        for post in std::mem::take(&mut self.mirror.fresh) {
            if post.key.starts_with("prompt:") && !post.key.ends_with(":again") {
                self.figures.prompts += 1;
            }
            self.posts.push(post);
        }
    }

    /// Whatever lies in the outbox is taken out of it, to be handed over in any order.
    fn collect_post(&mut self) {
        for parcel in self.slack.outbox() {
            self.post.extend(self.slack.takes(&parcel.id));
        }
    }

    /// Something was committed: whoever polls would see it.
    fn hint(&mut self) {
        let now = self.base.now();
        for replica in self.replicas.iter_mut().flatten() {
            (replica.hinted, replica.claim_at) = (true, now);
        }
    }

    /// The next call may go wrong. `key`: the message that it posts or edits, or looks for.
    fn trouble(&mut self, key: &str, next: NextCall, often: usize) {
        if !self.stormy() {
            return;
        }
        if self.now() < self.outage_until {
            trouble::outage(self.slack.faults());
            return;
        }
        if !self.chance.in_1000(often) {
            return;
        }
        let trouble = trouble::draw(&mut self.chance, next);
        // A late post is a copy and a late edit an older revision: the last look finds either.
        if trouble.late > 0 && !matches!(next, NextCall::Post | NextCall::Edit) {
            return;
        }
        if next == NextCall::Post && trouble.may_post() {
            // While a clock is behind, a wait that it began ends too soon when it is set right.
            let leaping = self.strobes.iter().any(|(_, _, back)| may_mislead(*back));
            self.doubts.post(key, self.now(), trouble.late + self.plan.lag, self.plan.apart(), leaping);
        }
        *self.figures.faults.entry(trouble.name).or_default() += 1;
        trouble.strike(self.slack.faults());
    }

    fn no_trouble(&self) {
        self.slack.faults().clear();
        self.slack.faults().history_lag(self.plan.lag);
    }

    fn person_acts(&mut self) {
        let now = self.now();
        let Some(intent) = self.people.due(now) else { return };
        let is_fair = self.is_fair();
        let World { slack, mirror, people, chance, own, .. } = self;
        let chance = if is_fair { own } else { chance };
        Hands { slack, mirror, people, chance, now }.act(intent);
        self.collect_post();
    }
}
