//! What goes wrong at Slack, and when a program is struck.

use std::time::Duration;

use sandbox::{Disconnect, Entry, Fault, Kind, Sandbox, When};

use super::place::BOT;
use crate::chance::Chance;

/// More than this is not planned at once.
const PLANNED: usize = 6;
const WRITES: [&str; 2] = ["chat.postMessage", "chat.update"];
const OTHERS: [&str; 5] =
    ["conversations.history", "conversations.replies", "chat.getPermalink", "views.open", "users.info"];

/// Slack misbehaves in one more way.
pub fn plan(slack: &Sandbox, chance: &mut Chance) {
    if slack.faults().left() >= PLANNED {
        return;
    }
    match chance.below(100) {
        0..60 => write(slack, chance),
        60..72 => {
            let method = chance.one(&OTHERS).copied().unwrap_or("*");
            one_call(slack, chance, method);
        }
        72..84 => slack.faults().duplicate_envelopes(1 + usize::from(chance.in_1000(500))),
        84..90 => slack.cuts_sockets(),
        90..94 => {
            slack.disconnects(if chance.in_1000(500) { Disconnect::Warning } else { Disconnect::RefreshRequested })
        }
        94..98 => slack.faults().next("apps.connections.open", 1, When::Before, Fault::Error("internal_error".into())),
        _ => slack.faults().next("auth.test", 1, When::Before, Fault::Status(500)),
    }
}

fn write(slack: &Sandbox, chance: &mut Chance) {
    let method = chance.one(&WRITES).copied().unwrap_or("*");
    one_call(slack, chance, method);
}

fn one_call(slack: &Sandbox, chance: &mut Chance, method: &str) {
    let fault = fault(chance);
    // A call that Slack limits has done nothing.
    let late = chance.in_1000(650) && !matches!(fault, Fault::RateLimited(_));
    slack.faults().next(method, 1, if late { When::After } else { When::Before }, fault);
}

fn fault(chance: &mut Chance) -> Fault {
    match chance.below(100) {
        0..30 => Fault::Cut,
        30..50 => Fault::Status(500),
        50..65 => Fault::Error("internal_error".into()),
        65..72 => Fault::Error("fatal_error".into()),
        72..82 => Fault::RateLimited(chance.between(1, 20).unsigned_abs()),
        _ => Fault::Late(Duration::from_millis(chance.between(5, 400).unsigned_abs())),
    }
}

/// When a program is struck.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// While it starts.
    Starting(Duration),
    /// While it works.
    Working(Duration),
    /// So long after something was seen at Slack.
    Seen(Sight, Duration),
}

#[derive(Clone, Copy, Debug)]
pub enum Sight {
    /// Slack has recorded a post or an edit, and has perhaps not answered yet.
    Written,
    Answered,
    Delivered,
    Acknowledged,
}

impl Sight {
    pub fn is(self, entry: &Entry) -> bool {
        match &entry.kind {
            Kind::Posted { user, .. } | Kind::Edited { user, .. } => matches!(self, Sight::Written) && user == BOT,
            Kind::Called { method, .. } => matches!(self, Sight::Answered) && WRITES.contains(&method.as_str()),
            Kind::Delivered { .. } => matches!(self, Sight::Delivered),
            Kind::Acked { .. } => matches!(self, Sight::Acknowledged),
            _ => false,
        }
    }
}

impl Moment {
    /// Half of the blows fall right after something was seen; of the others most come soon, a few after up to two seconds.
    pub fn any(chance: &mut Chance) -> Moment {
        match chance.below(100) {
            0..12 => Moment::Starting(micros(chance, 60_000)),
            12..55 => {
                let sights = [Sight::Written, Sight::Answered, Sight::Delivered, Sight::Acknowledged];
                let sight = chance.one(&sights).copied().unwrap_or(Sight::Written);
                let longest = if chance.in_1000(500) { 400 } else { 4_000 };
                Moment::Seen(sight, micros(chance, longest))
            }
            55..95 => Moment::Working(micros(chance, 400_000)),
            _ => Moment::Working(micros(chance, 2_000_000)),
        }
    }
}

fn micros(chance: &mut Chance, below: i64) -> Duration {
    Duration::from_micros(chance.between(0, below).unsigned_abs())
}
