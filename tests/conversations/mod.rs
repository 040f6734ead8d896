//! The day as conversations with the real bot.

mod digest;
mod first_day;
mod help;
mod limits;
mod list;
mod quick;
mod roles;
mod scene;
