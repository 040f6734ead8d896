//! Unstuck.

pub mod rules {
    pub mod duration;
    pub mod shift;
}
pub mod clock;
pub mod config;
