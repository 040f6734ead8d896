//! The only Slack: its client, what comes in, and the words that go out.

pub mod client;
pub mod inbound;
pub mod view;
