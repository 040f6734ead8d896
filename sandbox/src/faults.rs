//! Misbehaviour on demand.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

#[derive(Clone, Debug)]
pub enum Fault {
    /// `ok: false` with this code.
    Error(String),
    /// An HTTP status with an empty object.
    Status(u16),
    /// 429 with this Retry-After.
    RateLimited(u64),
    /// 429 with a Retry-After that need not be a number.
    RetryAfter(String),
    /// No answer until the faults are cleared.
    Hang,
    /// The proper answer, so much later in real time.
    Late(Duration),
    /// The connection breaks off in the answer. With `When::After`: recorded and cut.
    Cut,
    /// Status 200 with a page of HTML, as a proxy or a maintenance notice gives.
    Html,
    /// Status 200 with the first half of the JSON.
    Truncated,
    /// The proper answer, but every message in it ends with a block of a type that no client knows.
    UnknownBlock,
    /// The proper answer, with so many bytes more in it. `When` has no say.
    Longer(usize),
    /// The client is told this status, or is cut off where it is None, and the call takes effect so many milliseconds later
    /// on the sandbox's clock: before anything else that happens then. `When` has no say.
    ExecutedLate { ms: i64, status: Option<u16> },
    /// The first half of a page of messages, and this error when the next page is asked for (once). `When` has no say.
    NextPageFails(String),
}

/// Whether the fault strikes before the call takes effect or after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    Before,
    After,
}

type Predicate = Box<dyn Fn(&Value) -> bool + Send>;

struct Planned {
    method: String,
    how_long: HowLong,
    when: When,
    fault: Fault,
    matches: Predicate,
}

enum HowLong {
    Times(usize),
    /// Of the sandbox's clock.
    Span(Range<i64>),
}

impl Planned {
    fn strikes(&self, method: &str, args: &Value, at: i64) -> bool {
        let now = match &self.how_long {
            HowLong::Times(left) => *left > 0,
            HowLong::Span(span) => span.contains(&at),
        };
        now && (self.method == "*" || self.method == method) && (self.matches)(args)
    }
}

#[derive(Default)]
struct Plan {
    calls: Vec<Planned>,
    duplicates: usize,
    reordered: usize,
    lost_acks: usize,
    history_lag: i64,
}

/// What is to go wrong next. One handle; clones share it.
#[derive(Clone)]
pub struct Faults {
    plan: Arc<Mutex<Plan>>,
    cleared: watch::Sender<u64>,
}

impl Faults {
    pub(crate) fn new() -> Faults {
        Faults { plan: Arc::default(), cleared: watch::Sender::new(0) }
    }

    /// The next `times` calls of this method (`*`: any; `response_url`: posts to one) go wrong.
    pub fn next(&self, method: &str, times: usize, when: When, fault: Fault) {
        self.next_where(method, times, when, fault, |_| true);
    }

    /// The same for calls whose arguments fit.
    pub fn next_where(
        &self,
        method: &str,
        times: usize,
        when: When,
        fault: Fault,
        fits: impl Fn(&Value) -> bool + Send + 'static,
    ) {
        self.plan_call(method, HowLong::Times(times), when, fault, Box::new(fits));
    }

    /// Every call of this method (`*`: any) goes wrong while the sandbox's clock is in this span, in UTC milliseconds.
    pub fn during(&self, method: &str, span: Range<i64>, when: When, fault: Fault) {
        self.plan_call(method, HowLong::Span(span), when, fault, Box::new(|_| true));
    }

    /// Every call of this method (`*`: any) is too fast, and is told to wait so many seconds.
    pub fn storm(&self, method: &str, span: Range<i64>, retry_after: u64) {
        self.during(method, span, When::Before, Fault::RateLimited(retry_after));
    }

    /// Every call is cut off unheard. `Sandbox::goes_down` refuses the connections themselves.
    pub fn outage(&self, span: Range<i64>) {
        self.during("*", span, When::Before, Fault::Cut);
    }

    /// conversations.history and conversations.replies show a message only so many milliseconds (of the sandbox's clock)
    /// after its post. 0: at once.
    pub fn history_lag(&self, ms: i64) {
        self.plan().history_lag = ms;
    }

    /// Every apps.connections.open is refused, until cleared.
    pub fn refuse_connections(&self) {
        self.next("apps.connections.open", usize::MAX, When::Before, Fault::Error("internal_error".into()));
    }

    /// The next envelopes are each delivered twice; over HTTP to two request URLs at once where there are two.
    pub fn duplicate_envelopes(&self, times: usize) {
        self.plan().duplicates += times;
    }

    /// The next so many envelopes come in reverse order, once the last of them is there or a second of real time has
    /// gone by. By hand the order is the driver's anyway.
    pub fn reorder_envelopes(&self, times: usize) {
        self.plan().reordered += times;
    }

    /// The next acknowledgements do not reach Slack: the event comes again at once, the person who pressed is warned.
    pub fn lose_acks(&self, times: usize) {
        self.plan().lost_acks += times;
    }

    /// Nothing goes wrong any more; calls that hang are cut. What is to be executed late still is.
    pub fn clear(&self) {
        *self.plan() = Plan::default();
        self.cleared.send_modify(|count| *count += 1);
    }

    /// How many calls are still to go wrong, spans left aside.
    pub fn left(&self) -> usize {
        self.plan().calls.iter().fold(0, |sum, planned| match planned.how_long {
            HowLong::Times(left) => sum.saturating_add(left),
            HowLong::Span(_) => sum,
        })
    }

    fn plan_call(&self, method: &str, how_long: HowLong, when: When, fault: Fault, matches: Predicate) {
        let mut plan = self.plan();
        plan.calls.retain(|planned| !matches!(planned.how_long, HowLong::Times(0)));
        plan.calls.push(Planned { method: method.to_owned(), how_long, when, fault, matches });
    }

    pub(crate) fn take(&self, method: &str, args: &Value, at: i64) -> Option<(When, Fault)> {
        let mut plan = self.plan();
        let planned = plan.calls.iter_mut().find(|planned| planned.strikes(method, args, at))?;
        if let HowLong::Times(left) = &mut planned.how_long {
            *left -= 1;
        }
        Some((planned.when, planned.fault.clone()))
    }

    pub(crate) fn take_duplicate(&self) -> bool {
        take_one(&mut self.plan().duplicates)
    }

    pub(crate) fn take_lost_ack(&self) -> bool {
        take_one(&mut self.plan().lost_acks)
    }

    /// Whether this envelope is held back, and whether it is the last one that is.
    pub(crate) fn take_reordered(&self) -> Option<bool> {
        let mut plan = self.plan();
        take_one(&mut plan.reordered).then_some(plan.reordered == 0)
    }

    pub(crate) fn lag(&self) -> i64 {
        self.plan().history_lag
    }

    pub(crate) async fn cleared(&self) {
        // The sender lives as long as the sandbox; when it is gone there is nothing to wait for either.
        let _ = self.cleared.subscribe().changed().await;
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take_one(left: &mut usize) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}
