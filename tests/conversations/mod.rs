//! The day as conversations with the real bot.

mod asking;
mod first_day;
mod form;
mod identity;
mod time;
mod typing;
mod verbs;
