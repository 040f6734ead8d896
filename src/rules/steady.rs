//! Whether the wall clock can be trusted: it must go on as fast as elapsed time does. A jump would ask tomorrow's shifts
//! today, and what was asked once is never asked again.

/// A difference of so many milliseconds between two looks is a jump.
const JUMP: i64 = 2 * 60_000;
/// After a jump so many looks in a row must agree before anything is done by the time again.
const AGREEING: u32 = 2;

/// What two readings of the clock say about each other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Steady {
    last: Option<(i64, i64)>,
    waiting_for: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Trusted,
    /// The wall clock went so much further than time did (or back).
    Jumped(i64),
    /// It goes steadily again, but not for long enough.
    Waiting,
}

impl Steady {
    /// `wall` is UTC milliseconds, `elapsed` milliseconds of monotonic time.
    pub fn look(&mut self, wall: i64, elapsed: i64) -> Look {
        let (before_wall, before_elapsed) = self.last.replace((wall, elapsed)).unwrap_or((wall, elapsed));
        let apart = (wall - before_wall) - (elapsed - before_elapsed);
        if apart.abs() > JUMP {
            self.waiting_for = AGREEING;
            return Look::Jumped(apart);
        }
        if self.waiting_for == 0 {
            return Look::Trusted;
        }
        self.waiting_for -= 1;
        if self.waiting_for == 0 { Look::Trusted } else { Look::Waiting }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_held_until_two_looks_agree() {
        let mut steady = Steady::default();
        let hour = 3_600_000;
        let looks =
            [(0, 0), (5_000, 5_000), (25 * hour, 10_000), (25 * hour + 5_000, 15_000), (25 * hour + 10_000, 20_000)];
        let said: Vec<Look> = looks.iter().map(|(wall, elapsed)| steady.look(*wall, *elapsed)).collect();
        let jumped = Look::Jumped(25 * hour - 10_000);
        assert_eq!(said, [Look::Trusted, Look::Trusted, jumped, Look::Waiting, Look::Trusted]);
        assert_eq!(steady.look(0, 25_000), Look::Jumped(-(25 * hour + 15_000)));
    }

    #[test]
    fn a_clock_that_is_set_right_by_seconds_is_trusted() {
        let mut steady = Steady::default();
        assert_eq!(steady.look(0, 0), Look::Trusted);
        assert_eq!(steady.look(64_000, 5_000), Look::Trusted);
    }
}
