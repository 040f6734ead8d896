//! The courier with the real client and the real database, against the sandbox.

mod crowd;
mod faults;
pub mod house;
mod late_edit;
mod outage;
mod pace;
mod permanent;
mod plain;
mod rows;
mod storm;
mod strange;
