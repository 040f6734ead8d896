//! Unstuck.
