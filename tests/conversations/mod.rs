//! The day as conversations with the real bot.

mod asking;
mod first_day;
mod form;
mod help;
mod identity;
mod scene;
mod time;
mod typing;
mod verbs;
