//! PURE: what should happen. State, an input and the time go in; what changes, or a refusal, comes out.

pub mod id;
pub mod duration;
pub mod shift;
pub mod message;
pub mod pace;
