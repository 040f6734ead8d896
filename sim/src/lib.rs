//! The proof: the bot against a Slack that misbehaves. The sandbox keeps a ledger, and checkers read it afterwards.

pub mod kill;
