//! What a seed makes of the world: which team, in which zones, on which days, with how much trouble.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use sandbox::Workspace;
use unstuck::rules::steady::SKEW_HOLD;
use unstuck::rules::teams::{ShiftSpec, ShiftZone, TeamSpec, TeamsFile};

use crate::calendar::{Shift, Start};
use crate::chance::Chance;
use crate::database::Place;
use crate::{Run, Weather, shop};

pub const CHANNEL: &str = "C0SUPPORT";
pub const TEAM: &str = "T0SIM";
pub const MANAGER: &str = "U0JESS";
pub const OUTSIDER: &str = "U0ZED";
pub const AGENTS: [&str; 4] = ["U0ANA", "U0BEN", "U0CLEO", "U0OMAR"];

pub const ZONES: [&str; 10] = [
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "America/Los_Angeles",
    "Africa/Casablanca",
    "Pacific/Auckland",
    "America/Sao_Paulo",
    "UTC",
];
/// Their clocks leap once a year.
const LEAPING: [&str; 6] = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Pacific/Auckland",
];
const WORKDAYS: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
const EVERY_DAY: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

#[derive(Clone, Debug)]
pub struct Plan {
    pub start: i64,
    pub zone: String,
    /// Agents are asked by their own zones.
    pub own_zones: bool,
    pub shifts: Vec<Shift>,
    pub users: Vec<(&'static str, String)>,
    pub replicas: usize,
    /// Calls that go wrong, in a thousand.
    pub faults: usize,
    /// Of the history, milliseconds; less than SETTLE.
    pub lag: i64,
    /// How far a replica's clock may be off, milliseconds.
    pub skew: i64,
}

impl Plan {
    pub fn new(run: &Run, chance: &mut Chance) -> Plan {
        let zone = ZONES[chance.below(ZONES.len())].to_owned();
        let kind = chance.below(5);
        let own_zones = kind == 3;
        let users = AGENTS.iter().map(|id| {
            let own = if own_zones { ZONES[chance.below(ZONES.len())].to_owned() } else { zone.clone() };
            (*id, own)
        });
        let mut users: Vec<(&'static str, String)> = users.collect();
        users.extend([(MANAGER, zone.clone()), (OUTSIDER, zone.clone())]);
        let shifts = shifts(kind, chance, &users);
        let replicas = if run.place == Place::Sqlite { 1 } else { chance.below(3) + 1 };
        let mut plan = Plan {
            start: start(&zone, run.days, chance),
            zone,
            own_zones,
            shifts,
            users,
            replicas,
            faults: [0, 30, 80, 200][chance.below(4)],
            lag: [0, 3_000, 12_000, 24_000][chance.below(4)],
            skew: if run.place == Place::Sqlite { 0 } else { [0, 2_000, 50_000, 120_000][chance.below(4)] },
        };
        if run.weather == Weather::LostHour {
            plan.lose_an_hour(run, chance);
        }
        plan
    }

    /// The clock of the next zone in turn leaps over the start of its shift, some days after the beginning.
    fn lose_an_hour(&mut self, run: &Run, chance: &mut Chance) {
        let zone = LEAPING[run.seed as usize % LEAPING.len()];
        let Some((leap, lost)) = next_leap(zone, self.start) else { return };
        (self.zone, self.own_zones) = (zone.to_owned(), false);
        self.users.iter_mut().for_each(|(_, own)| zone.clone_into(own));
        self.shifts = shifts(OWLS, chance, &self.users);
        let start = &mut self.shifts[0].start;
        (start.hour, start.minute) = (lost.hour(), lost.minute() + [0, 15][chance.below(2)]);
        self.start = leap - chance.between(1, i64::from(run.days.clamp(2, 8)) - 1) * 24 * 3_600_000;
    }

    /// By how much the clock of this replica is wrong: the first one is right, the second ahead, the third behind.
    pub fn off(&self, replica: usize) -> i64 {
        [0, self.skew, -self.skew / 2][replica % 3]
    }

    /// How far two clocks that are gone by may be from each other.
    pub fn apart(&self) -> i64 {
        let used = || (0..self.replicas).map(|replica| self.off(replica)).filter(|off| off.abs() < SKEW_HOLD);
        used().max().unwrap_or(0) - used().min().unwrap_or(0)
    }

    pub fn file(&self) -> TeamsFile {
        let spec = |shift: &Shift| ShiftSpec {
            name: shift.name.clone(),
            starts: shift.start.cron(),
            minutes: shift.minutes,
            agents: shift.agents.iter().map(|(id, ..)| id.clone()).collect(),
            zone: if self.own_zones { ShiftZone::Agent } else { ShiftZone::Team },
            collect_ms: shift.collect_ms,
        };
        let team = TeamSpec {
            name: "Tier 1".to_owned(),
            channel: CHANNEL.to_owned(),
            zone: self.zone.clone(),
            managers: vec![MANAGER.to_owned()],
            observers: Vec::new(),
            shifts: self.shifts.iter().map(spec).collect(),
        };
        TeamsFile { teams: vec![team] }
    }

    pub fn workspace(&self) -> Workspace {
        let users = self.users.iter().map(|(id, zone)| shop::person(id, zone)).collect();
        shop::workspace(TEAM, users, &[(CHANNEL, "support")])
    }
}

/// A kind of shift: in the hours at which clocks change.
const OWLS: usize = 4;

fn shifts(kind: usize, chance: &mut Chance, users: &[(&'static str, String)]) -> Vec<Shift> {
    let days = if chance.below(3) == 0 { EVERY_DAY.to_vec() } else { WORKDAYS.to_vec() };
    let collect_ms = [15, 30, 60, 120][chance.below(4)] * 60_000;
    let at = |name: &str, hour: i8, minute: i8, hours: i64, days: &[Weekday], of: &[usize]| Shift {
        name: name.to_owned(),
        start: Start { hour, minute, days: days.to_vec() },
        minutes: hours * 60,
        collect_ms,
        owes_from: 0,
        agents: of.iter().map(|at| (users[*at].0.to_owned(), users[*at].1.clone(), 0)).collect(),
    };
    match kind {
        0 => vec![at("Early", 6 + chance.below(4) as i8, 0, 8, &days, &[0, 1, 2])],
        1 => vec![at("Day", 7, 0, 12, &EVERY_DAY, &[0, 1]), at("Night", 19, 0, 12, &EVERY_DAY, &[2, 3])],
        2 => vec![at("Night", 22, 30, 8, &days, &[0, 1, 2])],
        3 => vec![at("Early", 9, 0, 8, &days, &[0, 1, 2, 3])],
        // OWLS.
        _ => vec![at("Owls", chance.below(4) as i8, [0, 15, 30][chance.below(3)], 8, &EVERY_DAY, &[0, 1, 2])],
    }
}

/// Half of all runs begin shortly before the clocks change.
fn start(zone: &str, days: u32, chance: &mut Chance) -> i64 {
    let base: Timestamp = "2024-01-03T00:00:00Z".parse().unwrap_or_default();
    let random = base.as_millisecond() + chance.between(0, 6 * 365 * 24) * 3_600_000;
    let from = Timestamp::from_millisecond(random).unwrap_or_default();
    let Ok(zone) = TimeZone::get(zone) else { return random };
    let change = zone.following(from).next().map(|change| change.timestamp());
    match change {
        Some(change) if chance.below(2) == 0 => {
            let before = chance.between(1, i64::from(days.clamp(2, 8)) - 1) * 24;
            change.checked_sub(before.hours()).map_or(random, Timestamp::as_millisecond)
        }
        _ => random,
    }
}

/// When the clock leaps next, and the first moment that it does not show.
fn next_leap(zone: &str, after: i64) -> Option<(i64, DateTime)> {
    let zone = TimeZone::get(zone).ok()?;
    let after = Timestamp::from_millisecond(after).ok()?;
    zone.following(after).find_map(|change| {
        let before = zone.to_offset(change.timestamp().checked_sub(1.second()).ok()?);
        let leaps = change.offset() > before;
        leaps.then(|| (change.timestamp().as_millisecond(), before.to_datetime(change.timestamp())))
    })
}
