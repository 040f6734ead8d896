//! The courier with the real client and the real database, against the sandbox.

mod faults;
mod house;
mod pace;
mod permanent;
mod plain;
mod rows;
mod storm;
