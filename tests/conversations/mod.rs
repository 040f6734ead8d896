//! The day as conversations with the real bot.

mod first_day;
mod help;
mod scene;
