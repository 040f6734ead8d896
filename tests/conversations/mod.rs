//! The day as conversations with the real bot.

mod first_day;
