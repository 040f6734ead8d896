//! How the calls to Slack went: counted by method and outcome, timed by method. Labels are words of our own source, so
//! that nothing that a person wrote or Slack answered can become one.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use std::time::Duration;

use super::{CallError, Result};

/// Seconds, up to the time-out of a call.
const BUCKETS: [f64; 9] = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Outcome {
    pub method: &'static str,
    pub outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Method {
    pub method: &'static str,
}

/// Cheap to clone: all clones count together.
#[derive(Clone, Debug)]
pub struct Meter {
    pub calls: Family<Outcome, Counter>,
    pub seconds: Family<Method, Histogram, fn() -> Histogram>,
}

impl Meter {
    pub(super) fn new() -> Meter {
        Meter { calls: Family::default(), seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)) }
    }

    pub(super) fn note<T>(&self, method: &'static str, took: Duration, answer: &Result<T>) {
        let outcome = match answer {
            Ok(_) => "ok",
            Err(CallError::RateLimited(_)) => "rate_limited",
            Err(CallError::Unsent(_)) => "unsent",
            Err(CallError::Refused(_)) => "refused",
            Err(CallError::Ambiguous(_)) => "ambiguous",
        };
        self.calls.get_or_create(&Outcome { method, outcome }).inc();
        self.seconds.get_or_create(&Method { method }).observe(took.as_secs_f64());
    }
}
