//! PURE: what should happen. State, an input and the time go in; what changes, or a refusal, comes out.
//! Nothing here reads a clock, a database or a network, and nothing here imports another module of ours.

pub mod id;
pub mod people;
pub mod teams;
pub mod duration;
pub mod shift;
pub mod check_in;
pub mod huddle;
pub mod stuck;
pub mod shown;
pub mod keys;
pub mod lines;
pub mod mentions;
pub mod answer;
pub mod form;
pub mod private;
pub mod steady;
pub mod message;
pub mod trouble;
pub mod pace;
