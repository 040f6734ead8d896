//! What goes wrong with the next call.

use sandbox::{Fault, Faults, When};

use crate::chance::Chance;

/// Slack executes the call when its sender has given it up.
const LATE: usize = 9;

/// What the next call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextCall {
    Post,
    Edit,
    Look,
    Other,
}

/// A call's fate, by the name under which it is counted.
pub struct Trouble {
    pub name: &'static str,
    /// Slack may take the call so much later.
    pub late: i64,
    fault: Fault,
    when: When,
}

/// One kind of trouble out of all.
pub fn draw(chance: &mut Chance, next: NextCall) -> Trouble {
    let before = [When::Before, When::After][chance.below(2)];
    let trouble = |name, when, fault| Trouble { name, late: 0, fault, when };
    let code = |code: &str| Fault::Error(code.to_owned());
    let kind = match next {
        NextCall::Look => chance.below(12),
        // Only where a newer edit overtakes it does a late one matter, which is rare: so it is drawn often.
        NextCall::Edit if chance.below(2) == 0 => LATE,
        NextCall::Post | NextCall::Edit | NextCall::Other => chance.below(10),
    };
    match kind {
        0 => trouble("cut", before, Fault::Cut),
        1 => trouble("500", before, Fault::Status([500, 502, 503][chance.below(3)])),
        2 => trouble("internal_error", before, code("internal_error")),
        3 => trouble("fatal_error", before, code("fatal_error")),
        4 | 5 => trouble("429", When::Before, Fault::RateLimited(chance.between(1, 120).unsigned_abs())),
        6 => trouble("html", before, Fault::Html),
        7 => trouble("truncated", before, Fault::Truncated),
        8 => trouble("unknown_block", When::After, Fault::UnknownBlock),
        LATE => {
            let ms = chance.between(1_000, 90_000);
            let status = [None, Some(504)][chance.below(2)];
            Trouble { name: "late", late: ms, fault: Fault::ExecutedLate { ms, status }, when: When::Before }
        }
        10 => trouble("half_page", When::After, Fault::NextPageFails("internal_error".to_owned())),
        _ => trouble("history_429", When::Before, Fault::RateLimited(chance.between(1, 60).unsigned_abs())),
    }
}

impl Trouble {
    /// Whether Slack may have taken the call and not told.
    pub fn may_post(&self) -> bool {
        self.late > 0 || self.when == When::After
    }

    /// Strikes the next call, or the second of the step.
    pub fn strike(self, faults: &Faults) {
        faults.next("*", 1, self.when, self.fault);
    }
}

/// Nothing reaches Slack in this step.
pub fn outage(faults: &Faults) {
    faults.next("*", usize::MAX, When::Before, Fault::Cut);
}
