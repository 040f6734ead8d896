//! Misbehaviour on demand.

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
    /// No answer until the faults are cleared.
    Hang,
    /// The proper answer, so much later in real time.
    Late(Duration),
    /// The connection breaks off in the answer.
    Cut,
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
    left: usize,
    when: When,
    fault: Fault,
    matches: Predicate,
}

#[derive(Default)]
struct Plan {
    calls: Vec<Planned>,
    duplicates: usize,
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
        let method = method.to_owned();
        self.plan().calls.push(Planned { method, left: times, when, fault, matches: Box::new(fits) });
    }

    /// Every apps.connections.open is refused, until cleared.
    pub fn refuse_connections(&self) {
        self.next("apps.connections.open", usize::MAX, When::Before, Fault::Error("internal_error".into()));
    }

    /// The next envelopes are each delivered twice.
    pub fn duplicate_envelopes(&self, times: usize) {
        self.plan().duplicates += times;
    }

    /// Nothing goes wrong any more; calls that hang are cut.
    pub fn clear(&self) {
        *self.plan() = Plan::default();
        self.cleared.send_modify(|count| *count += 1);
    }

    /// How many calls are still to go wrong.
    pub fn left(&self) -> usize {
        self.plan().calls.iter().fold(0, |sum, planned| sum.saturating_add(planned.left))
    }

    pub(crate) fn take(&self, method: &str, args: &Value) -> Option<(When, Fault)> {
        let mut plan = self.plan();
        let fits = |planned: &&mut Planned| {
            planned.left > 0 && (planned.method == "*" || planned.method == method) && (planned.matches)(args)
        };
        let planned = plan.calls.iter_mut().find(fits)?;
        planned.left -= 1;
        Some((planned.when, planned.fault.clone()))
    }

    pub(crate) fn take_duplicate(&self) -> bool {
        let mut plan = self.plan();
        let any = plan.duplicates > 0;
        plan.duplicates = plan.duplicates.saturating_sub(1);
        any
    }

    pub(crate) async fn cleared(&self) {
        // The sender lives as long as the sandbox; when it is gone there is nothing to wait for either.
        let _ = self.cleared.subscribe().changed().await;
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
