//! Unstuck runs a customer-service team's daily huddle inside Slack, without a meeting.
//! This page is the map: the modules stand in reading order.

pub mod flows;
pub mod rules;
pub mod store;
pub mod slack;
pub mod courier;
pub mod server;
pub mod demo;
pub mod clock;
pub mod config;
