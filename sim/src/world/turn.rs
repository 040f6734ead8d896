//! A turn: one actor of all who could act now, or time goes on.

use unstuck::courier::{Carried, Claim, Held};
use unstuck::store::message::Work as Claimed;

use super::{Gap, HOUR, Kept, World, itself};
use crate::Weather;
use crate::replica::{Work, lost};
use crate::trouble::NextCall;

/// Slack's history is asked whom the teams name, and old payloads are forgotten, as often as this.
const FOLLOW: i64 = 6 * HOUR;
const KEEP: i64 = 7 * 24 * HOUR;
/// Work that is due and held by somebody else is looked at again so soon.
const NAP: i64 = 250;
/// A replica whose clock is wrong for good looks at it every few seconds; here it does so less often, because nothing comes of it.
const APART: i64 = 600_000;

#[derive(Clone, Copy, Debug)]
enum Actor {
    Tick(usize),
    Work(usize, usize),
    Deliver,
    Person,
    Follow,
    Chaos,
}

impl World {
    pub(super) async fn turn(&mut self, until: i64) -> Kept {
        let now = self.now();
        self.people_wake(now);
        self.replicas_come_back(now).await?;
        let actors = self.actors(now);
        let idly = self.stormy() && !actors.is_empty() && self.chance.in_1000(10);
        if actors.is_empty() || idly {
            let to = if idly { now + self.chance.between(1, 20_000) } else { self.next(now) };
            self.base.step_to(to.clamp(now + 1, until));
            self.collect_post();
        } else {
            let actor = self.one_of(&actors);
            self.let_act(actor).await?;
            if self.stormy() && self.chance.in_1000(3) {
                self.crash().await;
            }
        }
        self.take_in();
        Ok(())
    }

    fn one_of(&mut self, actors: &[Actor]) -> Actor {
        if self.is_fair() {
            let other = actors.iter().find(|actor| !matches!(actor, Actor::Person));
            return other.copied().unwrap_or(Actor::Person);
        }
        actors[self.chance.below(actors.len())]
    }

    fn people_wake(&mut self, now: i64) {
        let is_fair = self.is_fair();
        for (key, start) in self.calendar.advance(now) {
            let collect = self.calendar.shifts.iter().find(|shift| shift.name == key.0).map_or(HOUR, |s| s.collect_ms);
            let chance = if is_fair { &mut self.own } else { &mut self.chance };
            self.people.day(&key.1, start, collect, chance);
        }
        let passed = |at: &i64| *at <= now;
        let (due, later) = std::mem::take(&mut self.strobes).into_iter().partition(|(at, ..)| passed(at));
        self.strobes = later;
        let due: Vec<(i64, unstuck::clock::Clock, i64)> = due;
        due.into_iter().for_each(|(_, clock, back)| clock.jump_by(back));
    }

    async fn replicas_come_back(&mut self, now: i64) -> Kept {
        for at in 0..self.replicas.len() {
            if self.replicas[at].is_none() && self.back_at[at] <= now {
                self.no_trouble();
                if let Some(from) = self.down_since.take() {
                    self.gaps.push(Gap { from, to: now, down: true });
                }
                self.replicas[at] = Some(self.start_replica(at).await.map_err(itself)?);
            }
        }
        Ok(())
    }

    fn actors(&self, now: i64) -> Vec<Actor> {
        let mut actors = Vec::new();
        for (at, replica) in self.replicas.iter().enumerate() {
            let Some(replica) = replica else { continue };
            if replica.tick_at <= now || replica.hinted {
                actors.push(Actor::Tick(at));
            }
            for (number, worker) in replica.workers.iter().enumerate() {
                let busy = !matches!(worker.work, Work::Nothing);
                if worker.until <= now && (busy || replica.claim_at <= now) {
                    actors.push(Actor::Work(at, number));
                }
            }
        }
        let up = self.replicas.iter().any(Option::is_some);
        if !self.post.is_empty() {
            actors.push(Actor::Deliver);
        }
        if !self.calm && self.people.next().is_some_and(|at| at <= now) {
            actors.push(Actor::Person);
        }
        if up && self.follow_at <= now {
            actors.push(Actor::Follow);
        }
        if self.stormy() && self.chaos_at <= now {
            actors.push(Actor::Chaos);
        }
        actors
    }

    /// When somebody has something to do again.
    fn next(&self, now: i64) -> i64 {
        let mut next = vec![self.calendar.next(), self.follow_at];
        if !self.calm {
            next.extend(self.people.next());
        }
        if self.stormy() {
            next.push(self.chaos_at);
        }
        next.extend(self.slack.next_due());
        next.extend(self.strobes.iter().map(|(at, ..)| *at));
        for (at, replica) in self.replicas.iter().enumerate() {
            match replica {
                None => next.push(self.back_at[at]),
                Some(replica) => {
                    next.extend([replica.tick_at, replica.claim_at]);
                    next.extend(replica.workers.iter().map(|worker| worker.until));
                }
            }
        }
        next.into_iter().filter(|at| *at > now).min().unwrap_or(now + HOUR)
    }

    async fn let_act(&mut self, actor: Actor) -> Kept {
        match actor {
            Actor::Tick(at) => self.tick(at).await,
            Actor::Work(at, worker) => self.work(at, worker).await,
            Actor::Deliver => self.deliver().await,
            Actor::Person => {
                self.person_acts();
                Ok(())
            }
            Actor::Follow => self.follow().await,
            Actor::Chaos => self.chaos().await,
        }
    }

    /// A running ticker polls; here it sleeps until something is due, and what `next_due` forgets is never done. Woken before, it
    /// only asks again, unless it does not trust its clock.
    async fn tick(&mut self, at: usize) -> Kept {
        let now = self.now();
        let Some(replica) = &mut self.replicas[at] else { return Ok(()) };
        let clock = replica.bot.clock.clone();
        replica.hinted = false;
        let trusted = clock.trusted().is_some();
        if trusted && replica.tick_at > now {
            let ahead = clock.now() - now;
            let due = replica.bot.next_due().await.map_or(now + HOUR, |due| due - ahead);
            if due > now {
                replica.tick_at = due;
                return Ok(());
            }
        }
        if self.run.weather == Weather::TwiceEach {
            replica.bot.tick().await;
        }
        let again = replica.ticker.turn().await;
        let due = match clock.trusted() {
            Some(_) => replica.bot.next_due().await,
            None if replica.is_apart() => Some(clock.now() + APART),
            None => Some(again),
        };
        // By a clock that it does not trust, it reckons from what it believes.
        let ahead = clock.now() - now;
        replica.tick_at = due.map_or(now + HOUR, |due| due - ahead).max(now + 1);
        self.hint();
        if let Some(replica) = &mut self.replicas[at] {
            replica.hinted = false;
        }
        Ok(())
    }

    /// One phase of one worker.
    async fn work(&mut self, at: usize, number: usize) -> Kept {
        let Some(replica) = &mut self.replicas[at] else { return Ok(()) };
        let work = std::mem::replace(&mut replica.workers[number].work, Work::Nothing);
        let next = match work {
            Work::Nothing => self.claim(at, number).await?,
            Work::Held(held) => self.carry(at, held).await?,
            Work::Rendering { task, go, held } => {
                self.trouble(&held.row().key.0, next_call(&held), self.plan.faults);
                // It may have been dropped together with its replica.
                let _ = go.send(());
                let carried = task.await.map_err(lost).and_then(|carried| carried).map_err(itself)?;
                Work::Carried(carried, held)
            }
            Work::Carried(carried, held) => self.settle(at, carried, &held).await?,
        };
        self.no_trouble();
        self.collect_post();
        if self.dies_here(&next) {
            // What it holds ends with it: a look at the rows would keep its connection, and the end would wait for it.
            if let Some(replica) = &mut self.replicas[at] {
                replica.workers[number].work = next;
            }
            self.take_in();
            self.crash_at(at, 0).await;
            return Ok(());
        }
        let stopped = matches!(next, Work::Rendering { .. });
        let freezes = self.stormy() && (stopped || !matches!(next, Work::Nothing) && self.chance.in_1000(8));
        let until = if freezes { self.now() + self.chance.between(20_000, 200_000) } else { 0 };
        self.figures.freezes += u64::from(freezes);
        if let Some(replica) = &mut self.replicas[at] {
            replica.workers[number].work = next;
            replica.workers[number].until = until;
        }
        Ok(())
    }

    async fn carry(&mut self, at: usize, held: Held) -> Result<Work, String> {
        let looks = matches!(held.work(), Claimed::Look(_));
        self.trouble(&held.row().key.0, next_call(&held), self.plan.faults);
        let stops = match self.run.weather {
            Weather::Storm | Weather::LostHour => !self.calm && self.chance.in_1000(8),
            Weather::CrashEach => {
                !self.calm && !looks && !self.figures.crashed_at.contains(&boundary("rendered", &held))
            }
            Weather::TwiceEach | Weather::Fair => false,
        };
        let Some(replica) = &self.replicas[at] else { return Ok(Work::Nothing) };
        let next = match stops {
            true => replica.carry_to_the_wire(held).await,
            false => replica.bot.courier.carry(held.clone()).await.map(|carried| Work::Carried(carried, held)),
        };
        next.map_err(itself)
    }

    async fn settle(&mut self, at: usize, carried: Carried, held: &Held) -> Result<Work, String> {
        self.trouble(&held.row().key.0, NextCall::Other, self.plan.faults / 2);
        let twice = self.run.weather == Weather::TwiceEach || self.stormy() && self.chance.in_1000(5);
        let Some(replica) = &self.replicas[at] else { return Ok(Work::Nothing) };
        let courier = replica.bot.courier.clone();
        courier.settle(carried.clone()).await.map_err(itself)?;
        if twice {
            courier.settle(carried).await.map_err(itself)?;
            // The whole step again: its claim is over, so that nothing may come of it.
            let again = courier.carry(held.clone()).await.map_err(itself)?;
            courier.settle(again).await.map_err(itself)?;
        }
        self.hint();
        if self.run.weather == Weather::CrashEach
            && !self.calm
            && self.figures.crashed_at.insert(boundary("settled", held))
        {
            self.take_in();
            self.crash_at(at, 0).await;
        }
        Ok(Work::Nothing)
    }

    /// Where the process is to die once at each boundary, and has not died here yet.
    fn dies_here(&mut self, next: &Work) -> bool {
        let here = match next {
            Work::Nothing => return false,
            Work::Held(held) => boundary("claimed", held),
            Work::Rendering { held, .. } => boundary("rendered", held),
            Work::Carried(_, held) => boundary("answered", held),
        };
        self.run.weather == Weather::CrashEach && !self.calm && self.figures.crashed_at.insert(here)
    }

    async fn claim(&mut self, at: usize, number: usize) -> Result<Work, String> {
        let now = self.now();
        let Some(replica) = &mut self.replicas[at] else { return Ok(Work::Nothing) };
        let claim = replica.bot.courier.claim(replica.workers[number].prefer).await.map_err(itself)?;
        let ahead = replica.bot.clock.now() - now;
        Ok(match claim {
            Claim::Held(held) => Work::Held(held),
            Claim::Swept(_) => Work::Nothing,
            Claim::Idle { .. } if replica.is_apart() => {
                replica.claim_at = now + APART;
                Work::Nothing
            }
            Claim::Idle { next_due } => {
                let due = next_due.map_or(now + HOUR, |due| due - ahead);
                replica.claim_at = if due <= now { now + NAP } else { due };
                Work::Nothing
            }
        })
    }

    async fn follow(&mut self) -> Kept {
        let now = self.now();
        self.follow_at = now + FOLLOW;
        let bot = self.replicas.iter().flatten().next().map(|replica| replica.bot.clone());
        let Some(bot) = bot else { return Ok(()) };
        bot.ask_for_people().await.map_err(itself)?;
        self.hint();
        self.moves_are_heard().await?;
        let before = now - KEEP;
        unstuck::write_tx!(bot.db, &bot.workspace, now, tx => unstuck::flows::people::forget(tx, before).await)
            .map_err(itself)?;
        Ok(())
    }
}

fn next_call(held: &Held) -> NextCall {
    match held.work() {
        Claimed::Post(_) => NextCall::Post,
        Claimed::Edit(_) => NextCall::Edit,
        Claimed::Look(_) => NextCall::Look,
    }
}

fn boundary(name: &'static str, held: &Held) -> (&'static str, &'static str, String) {
    let what = match held.work() {
        Claimed::Post(_) => "post",
        Claimed::Edit(_) => "edit",
        Claimed::Look(_) => "look",
    };
    (name, what, held.row().kind.clone())
}
