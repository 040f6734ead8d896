//! One test binary: conversations with the real bot over the real protocol, on both databases.

mod databases;
mod world;
mod conversations;
mod courier;
mod socket;
mod tidy;
