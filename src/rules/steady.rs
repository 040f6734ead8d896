//! Whether the wall clock can be gone by: it must go on as fast as elapsed time does, and agree with the database's where
//! there is one. A jump would ask tomorrow's shifts today, and what was asked once is never asked again.

/// A difference of so many milliseconds between two looks is a jump.
pub const JUMP: i64 = 2 * 60_000;
/// After a jump so many looks in a row must agree before anything is done by the time again.
const AGREEING: u32 = 2;
/// Looks closer together than this say nothing about each other.
const APART: i64 = 4_000;
/// So far from the database's clock nothing is done by the time.
pub const SKEW_HOLD: i64 = 60_000;
/// So far from the database's clock the operator is told.
pub const SKEW_WARN: i64 = 5_000;

/// What the readings of a clock say about each other. `wall` is UTC milliseconds, `elapsed` milliseconds of monotonic time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Steady {
    /// The last look that counted.
    last: Option<(i64, i64)>,
    /// The last look that was trusted; what the time is follows from it while a jump is not believed.
    believed: Option<(i64, i64)>,
    waiting_for: u32,
    /// By how much this clock is ahead of the database's.
    ahead: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Trusted,
    /// The wall clock went so much further than time did (or back).
    Jumped(i64),
    /// It goes steadily again, but not for long enough.
    Waiting,
    /// It is so much ahead of the database's clock (or behind it) that one of the two is wrong.
    Skewed(i64),
}

/// What a distance from the database's clock means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skew {
    Agrees,
    /// The operator is told.
    Apart,
    /// One of the two clocks is wrong: nothing is done by this one.
    TooFar,
}

impl Skew {
    fn of(ahead: i64) -> Skew {
        match ahead.saturating_abs() {
            SKEW_HOLD.. => Skew::TooFar,
            SKEW_WARN.. => Skew::Apart,
            _ => Skew::Agrees,
        }
    }
}

impl Steady {
    pub fn look(&mut self, wall: i64, elapsed: i64) -> Look {
        let (last_wall, last_elapsed) = *self.last.get_or_insert((wall, elapsed));
        let apart = (wall - last_wall) - (elapsed - last_elapsed);
        if apart.abs() > JUMP {
            self.last = Some((wall, elapsed));
            self.waiting_for = AGREEING;
            return Look::Jumped(apart);
        }
        if self.waiting_for > 0 {
            if elapsed - last_elapsed < APART {
                return Look::Waiting;
            }
            self.waiting_for -= 1;
        }
        self.last = Some((wall, elapsed));
        if self.waiting_for > 0 {
            return Look::Waiting;
        }
        if let Some(ahead) = self.skewed() {
            return Look::Skewed(ahead);
        }
        self.believed = self.last;
        Look::Trusted
    }

    /// The clock was compared with the database's, and was so many milliseconds ahead. Tells what that means, if it means
    /// something else than the last time.
    pub fn compared(&mut self, ahead: i64) -> Option<Skew> {
        let before = self.ahead.map_or(Skew::Agrees, Skew::of);
        self.ahead = Some(ahead);
        Some(Skew::of(ahead)).filter(|now| *now != before)
    }

    pub fn ahead(&self) -> Option<i64> {
        self.ahead
    }

    /// Whether anything may be done by this reading. Does not count as a look.
    pub fn trusts(&self, wall: i64, elapsed: i64) -> bool {
        self.waiting_for == 0 && self.skewed().is_none() && self.expects(wall, elapsed) == wall
    }

    /// What the time is: the wall reading, or what it should be by elapsed time while it is not believed.
    pub fn now(&self, wall: i64, elapsed: i64) -> i64 {
        if self.waiting_for == 0 && self.skewed().is_none() {
            return self.expects(wall, elapsed);
        }
        self.believed.map_or(wall, |(then, since)| then + (elapsed - since))
    }

    /// The wall reading where it is no jump from what was believed last.
    fn expects(&self, wall: i64, elapsed: i64) -> i64 {
        match self.believed.map(|(then, since)| then + (elapsed - since)) {
            Some(expected) if (wall - expected).abs() > JUMP => expected,
            Some(_) | None => wall,
        }
    }

    fn skewed(&self) -> Option<i64> {
        self.ahead.filter(|ahead| Skew::of(*ahead) == Skew::TooFar)
    }
}

#[cfg(test)]
mod tests;
