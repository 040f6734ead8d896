//! The day as conversations with the real bot.

mod scene;
mod verbs;
mod first_day;
mod asking;
mod typing;
mod form;
mod identity;
mod time;
mod downtime;
mod torture;
mod replicas;
mod digest;
mod quick;
mod help;
mod list;
mod roles;
mod trouble;
mod limits;
