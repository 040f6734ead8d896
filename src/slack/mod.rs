//! The only Slack: its client, what comes in, and the words that go out.

pub mod client;
mod quoted;
pub mod socket;
pub mod signature;
pub mod request;
pub mod inbound;
pub mod submission;
pub mod view;
pub mod manifest;
