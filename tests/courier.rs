//! The courier with the real client and the real database, against the sandbox.

mod faults;
pub mod house;
mod pace;
mod plain;
mod rows;
mod storm;
