//! What comes over the world beside single calls: crashes, downtime, outages, clocks that jump, edits of the teams, old payloads.

use super::{DAY, Gap, HOUR, Kept, MINUTE, World, itself, may_mislead};
use crate::Weather;
use crate::check::texts;
use crate::plan::{AGENTS, TEAM, ZONES};

/// Slack sends a payload again for an hour, or a day; the bot remembers it for a week.
const REMEMBERED: i64 = 6 * DAY;

impl World {
    pub(super) async fn chaos(&mut self) -> Kept {
        let now = self.now();
        self.chaos_at = now + self.chance.between(HOUR, 9 * HOUR);
        match self.chance.below(11) {
            0 => {
                let long = [2 * MINUTE, 20 * MINUTE, HOUR][self.chance.below(3)];
                self.end_outage();
                self.outage_until = now + self.chance.between(MINUTE, long);
                self.gaps.push(Gap { from: now, to: self.outage_until, down: false });
                self.counts("outage");
                Ok(())
            }
            1 => self.downtime().await,
            2 | 3 => self.old_payloads().await,
            4 => {
                self.strobe();
                Ok(())
            }
            5 | 6 => self.edit_teams().await,
            7 => {
                // The next edit of the teams falls around the next start.
                let around = self.calendar.next();
                if around < now + 20 * HOUR {
                    self.chaos_at = (around + self.chance.between(-3_000, 3_000)).max(now + 1);
                }
                Ok(())
            }
            8 if self.people_may_move() => {
                let (who, zone) = (self.chance.below(AGENTS.len()), self.chance.below(ZONES.len()));
                self.slack.changes_user(AGENTS[who], |user| user.tz = ZONES[zone].to_owned());
                self.collect_post();
                self.counts("somebody_moves");
                Ok(())
            }
            _ => {
                self.crash().await;
                Ok(())
            }
        }
    }

    /// By a clock that is off nobody can say on which side of a start a move falls.
    fn people_may_move(&self) -> bool {
        self.plan.own_zones && self.plan.skew == 0 && self.run.weather != Weather::LostHour
    }

    /// Whoever is asked by their own zone is so from the moment at which the bot has heard of it.
    pub(super) async fn moves_are_heard(&mut self) -> Kept {
        if !self.people_may_move() {
            return Ok(());
        }
        self.people_know(self.now());
        let rows = self.database.rows(&["id", "zone"], format!("from person where workspace = '{TEAM}'")).await;
        for row in rows.map_err(itself)? {
            let [id, zone] = texts(row)?;
            let agents = self.calendar.shifts.iter_mut().flat_map(|shift| &mut shift.agents);
            agents.filter(|(agent, ..)| *agent == id).for_each(|(_, own, _)| own.clone_from(&zone));
            self.plan.users.iter_mut().filter(|(user, _)| *user == id).for_each(|(_, own)| own.clone_from(&zone));
        }
        self.calendar.changed();
        self.plan.shifts = self.calendar.shifts.clone();
        Ok(())
    }

    fn counts(&mut self, what: &'static str) {
        *self.figures.faults.entry(what).or_default() += 1;
    }

    /// One process dies between two steps, with all that its workers hold, and comes back at once or a little later.
    pub(super) async fn crash(&mut self) {
        let at = self.chance.below(self.replicas.len());
        let wait = [0, 1_000, MINUTE, 5 * MINUTE][self.chance.below(4)];
        self.crash_at(at, wait).await;
    }

    pub(super) async fn crash_at(&mut self, at: usize, wait: i64) {
        let Some(replica) = self.replicas[at].take() else { return };
        replica.die().await;
        self.figures.crashes += 1;
        self.back_at[at] = self.now() + wait;
    }

    /// Nothing runs for a minute, for hours, for days.
    async fn downtime(&mut self) -> Kept {
        let now = self.now();
        let length = match self.chance.below(12) {
            0 => 3 * 24 * HOUR,
            1..=5 => 3 * HOUR,
            _ => MINUTE,
        };
        for at in 0..self.replicas.len() {
            if let Some(replica) = self.replicas[at].take() {
                replica.die().await;
            }
            self.back_at[at] = now + length;
        }
        self.down_since.get_or_insert(now);
        self.counts("downtime");
        Ok(())
    }

    pub(super) fn end_outage(&mut self) {
        let now = self.now();
        self.outage_until = 0;
        self.gaps.iter_mut().filter(|gap| !gap.down).for_each(|gap| gap.to = gap.to.min(now));
    }

    /// Slack sends again what was dealt with hours or days ago, while the bot remembers it.
    async fn old_payloads(&mut self) -> Kept {
        let from = self.now() - REMEMBERED;
        self.old_post.retain(|(at, _)| *at > from);
        for _ in 0..3 {
            let Some((_, parcel)) = self.chance.one(&self.old_post).cloned() else { return Ok(()) };
            self.replay(&parcel).await?;
        }
        Ok(())
    }

    /// A wall clock jumps, and is set right a few seconds later.
    fn strobe(&mut self) {
        let clocks: Vec<_> = self.replicas.iter().flatten().map(|replica| replica.bot.clock.clone()).collect();
        let Some(clock) = self.chance.one(&clocks).cloned() else { return };
        let sizes = [1_000, 30_000, 100_000, 150_000, HOUR, 25 * HOUR];
        let by = sizes[self.chance.below(sizes.len())] * [1, -1][self.chance.below(2)];
        clock.jump_by(by);
        self.strobes.push((self.now() + self.chance.between(500, 5_500), clock, -by));
        if may_mislead(by) {
            let unseen = self.posts.iter().filter(|_| self.plan.lag > 0);
            self.doubts.leap(self.now(), unseen.map(|post| (post.at, post.key.as_str())));
        }
        self.counts("clock_jump");
        self.hint();
    }

    /// The operator edits the teams file and applies it beside the running bot.
    async fn edit_teams(&mut self) -> Kept {
        let now = self.now();
        let bot = self.replicas.iter().flatten().next().map(|replica| replica.bot.clone());
        // By a clock that is off nobody can say on which side of a start an edit falls.
        let Some(bot) = bot.filter(|_| self.plan.skew == 0 && self.strobes.is_empty()) else { return Ok(()) };
        self.people_know(now);
        let at = self.chance.below(self.calendar.shifts.len());
        let zone = ["America/New_York", "Europe/London", "Africa/Cairo"][self.chance.below(3)].to_owned();
        let shift = &mut self.calendar.shifts[at];
        // Or the start would no longer stand in the hour that is lost.
        let moves = self.run.weather != Weather::LostHour;
        match self.chance.below(4) {
            0 if moves => {
                shift.start.hour = (shift.start.hour + [1, 23][self.chance.below(2)]) % 24;
                shift.owes_from = now;
            }
            1 if shift.agents.len() > 1 => {
                let leaves = self.chance.below(shift.agents.len());
                shift.agents.remove(leaves);
            }
            2 if moves && !self.plan.own_zones && self.plan.zone != zone => {
                self.plan.zone = zone;
                let zone = &self.plan.zone;
                for shift in &mut self.calendar.shifts {
                    shift.owes_from = now;
                    shift.agents.iter_mut().for_each(|(_, own, _)| *own = zone.clone());
                }
            }
            _ => {
                let all: Vec<(&'static str, String)> = self.plan.users.iter().take(4).cloned().collect();
                let absent = all.iter().find(|(id, _)| {
                    !self.calendar.shifts.iter().any(|shift| shift.agents.iter().any(|(own, ..)| own == id))
                });
                if let Some((id, own)) = absent {
                    let zone = if self.plan.own_zones { own.clone() } else { self.plan.zone.clone() };
                    self.calendar.shifts[at].agents.push(((*id).to_owned(), zone, now));
                }
            }
        }
        self.calendar.changed();
        self.plan.shifts = self.calendar.shifts.clone();
        bot.apply(&self.plan.file()).await.map_err(itself)?;
        // Whoever is new is asked for at once, as the running bot does within a minute.
        bot.ask_for_people().await.map_err(itself)?;
        self.moves_are_heard().await?;
        self.counts("teams_edit");
        self.hint();
        Ok(())
    }

    fn people_know(&mut self, now: i64) {
        for (key, start) in self.calendar.advance(now) {
            let collect = self.calendar.shifts.iter().find(|shift| shift.name == key.0).map_or(HOUR, |s| s.collect_ms);
            self.people.day(&key.1, start, collect, &mut self.chance);
        }
    }
}
