//! The sandbox's own tests: it refuses what Slack refuses, and Slack's official clients get along with it.

mod api;
mod blocks;
mod browser;
mod by_hand;
mod faults;
mod host;
mod http;
mod interactivity;
mod official;
mod page;
mod people;
mod rates;
mod samples;
mod sockets;
mod support;
