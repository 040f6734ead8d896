//! How often Slack may be called. Replicas share one pace: it is kept in the database and moved in the transaction that claims.

/// So many a minute, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub a_minute: i64,
    pub burst: i64,
}

const fn tier(a_minute: i64) -> Rate {
    Rate { a_minute, burst: a_minute }
}

pub const T1: Rate = tier(1);
pub const T2: Rate = tier(20);
pub const T3: Rate = tier(50);
pub const T4: Rate = tier(100);
pub const POST_IN_PLACE: Rate = Rate { a_minute: 60, burst: 5 };
pub const POST_IN_WORKSPACE: Rate = Rate { a_minute: 600, burst: 100 };

/// Calls overtake each other on the way, so what leaves here at the right distance may arrive closer together.
pub const OVERTAKING: i64 = 500;

/// Slack asks to wait for seconds, or a minute. Whoever asks for hours is broken, and would
/// silence a method for ever; a call that comes too early is only told so once more.
pub const LONGEST_WAIT: i64 = 5 * 60_000;
/// Without a socket nobody is heard, so a new one is asked for sooner.
const LONGEST_WAIT_FOR_A_SOCKET: i64 = 60_000;
/// Clocks of two replicas differ by so much at most: each by a minute from the database's.
const SKEW: i64 = 2 * 60_000;
/// No limit leads further than this, and the burst behind it. What stands there was written by a
/// clock that was ahead, or by somebody who heeded a wait without end: it says nothing.
pub const FARTHEST: i64 = LONGEST_WAIT + SKEW;

/// How long Slack can put a method off.
pub fn longest_wait(method: &str) -> i64 {
    match method {
        "apps.connections.open" => LONGEST_WAIT_FOR_A_SOCKET,
        _ => LONGEST_WAIT,
    }
}

/// The rate of a method in a workspace.
pub fn of_method(method: &str) -> Rate {
    match method {
        "chat.postMessage" => POST_IN_WORKSPACE,
        "chat.getPermalink" | "auth.test" => tier(600),
        "chat.update"
        | "chat.delete"
        | "conversations.open"
        | "conversations.history"
        | "conversations.replies"
        | "conversations.info"
        | "conversations.join" => T3,
        "users.info" | "views.open" | "views.update" | "views.push" | "views.publish" | "chat.postEphemeral" => T4,
        "conversations.list" | "users.list" => T2,
        _ => T1,
    }
}

/// One step of the bucket. `free_at` is the instant at which all calls so far are paid for; a call may be taken while that is no further
/// ahead than the burst allows. Gives the new `free_at`, or the instant at which to ask again.
pub fn take(rate: Rate, free_at: i64, now: i64) -> Result<i64, i64> {
    let opens_at = opens_at(rate, free_at, now);
    if opens_at > now { Err(opens_at) } else { Ok(believed(rate, free_at, now).max(now) + interval(rate)) }
}

/// A call was taken and not made.
pub fn give_back(rate: Rate, free_at: i64, now: i64) -> i64 {
    believed(rate, free_at, now).saturating_sub(interval(rate))
}

/// When the next call is allowed.
pub fn opens_at(rate: Rate, free_at: i64, now: i64) -> i64 {
    believed(rate, free_at, now).saturating_sub(ahead(rate))
}

/// Slack said when to come back: nothing before that instant, if it is not too far away.
pub fn limited(rate: Rate, free_at: i64, now: i64, until: i64) -> i64 {
    believed(rate, free_at, now).max(until.clamp(now, now + LONGEST_WAIT) + ahead(rate))
}

fn believed(rate: Rate, free_at: i64, now: i64) -> i64 {
    if free_at > now + ahead(rate) + FARTHEST { now } else { free_at }
}

fn interval(rate: Rate) -> i64 {
    60_000 / rate.a_minute
}

/// How far `free_at` may lie ahead when a call is taken.
pub fn ahead(rate: Rate) -> i64 {
    ((rate.burst - 1) * interval(rate) - OVERTAKING).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Takes as many calls as are allowed, each as soon as it is allowed; gives their instants.
    fn greedy(rate: Rate, calls: usize) -> Vec<i64> {
        let (mut now, mut free_at, mut taken) = (1_000_000, 0, Vec::new());
        while taken.len() < calls {
            match take(rate, free_at, now) {
                Ok(next) => {
                    free_at = next;
                    taken.push(now - 1_000_000);
                }
                Err(opens_at) => now = opens_at,
            }
        }
        taken
    }

    #[test]
    fn a_place_takes_five_posts_and_then_one_a_second() {
        assert_eq!(greedy(POST_IN_PLACE, 8), [0, 0, 0, 0, 500, 1500, 2500, 3500]);
        assert_eq!(greedy(T1, 3), [0, 60_000, 120_000]);
    }

    #[test]
    fn a_limit_holds_until_its_instant_and_not_longer() {
        for rate in [T1, T2, T3, T4, POST_IN_PLACE, POST_IN_WORKSPACE] {
            let free_at = limited(rate, 0, 0, 30_000);
            assert_eq!(take(rate, free_at, 29_999), Err(30_000));
            assert!(take(rate, free_at, 30_000).is_ok());
        }
    }

    #[test]
    fn no_wait_is_longer_than_five_minutes_and_the_burst() {
        let now = 1_800_000_000_000;
        for rate in [T1, T2, T3, T4, POST_IN_PLACE, POST_IN_WORKSPACE] {
            for mad in [now + 3_600_000, now + 1_000_000_000_000, i64::MAX] {
                assert_eq!(limited(rate, 0, now, mad), now + LONGEST_WAIT + ahead(rate));
            }
            assert_eq!(limited(rate, 0, now, i64::MIN), now + ahead(rate));
        }
    }

    #[test]
    fn a_row_that_nobody_can_have_meant_holds_nothing_up() {
        let now = 1_800_000_000_000;
        for rate in [T1, T2, T3, T4, POST_IN_PLACE, POST_IN_WORKSPACE] {
            for mad in [now + 3_600_000, i64::MAX, i64::MIN] {
                assert!(opens_at(rate, mad, now) <= now);
                assert_eq!(take(rate, mad, now), Ok(now + interval(rate)));
                assert!(give_back(rate, mad, now) < now);
                assert_eq!(limited(rate, mad, now, now + 1_000), now + 1_000 + ahead(rate));
            }
            // Another replica's clock may be ahead of ours.
            let far = now + ahead(rate) + FARTHEST;
            assert_eq!(take(rate, far, now), Err(now + FARTHEST));
        }
    }

    proptest! {
        /// Whatever the gaps, no minute holds more than a burst and a minute's worth, also when calls arrive half a second out of order.
        #[test]
        fn slacks_own_bucket_never_refuses(gaps in prop::collection::vec(0i64..3_000, 1..200), late in prop::collection::vec(0i64..OVERTAKING, 200)) {
            for rate in [T2, T3, T4, POST_IN_PLACE, POST_IN_WORKSPACE] {
                let (mut now, mut free_at, mut arrivals) = (0, 0, Vec::new());
                for (gap, late) in gaps.iter().zip(&late) {
                    now += gap;
                    if let Ok(next) = take(rate, free_at, now) {
                        free_at = next;
                        arrivals.push(now + late);
                    }
                }
                arrivals.sort_unstable();
                let (mut left, mut at) = (rate.burst as f64, arrivals.first().copied().unwrap_or(0));
                for arrival in arrivals {
                    left = (left + (arrival - at) as f64 * rate.a_minute as f64 / 60_000.0).min(rate.burst as f64) - 1.0;
                    at = arrival;
                    prop_assert!(left > -1e-6, "{rate:?} at {arrival}");
                }
            }
        }
    }
}
