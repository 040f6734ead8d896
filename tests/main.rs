//! One test binary: conversations with the real bot over the real protocol, on both databases.

mod databases;
mod program;
mod world;
mod conversations;
mod courier;
mod socket;
mod manifest;
mod migrations;
mod store;
mod tidy;
mod cli;
mod logs;
