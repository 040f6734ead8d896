//! One test binary: conversations with the real bot over the real protocol, on both databases.

#[path = "../sandbox/tests/browser.rs"]
mod browser;
mod databases;
mod chaos;
mod program;
mod world;
mod teams;
mod conversations;
mod courier;
mod page;
mod socket;
mod wire;
mod http;
mod manifest;
mod migrations;
mod store;
mod statements;
mod wall;
mod database;
mod tidy;
mod cli;
mod crash;
mod logs;
mod contract;
mod hostile;
mod repair;
