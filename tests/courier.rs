//! The courier with the real client and the real database, against the sandbox.

mod crowd;
mod faults;
mod house;
mod outage;
mod pace;
mod plain;
mod rows;
mod storm;
