//! The only Slack: what goes out, what comes in, and every word that people read.

pub mod client;
pub mod socket;
