//! The way out to Slack, and what comes back on it from something that is broken, hostile or in
//! between.

mod answers;
mod front;
mod limits;
mod proxy;
mod secrets;
