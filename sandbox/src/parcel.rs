//! Deliveries by hand: the driver of a single-stepped test takes each parcel to the app and tells what came of it.

use serde::Serialize;
use serde_json::Value;

use crate::delivery::{self, Told};
use crate::interactivity::{self, Act, Submitting};
use crate::people::Result;
use crate::{Sandbox, people};

/// One event or interaction on its way to the app.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parcel {
    /// The envelope_id.
    pub id: String,
    pub kind: ParcelKind,
    /// As a socket would bring it: `type`, `payload`, `retry_attempt` and all.
    pub envelope: Value,
    /// Only of events.
    pub event_id: Option<String>,
    /// 0 the first time.
    pub attempt: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ParcelKind {
    Event,
    /// `block_actions` or `view_closed`: never sent again.
    Interaction,
    /// `view_submission`: its acknowledgement may carry a `response_action`.
    Submission,
    /// A slash command.
    Command,
}

impl Parcel {
    /// What a request URL would get: the event callback, or the interaction's payload.
    pub fn payload(&self) -> &Value {
        &self.envelope["payload"]
    }
}

/// With `Delivery::ByHand`.
impl Sandbox {
    /// What nobody has taken yet, oldest first; events that are due again among them.
    pub fn outbox(&self) -> Vec<Parcel> {
        self.inner.with(|state| state.delivery.outbox.clone())
    }

    /// Takes a parcel out of the outbox, in any order. It may be handed to the app any number of times.
    pub fn takes(&self, id: &str) -> Option<Parcel> {
        self.inner.with(|state| {
            let place = state.delivery.outbox.iter().position(|parcel| parcel.id == id)?;
            let parcel = state.delivery.outbox.remove(place);
            delivery::delivered(state, &parcel, 0);
            Some(parcel)
        })
    }

    /// The app has acknowledged, with this `response_action` if any. What that does to forms is done when this returns.
    /// None: the sandbox does not wait for this parcel (any more).
    pub fn acknowledged(&self, id: &str, response: Option<Value>) -> Option<Told> {
        self.inner.with(|state| delivery::acked(state, id, response))
    }

    /// The app has not acknowledged. An event falls due again as with Slack: at once, after one minute, after five.
    pub fn unacknowledged(&self, id: &str) -> Option<Told> {
        self.inner.with(|state| delivery::failed(state, id, "timeout"))
    }

    /// `acts` without the waiting: the id of the parcel in the outbox. None: there is no connection (never by hand).
    pub fn begins_act(&self, user: &str, act: &Act) -> Result<Option<String>> {
        self.inner.with(|state| {
            let begun = interactivity::begin_act(state, user, act);
            people::noted(state, user, "act", begun).map(|sent| sent.map(|(id, _)| id))
        })
    }

    /// `submits` without the waiting.
    pub fn begins_submit(&self, user: &str) -> Result<Submitting> {
        self.inner.with(|state| {
            let begun = interactivity::begin_submit(state, user);
            people::noted(state, user, "submit", begun).map(|begun| match begun {
                Ok(Some((id, _))) => Submitting::Sent(id),
                Ok(None) => Submitting::Unsent,
                Err(errors) => Submitting::Errors(errors),
            })
        })
    }

    /// The next instant of the sandbox's clock at which something happens by itself: an event that falls due again.
    pub fn next_due(&self) -> Option<i64> {
        self.inner.with(|state| state.due())
    }
}
