//! The day as conversations with the real bot.

mod scene;
mod verbs;
mod first_day;
mod asking;
mod two_teams;
mod typing;
mod flood;
mod form;
mod at_once;
mod identity;
mod time;
mod downtime;
mod torture;
mod replicas;
mod digest;
mod quick;
mod help;
mod presses;
mod list;
mod roles;
mod trouble;
mod restore;
mod allowed;
mod allowed_stage;
mod limits;
mod newer;
