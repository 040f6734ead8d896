//! PURE: what should happen. State, an input and the time go in; what changes, or a refusal, comes out.

pub mod answer;
pub mod form;
pub mod id;
pub mod lines;
